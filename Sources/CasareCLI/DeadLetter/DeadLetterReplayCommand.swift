import ArgumentParser
import CasareDomain

extension DeadLetterCommand {
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay", abstract: "Run the jobs of many dead letters again, at a rate and with care.",
            discussion: """
                The server keeps which ones they are and works through them, also when this command ends: casarectl op \
                steers it. A filter takes open ones unless --status says otherwise. What changes is shown first, for \
                the first few; the failed jobs stay as they are.

                  casarectl dlq replay --workflow invoices --set amount=5 --dry-run
                  casarectl dlq replay --fingerprint 8d1f… --version latest --canary 3 --rate 10/s
                  casarectl dlq replay --error refused --from failed --stop-on-error-rate 5% --reason "the bank is back"
                """)
        @OptionGroup var letters: LetterSelectionOptions
        @OptionGroup(title: "Changes") var rerun: RerunOptions
        @OptionGroup(title: "Operation") var operation: OperationOptions
        @OptionGroup(title: "Operation") var caution: CautionOptions
        @Flag(help: "Wait until the new jobs have ended, too; 9 when one of them ended badly.") var wait = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            try self.letters.check(self.operation.pace.selection)
            try self.rerun.check(words: self.letters.jobs)
            if self.wait && self.operation.pace.detach {
                throw ValidationError("--detach follows nothing: leave out --wait.")
            }
        }

        func run() async throws {
            let selection = try self.letters.selection(self.operation.pace.selection, otherwise: [.open])
            var terms = self.operation.terms(caution: self.caution)
            terms.awaitsReplays = self.wait
            try await DeadLetterCommand.replay(selection, terms, self.rerun, output: self.output, on: self.connection)
        }
    }

    /// Hands dead letters to the server, which runs them again as an operation.
    static func replay(
        _ selection: BulkSelection, _ terms: OperationTerms, _ rerun: RerunOptions, output: OutputOptions,
        on connection: ConnectionOptions
    ) async throws {
        let changes = try rerun.changesOfMany()
        try await BulkRun(.replay, selection, terms, output: output) { $0.apply(changes) }.run(on: connection)
    }
}
