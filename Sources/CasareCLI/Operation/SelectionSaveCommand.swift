import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension SelectionCommand {
    struct Save: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "save", abstract: "Keep a filter under a name, or another one under a known name.",
            discussion: "A time that is said as how long ago is kept as the moment that it is now.",
            subcommands: [Jobs.self, Letters.self])
    }
}

/// What the commands that save a selection have in common.
struct SelectionSaveOptions: ParsableArguments, Changing {
    @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// A filter that says nothing would select everything there is.
    ///
    /// - Parameter filters: the options that select, for the message.
    static func check(isEmpty: Bool, noun: String, filters: String) throws {
        if isEmpty { throw ValidationError("Say which \(noun)s it selects: \(filters).") }
    }

    /// Saves it, after a question where the context is one of production; a name that is known is given another filter.
    func save(_ selection: Operation.Selection) async throws {
        try await self.change.run(SelectionInfo.headings, "save the selection \(self.name)") { _ in
            // That it may be used, and what it matches now, is what an operation would be told.
            .said("would save \(self.name): \(selection.description)")
        } asked: { client, _ in
            let saved = try await client.saveSelection(self.name, selection)
            // One of that name that was there before, perhaps another person's, is gone.
            let verb = saved.updatedAt == saved.createdAt ? "saved" : "replaced"
            return try saved.presentation(saying: "\(verb) \(saved.name): \(selection.description)")
        }
    }
}

extension SelectionCommand.Save {
    struct Jobs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "jobs", abstract: "Of jobs, for job cancel, pause, resume and priority, and for retry.",
            discussion: """
                Without --status it selects jobs in every state; what a command cannot do to one of them is left out.
                """)
        @OptionGroup(title: "Filter") var filter: JobFilterOptions
        @OptionGroup var options: SelectionSaveOptions

        func validate() throws {
            try SelectionSaveOptions.check(
                isEmpty: self.filter.isEmpty, noun: "job", filters: JobFilterOptions.names)
        }

        func run() async throws {
            try await self.options.save(.jobs(self.filter.selection(otherwise: [])))
        }
    }

    struct Letters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "letters", abstract: "Of dead letters, for dlq replay, ack and purge, and for retry.",
            discussion: "Without --status it selects open ones.")
        @OptionGroup(title: "Filter") var filter: LetterFilterOptions
        @OptionGroup var options: SelectionSaveOptions

        func validate() throws {
            try SelectionSaveOptions.check(
                isEmpty: self.filter.isEmpty, noun: "dead letter", filters: LetterFilterOptions.names)
        }

        func run() async throws {
            try await self.options.save(try self.filter.selection(otherwise: [.open]))
        }
    }
}
