import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct ItemCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "item", abstract: "Work items: business transactions that are done one by one.",
        discussion: """
            A dispatcher adds items to a queue; performers take one after the other and say what became of it. What \
            failed for a reason of the business ends; what failed for another reason is tried again.

              casarectl item queue create invoices --unique-reference
              casarectl item add invoices --reference R-1 --data amount=12.5
              casarectl item next invoices -o json              # one item, and the token of its lease
              casarectl item complete invoices R-1 --token 17
            """,
        subcommands: [
            Queue.self, Add.self, List.self, Get.self, Next.self, Complete.self, Fail.self, Postpone.self, Renew.self,
            Retry.self, Delete.self, Stats.self,
        ], aliases: ["items"])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the items of a queue, newest first.", aliases: ["ls"])
        @Argument(help: "The queue's name.", transform: Text.notEmpty) var queue: String
        @Option(help: "Only items that stand so.") var status: CaseArgument<WorkItem.Status>?
        @Option(help: "Only items of this reference.", transform: Text.notEmpty) var reference: String?
        @Option(help: "Only items whose last failure is of this type.") var errorType: CaseArgument<WorkItem.ErrorType>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(WorkItemInfo.columns, name: \.id.description, to: self.answer) {
                client, limit, cursor in
                let page = try await client.workItems(
                    of: self.queue,
                    WorkItemQuery(
                        status: self.status?.value, reference: self.reference, errorType: self.errorType?.value,
                        limit: limit, cursor: cursor))
                return (page.items, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show one item.", aliases: ["show"])
        @OptionGroup var place: ItemPlace
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(WorkItemInfo.headings) { client, _ in
                try await client.workItem(self.place.item, of: self.place.queue).presentation()
            }
        }
    }

    struct Stats: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "stats", abstract: "Show how many items of a queue stand how.")
        @Argument(help: "The queue's name.", transform: Text.notEmpty) var queue: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(ItemQueueStatsInfo.headings) { client, _ in
                try await client.itemQueue(self.queue).presentation()
            }
        }
    }
}

/// Which item.
struct ItemPlace: ParsableArguments {
    @Argument(help: "The queue's name.", transform: Text.notEmpty) var queue: String
    @Argument(help: "The item's ID or reference.", transform: Text.notEmpty) var item: String
}
