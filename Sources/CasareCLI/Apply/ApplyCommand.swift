import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make the server have what files describe.",
        discussion: """
              casarectl apply -f automation.yaml
              casarectl apply -f deploy/ --owner billing --prune

            A document has kind (Workflow, Calendar, Queue, Schedule or Trigger), name and spec; a YAML file may hold \
            several, with --- between. What is as it is described stays untouched, so applying twice does nothing the \
            second time. One that fails leaves the others alone, and the command ends with 7. casarectl diff shows what \
            would be done.

            Secrets of hooks never stand in files: --secrets says where those of new ones come from.
            """)
    @OptionGroup var options: ApplyOptions
    @Option(
        help: ArgumentHelp(
            "Secrets of new hooks: generate has the server make them up and shows them once; else a YAML or JSON object "
                + "of trigger: secret in a file, or on stdin (-).", valueName: "generate|file"),
        transform: Text.notEmpty)
    var secrets: String?
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        if self.secrets == "-", self.options.files.contains("-") {
            throw ValidationError("Only one of the documents and the secrets can be read from stdin.")
        }
    }

    func run() async throws {
        try self.output.check(self.bulk.dryRun ? PlannedMember.headings : ApplyResult.headings)
        let wanted = try self.options.wanted()
        let secrets = try TriggerSecrets(argument: self.secrets)
        try await self.connection.withClient { client, server in
            let plans = try await self.options.plans(for: wanted, client)
            ApplyOptions.report(plans)
            if self.bulk.dryRun {
                try self.output.print(PlannedMember.presentation(plans))
                // The plan is true all the same, and whoever wants it done needs to know.
                if let refusal = secrets.refusal(of: plans) { StandardStreams.report("casarectl: " + refusal.message) }
                return
            }
            if let refusal = secrets.refusal(of: plans) { throw refusal }
            try self.ask(about: plans, server)
            let run = ApplyRun(client: client, secrets: secrets, reason: self.why.reason)
            let results = await run.run(plans)
            // Secrets that were made up are shown, whatever goes wrong after.
            let noteFailure = await Self.note(results, by: run)
            if results.contains(where: { $0.secret != nil }) {
                StandardStreams.report("casarectl: the secrets are not shown again")
            }
            try self.output.print(ApplyResult.presentation(results))
            StandardStreams.report("casarectl: " + ApplyResult.summary(results))
            try Self.check(results, noteFailure)
        }
    }

    /// - Throws: `.confirmationNeeded` where the answer is no, or nobody can be asked.
    private func ask(about plans: [ResourcePlan], _ server: Server) throws {
        let deleted = plans.filter { $0.action == .delete }
        let others = plans.count { $0.isDifference && $0.action != .delete }
        guard others + deleted.count > 0 else { return }
        let needed = self.bulk.consent(on: server, isSelection: !deleted.isEmpty)
        let words = [
            others > 0 ? "apply \(Count.text(others, "change"))" : nil,
            deleted.isEmpty ? nil : "delete \(Count.text(deleted.count, "thing"))",
        ].compactMap(\.self).joined(separator: " and ")
        if !deleted.isEmpty, !self.bulk.yes {
            // Also where nobody can be asked: whoever adds --yes then knows to what.
            for plan in deleted { StandardStreams.report(TerminalText.line("  would delete \(plan.key.text)")) }
        }
        try needed.obtain(for: words)
    }

    private static func note(_ results: [ApplyResult], by run: ApplyRun) async -> CommandFailure? {
        do {
            try await run.note(results)
            return nil
        } catch {
            return ErrorReport.failure(for: error)
        }
    }

    /// - Throws: that of a lone failure, and of what would go wrong for all; `.partOfBulkFailed` when some failed.
    static func check(_ results: [ApplyResult], _ noteFailure: CommandFailure? = nil) throws(CommandFailure) {
        let failures = results.compactMap(\.failure)
        guard let first = failures.first else {
            guard let noteFailure else { return }
            throw CommandFailure(
                noteFailure.status, "all is applied, but whose it is could not be noted: \(noteFailure.message)")
        }
        let tried = results.count { $0.outcome != .notTried }
        // Nothing was done at all, for one reason.
        if failures.count == 1, tried == 1 { throw first }
        throw CommandFailure(
            .partOfBulkFailed,
            "\(failures.count) of \(results.count) failed; mend what the lines above say, and apply again")
    }
}

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show how the server differs from what files describe.",
        discussion: """
              casarectl diff -f deploy/ --prune

            It changes nothing. It ends with 0 where nothing differs and with 13 where something does, so a pipeline can \
            ask. With --prune, what the files describe no more counts, too.
            """)
    @OptionGroup var options: ApplyOptions
    @Flag(help: "List what does not differ, too.") var all = false
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run() async throws {
        try self.output.check(PlannedMember.headings)
        let wanted = try self.options.wanted()
        try await self.connection.withClient { client, _ in
            let plans = try await self.options.plans(for: wanted, client)
            ApplyOptions.report(plans)
            let different = plans.filter(\.isDifference)
            if !different.isEmpty || self.all || self.output.format != .table {
                try self.output.print(PlannedMember.presentation(self.all ? plans : different))
            }
            StandardStreams.report(
                "casarectl: "
                    + (different.isEmpty
                        ? "nothing differs (\(Count.text(plans.count, "document")))"
                        : "\(different.count) of \(plans.count) differ"))
            if !different.isEmpty { throw QuietExit(.differencesFound) }
        }
    }
}
