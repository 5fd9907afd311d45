import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct SelectionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selection", abstract: "Filters that are kept under a name, for --selection.",
        discussion: """
            A selection is the filter, not what it matches: --selection takes what matches when it is used.

              casarectl selection save jobs stuck --workflow invoices --status pending
              casarectl job cancel --selection stuck --dry-run
            """,
        subcommands: [Save.self, List.self, Show.self, Delete.self], aliases: ["selections"])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List saved selections.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(SelectionInfo.columns, name: \.name, to: self.answer) { client, limit, cursor in
                let page = try await client.selections(limit: limit, cursor: cursor)
                return (page.selections, page.nextCursor)
            }
        }
    }

    struct Show: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show a saved selection.", aliases: ["get"])
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(SelectionInfo.headings) { client, _ in
                try await client.selection(self.name).presentation()
            }
        }
    }

    struct Delete: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Forget a saved selection.",
            discussion: "Operations that were made with it go on: they have kept what it matched.")
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.change.run(SelectionInfo.headings, "delete the selection \(self.name)") { client in
                let known = try await client.selection(self.name)
                return .shown(try known.presentation(saying: "would delete \(known.name)"))
            } asked: { client, _ in
                let deleted = try await client.deleteSelection(self.name)
                return try deleted.presentation(saying: "deleted \(deleted.name)")
            }
        }
    }
}
