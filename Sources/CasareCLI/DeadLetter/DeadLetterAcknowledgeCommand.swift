import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension DeadLetterCommand {
    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ack", abstract: "Say that somebody knows of dead letters, or that they are settled.",
            discussion: """
                An open one is acknowledged then: dlq list shows it no more, and dlq replay leaves it alone unless it \
                is told otherwise. With --resolve it is settled for good, and is not replayed any more. A filter takes \
                open ones, and with --resolve acknowledged ones too, unless --status says otherwise.

                  casarectl dlq ack 0192f0c1-… --reason "the customer knows"
                  casarectl dlq ack --workflow invoices --error refused --resolve --reason "entered by hand"
                """, aliases: ["acknowledge"])

        @OptionGroup var letters: LetterSelectionOptions
        @Flag(help: "They are settled: nothing is to be done about them any more.") var resolve = false
        @OptionGroup(title: "Operation") var operation: OperationOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws { try self.letters.check(self.operation.pace.selection) }

        func run() async throws {
            let selection = try self.letters.selection(
                self.operation.pace.selection, otherwise: self.resolve ? [.open, .acknowledged] : [.open])
            let terms = self.operation.terms()
            guard case .ids(let ids) = selection, !terms.needOperation else {
                return try await BulkRun(.acknowledge, selection, terms, output: self.output) {
                    $0.resolve = self.resolve
                }.run(on: self.connection)
            }
            try self.output.check(DeadLetterInfo.headings)
            try await self.connection.withClient { client, server in
                try await self.acknowledge(ids, client, server)
            }
        }

        /// Each by itself: one that cannot be is reported, and the others go on.
        private func acknowledge(_ ids: [Job.ID], _ client: CasareClient, _ server: Server) async throws {
            let named = NamedChange(
                bulk: self.operation.bulk, output: self.output, noun: "dead letter",
                verb: self.resolve ? "resolve" : "acknowledge")
            try await named.run(
                on: ids.map(\.description), of: server, columns: DeadLetterInfo.columns, name: \.id.description
            ) {
                try await client.deadLetter(try JobIDs.id($0)).detail
            } asked: {
                try await client.acknowledgeDeadLetter(
                    try JobIDs.id($0), reason: self.operation.reason, resolve: self.resolve)
            } one: {
                try $0.presentation(saying: $0.acknowledged(resolving: self.resolve))
            }
        }
    }
}
