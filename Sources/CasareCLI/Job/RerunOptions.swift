import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// How jobs that are run again differ from the first ones.
struct RerunOptions: ParsableArguments {
    @OptionGroup var resume: ResumeOption

    @Option(
        help: ArgumentHelp(
            "Which version of its workflow: same (the default), or latest, the newest one; that begins at the start.",
            valueName: "same|latest"))
    var version: RerunVersion?

    @Option(
        help: ArgumentHelp(
            "Change the variables by a JSON Patch (RFC 6902) in a file, or from stdin (-). --vars and --var win.",
            valueName: "file"),
        completion: .file(extensions: ["json"]), transform: Text.notEmpty)
    var jsonPatch: String?

    @OptionGroup var variables: VariableOptions

    func validate() throws {
        if self.version == .latest, let from = self.resume.from, from != .start {
            throw ValidationError(
                "The recorded steps belong to the version that recorded them: with --version latest leave out --from.")
        }
        if self.jsonPatch == "-" && self.variables.file == "-" {
            throw ValidationError("Only one of --json-patch and --vars can be read from stdin.")
        }
    }

    /// For the `validate()` of a command that takes IDs: refuses to read two things from one stdin.
    func check(words: [String]) throws {
        guard words == ["-"] else { return }
        if self.variables.file == "-" {
            throw ValidationError("Only one of the IDs and --vars can be read from stdin.")
        }
        if self.jsonPatch == "-" {
            throw ValidationError("Only one of the IDs and --json-patch can be read from stdin.")
        }
    }

    /// Reads the files.
    ///
    /// - Throws: `.usage` for what is not as it must be; what reading them throws.
    func changes() throws(CommandFailure) -> RerunChanges {
        RerunChanges(
            set: try self.variables.variables(), patch: try self.patch(),
            version: self.version == .latest ? .latest : nil)
    }

    /// The same where the server runs all jobs of a selection again.
    ///
    /// - Throws: beside that, `.usage` for a step that is named by its node: it may be another one in each job.
    func changesOfMany() throws(CommandFailure) -> RerunChanges {
        var changes = try self.changes()
        changes.from = try self.resume.from?.pointOfMany()
        return changes
    }

    private func patch() throws(CommandFailure) -> JSONPatch? {
        guard let jsonPatch else { return nil }
        let input = TextInput(jsonPatch)
        let text = try input.read()
        let json: Value
        do throws(JSONError) {
            json = try Value(parsingJSON: text)
        } catch {
            throw CommandFailure(.usage, "\(input.name) is not JSON: \(error)")
        }
        do throws(JSONPatch.Invalid) {
            return try JSONPatch(json: json)
        } catch {
            throw CommandFailure(.usage, "\(input.name): \(error)")
        }
    }

}

/// A version of the workflow, by which a job is run again.
enum RerunVersion: String, CaseIterable, ExpressibleByArgument, Sendable {
    case same, latest
}

/// What is other in jobs that are run again, as the person has asked for it.
struct RerunChanges: Hashable, Sendable {
    /// Variables to set; `nil`: none were given.
    var set: Object?
    var patch: JSONPatch?
    /// `nil`: the one that the job ran; a server that knows of nothing else is not told.
    var version: Job.VersionChoice?
    /// Where jobs of a selection begin; a job that is named may begin at a node of its own.
    var from: Job.ResumePoint?

    var changesVariables: Bool { self.set != nil || self.patch != nil }

    var isEmpty: Bool { !self.changesVariables && self.version == nil }

    /// The variables of the new job, as far as the first one's are shown.
    ///
    /// - Throws: `.usage` for a patch that cannot be made.
    func variables(after shown: Object) throws(CommandFailure) -> Object {
        do throws(JSONPatch.Invalid) {
            return try Job.RerunChoices(patch: self.patch, set: self.set ?? [:]).variables(after: shown)
        } catch {
            throw CommandFailure(.usage, error.description)
        }
    }

    /// What is asked of the server for one job.
    ///
    /// - Parameter shown: the first one's variables; needed where variables are set.
    func request(after shown: Object?, from point: Job.ResumePoint?, reason: String?) -> RetryJobRequest {
        var request = RetryJobRequest(from: point, reason: reason, version: self.version)
        if let patch {
            // The server sees all of the variables, and makes of the patch what is meant.
            request.patch = patch
            request.set = self.set
        } else if let set {
            // As servers know it that came before all of this.
            request.variables = (shown ?? [:]).merging(set)
        }
        return request
    }
}

extension CreateOperationRequest {
    /// Takes over how the jobs that it runs again differ from the first ones.
    mutating func apply(_ changes: RerunChanges) {
        self.variables = changes.set
        self.patch = changes.patch
        self.version = changes.version
        self.from = changes.from
    }
}
