import ArgumentParser
import CasareDomain
import CasareWire

extension DeadLetterCommand {
    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "purge", abstract: "Take dead letters away.",
            discussion: """
                A filter takes those of every status unless --status says otherwise; without any filter nothing is \
                done. They are hidden at once, and gone for good an hour later. With --undo-within casarectl op undo \
                brings them back for so long, and they are gone for good only after that. The failed jobs stay.

                  casarectl dlq purge --workflow invoices --until 30d --status resolved --dry-run
                  casarectl dlq purge --fingerprint 8d1f… --undo-within 2h --reason "test data"
                """)
        @OptionGroup var letters: LetterSelectionOptions
        @OptionGroup(title: "Operation") var operation: OperationOptions
        @OptionGroup(title: "Operation") var undo: UndoOption
        @Flag(help: "Do not wait for a second person, where the tenant wants two; needs --reason, and is noted loudly.")
        var breakGlass = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            try self.letters.check(self.operation.pace.selection)
            try self.operation.why.check(breaksGlass: self.breakGlass)
        }

        func run() async throws {
            let selection = try self.letters.selection(self.operation.pace.selection, otherwise: [])
            let breaksGlass = self.breakGlass
            let terms = self.operation.terms(undo: self.undo)
            try await BulkRun(.purge, selection, terms, output: self.output) { $0.breakGlass = breaksGlass }
                .run(on: self.connection)
        }
    }
}
