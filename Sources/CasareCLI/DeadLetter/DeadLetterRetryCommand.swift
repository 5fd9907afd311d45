import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension DeadLetterCommand {
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Run jobs of dead letters again, as new jobs.",
            discussion: """
                Each one that is named is run again by itself; what changes is shown, and --wait waits for the new \
                jobs. With a filter the server does it, as dlq replay would, to open ones unless --status says \
                otherwise.

                  casarectl dlq retry 0192f0c1-… --set amount=5 --wait
                  casarectl dlq retry 0192f0c1-… --from failed
                  casarectl dlq list --node fetch -o name | casarectl dlq retry - --json-patch fix.json --yes
                  casarectl dlq retry --workflow invoices --error "connection refused" --dry-run
                """)
        @OptionGroup var letters: LetterSelectionOptions
        @OptionGroup(title: "Changes") var rerun: RerunOptions
        @OptionGroup var why: ReasonOption
        @OptionGroup(title: "Operation") var pace: PaceOptions
        @OptionGroup(title: "Operation") var caution: CautionOptions
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Waiting") var waiting: WaitOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            try self.letters.check(self.pace.selection)
            try self.rerun.check(words: self.letters.jobs)
            if self.pace.detach && self.waiting.isWanted {
                throw ValidationError("--detach follows nothing: leave out --wait and --follow.")
            }
        }

        func run() async throws {
            let selection = try self.letters.selection(self.pace.selection, otherwise: [.open])
            var terms = OperationTerms(
                pace: self.pace, reason: self.why.reason, timeout: nil, bulk: self.bulk, caution: self.caution)
            guard case .ids(let ids) = selection, !terms.needOperation else {
                terms.timeout = self.waiting.timeout
                terms.awaitsReplays = self.waiting.isWanted
                return try await DeadLetterCommand.replay(
                    selection, terms, self.rerun, output: self.output, on: self.connection)
            }
            try await self.retry(ids)
        }

        /// One by one, as they were named.
        private func retry(_ ids: [Job.ID]) async throws {
            try self.output.check(JobInfo.headings)
            let changes = try self.rerun.changes()
            try await self.connection.withClient { client, server in
                let retrial = Retrial(
                    client: client, server: server, bulk: self.bulk, waiting: self.waiting, output: self.output,
                    changes: changes, reason: self.why.reason)
                try await retrial.run(
                    // Without a look at each letter, which only the question, the dry run and changes need.
                    ids.map { Selection.Item(id: $0.description, detail: "") }, isSelection: ids.count > 1,
                    noun: "dead letter", look: { Retrial.Subject(try await client.deadLetter($0)) },
                    point: { try await self.rerun.resume.point(in: $0, of: client) },
                    again: { try await client.retryDeadLetter($0, $1) })
            }
        }
    }
}
