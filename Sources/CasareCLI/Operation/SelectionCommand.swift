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

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List saved selections.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(SelectionInfo.headings)
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.selections(limit: limit, cursor: cursor)
                    return (page.selections, page.nextCursor)
                } to: { selections in
                    try self.output.print(
                        try Presentation(
                            list: selections, columns: SelectionInfo.columns, name: \.name,
                            json: { try ValueEncoder.encode($0) }))
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show a saved selection.", aliases: ["get"])
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(SelectionInfo.headings)
            try await self.connection.withClient { client, _ in
                try self.output.print(try await client.selection(self.name).presentation())
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Forget a saved selection.",
            discussion: "Operations that were made with it go on: they have kept what it matched.")
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(SelectionInfo.headings)
            try await self.connection.withClient { client, server in
                if self.bulk.dryRun {
                    let known = try await client.selection(self.name)
                    return try self.output.print(try known.presentation(saying: "would delete \(known.name)"))
                }
                let needed = Consent.needed(
                    isSelection: false, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk)
                try needed.obtain(for: "delete the selection \(self.name)")
                let deleted = try await client.deleteSelection(self.name)
                try self.output.print(try deleted.presentation(saying: "deleted \(deleted.name)"))
            }
        }
    }
}
