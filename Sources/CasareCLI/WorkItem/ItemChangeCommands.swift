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
struct ItemChange: ParsableArguments, Changing {
    @OptionGroup var place: ItemPlace
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// Says what would be done, or asks where the context is one of production, and does it.
    func run(
        _ verb: String, done: String, _ change: (CasareClient, ItemPlace, String?) async throws -> WorkItemInfo
    ) async throws {
        let what = "\(verb) the item \(self.place.item) of \(self.place.queue)"
        try await self.change.run(WorkItemInfo.headings, what) { client in
            let known = try await client.workItem(self.place.item, of: self.place.queue)
            return .shown(try known.presentation(saying: "would \(verb)"))
        } asked: { client, _ in
            try await change(client, self.place, self.why.reason).presentation(saying: done)
        }
    }
}
