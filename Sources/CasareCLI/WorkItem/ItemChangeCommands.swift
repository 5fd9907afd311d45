import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// What people do to items.
extension ItemCommand {
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Try an item again that has failed or was abandoned.",
            discussion: "Its retries are counted anew; a deadline that is past holds no more.")
        @OptionGroup var change: ItemChange

        func run() async throws {
            try await self.change.run("retry", done: "will be tried again:") { client, place, reason in
                try await client.retryWorkItem(place.item, of: place.queue, reason: reason)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete an item that nobody works on.",
            discussion: "It is shown for a while yet; its reference is free again.")
        @OptionGroup var change: ItemChange

        func run() async throws {
            try await self.change.run("delete", done: "deleted") { client, place, reason in
                try await client.deleteWorkItem(place.item, of: place.queue, reason: reason)
            }
        }
    }
}

/// What the commands have in common that change an item by a person's word.
struct ItemChange: ParsableArguments {
    @OptionGroup var place: ItemPlace
    @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
    var reason: String?
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// Says what would be done, or asks where the context is one of production, and does it.
    func run(
        _ verb: String, done: String, _ change: (CasareClient, ItemPlace, String?) async throws -> WorkItemInfo
    ) async throws {
        try self.output.check(WorkItemInfo.headings)
        try await self.connection.withClient { client, server in
            if self.bulk.dryRun {
                let known = try await client.workItem(self.place.item, of: self.place.queue)
                return try self.output.print(try known.presentation(saying: "would \(verb)"))
            }
            try Consent.needed(
                isSelection: false, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk
            ).obtain(for: "\(verb) the item \(self.place.item) of \(self.place.queue)")
            try self.output.print(
                try await change(client, self.place, self.reason).presentation(saying: done))
        }
    }
}
