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
                try await self.acknowledge(
                    ids.map { Selection.Item($0) }, isSelection: selection.isSelection, client, server)
            }
        }

        /// Each by itself: one that cannot be is reported, and the others go on.
        private func acknowledge(
            _ items: [Selection.Item], isSelection: Bool, _ client: CasareClient, _ server: Server
        ) async throws {
            let verb = self.resolve ? "resolve" : "acknowledge"
            let needed = Consent.needed(
                isSelection: isSelection, server: server, yes: self.operation.bulk.yes,
                canAsk: Terminal.standard.canAsk)
            var selection = Selection(items: items, noun: "dead letter")
            if self.operation.bulk.dryRun || needed.asks {
                selection = await selection.described(
                    atMost: self.operation.bulk.dryRun ? .max : Selection.sampleMax
                ) { try await client.deadLetter(try JobIDs.id($0.id)).detail }
            }
            if self.operation.bulk.dryRun { return try selection.show(in: self.output) }
            try needed.obtain(for: "\(verb) \(selection.count)", showing: selection)
            let outcome = await BulkOutcome.of(selection.items, verb: verb) { item in
                try await client.acknowledgeDeadLetter(
                    try JobIDs.id(item.id), reason: self.operation.reason, resolve: self.resolve)
            }
            if isSelection {
                try self.output.print(try DeadLetterInfo.presentation(of: outcome.done))
            } else if let letter = outcome.done.first {
                try self.output.print(try letter.presentation(saying: letter.acknowledged(resolving: self.resolve)))
            }
            try outcome.check(selection)
        }
    }
}

extension Selection.Item {
    /// One of which nothing is known but its ID.
    fileprivate init(_ id: Job.ID) { self.init(id: id.description, detail: "") }
}
