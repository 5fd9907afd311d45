import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// Which files, and whose: what `apply` and `diff` have in common.
struct ApplyOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("file")],
        help: ArgumentHelp(
            "Read documents from a YAML or JSON file, from the files of a folder, or from stdin (-); may be repeated.",
            valueName: "file"), transform: Text.notEmpty)
    var files: [String] = []
    @Option(
        help: ArgumentHelp(
            "Whose files these are (default: what they say themselves, or \(AppliedResource.ownerDefault)).",
            valueName: "name"), transform: Text.notEmpty)
    var owner: String?
    @Flag(help: "Also delete what files of this owner described, and these do not.") var prune = false
    @Flag(help: "Also change what files of another owner describe, and make it this owner's.") var takeOver = false

    func validate() throws {
        if self.files.isEmpty { throw ValidationError("Say which files with -f: a file, a folder, or - for stdin.") }
        if self.files.count(where: { $0 == "-" }) > 1 {
            throw ValidationError("stdin can be read once: give -f - once.")
        }
        if let owner {
            do throws(WireDecodingError) {
                try AppliedOwner.check(owner, "--owner")
            } catch {
                throw ValidationError("\(error).")
            }
        }
    }

    /// What the files want.
    ///
    /// - Throws: `.usage` for the first document that is none, naming file, document and member, and where there is no
    ///   document at all: then the wrong files were named.
    func wanted() throws(CommandFailure) -> [WantedResource] {
        var wanted: [WantedResource] = []
        for document in try ResourceFiles.read(self.files) {
            wanted.append(try WantedResource(document, owner: self.owner))
        }
        if wanted.isEmpty {
            throw CommandFailure(
                .usage,
                "the files describe nothing: there is no document in \(self.files.joined(separator: ", ")); a folder's "
                    + "own .yaml, .yml and .json files count, and those of folders in it do not")
        }
        return wanted
    }

    /// What is to be done so that the server has what the files want. Nothing is changed.
    func plans(for wanted: [WantedResource], _ client: CasareClient) async throws -> [ResourcePlan] {
        let server = LiveResources(client)
        let noted = try await server.owners()
        let live = try await server.resources(wanted.map(\.key), owners: noted)
        let owned = try await server.owned(by: Set(wanted.map(\.owner)), noted: noted)
        if !self.prune {
            let left = ResourcePlan.leftOver(wanted: wanted, owned: owned)
            if !left.isEmpty {
                let names = left.prefix(Selection.sampleMax).map(\.text).joined(separator: ", ")
                let more = left.count > Selection.sampleMax ? " and \(left.count - Selection.sampleMax) more" : ""
                StandardStreams.report(
                    TerminalText.line("casarectl: applied before, and described no more: \(names)\(more); see --prune"))
            }
        }
        return ResourcePlan.all(
            wanted: wanted, live: live, owned: owned, prunes: self.prune, takesOver: self.takeOver)
    }

    /// What is doubtful in the files, and what could not be compared.
    static func report(_ plans: [ResourcePlan]) {
        for plan in plans {
            for warning in plan.wanted?.warnings ?? [] {
                StandardStreams.report(TerminalText.line("warning: \(plan.key.text): \(warning)"))
            }
            if !plan.hidden.isEmpty {
                let names = plan.hidden.joined(separator: ", ")
                StandardStreams.report(
                    TerminalText.line(
                        "casarectl: \(plan.key.text): not compared, as the server hides it: \(names)"))
            }
        }
    }
}
