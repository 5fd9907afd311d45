import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension ItemCommand {
    struct Queue: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "queue", abstract: "Queues of work items.",
            discussion: """
                With a performer the server makes jobs of a workflow while there are items:

                  casarectl item queue create invoices --performer book-invoice --performer-var queue=invoices --jobs 4
                """,
            subcommands: [Create.self, List.self, Get.self, Update.self, Delete.self], aliases: ["queues"])
    }
}

/// The rules of a queue of items, as options.
struct ItemQueueRuleOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How often an item is tried again after a failure that is not one of the business.", valueName: "n"),
        transform: Text.number(in: ItemQueue.Rules.retriesRange))
    var maxRetries: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long it waits before, \(TimeSpan.help).", valueName: "time"),
        transform: JobSpan.parse)
    var retryDelay: JobSpan?
    @Flag(
        inversion: .prefixedNo, help: "Of one reference there is one item: adding it again adds nothing.")
    var uniqueReference: Bool?
    @Option(help: ArgumentHelp("What it is for.", valueName: "text"), transform: Text.notEmpty)
    var description: String?
    @Option(
        help: ArgumentHelp("Make jobs of this workflow while there are items.", valueName: "workflow"),
        transform: Text.notEmpty)
    var performer: String?
    @Option(
        help: ArgumentHelp("A variable of its jobs; may be repeated.", valueName: "name=value"),
        transform: VariableAssignment.init(parsing:))
    var performerVar: [VariableAssignment] = []
    @Option(
        help: ArgumentHelp("Robots of this environment run its jobs.", valueName: "name"), transform: Text.notEmpty)
    var performerEnvironment: String?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("So many of its jobs run at once.", valueName: "n"),
        transform: Text.number(in: ItemQueue.Performer.jobsRange))
    var jobs: Int?

    func validate() throws {
        let isSaid = !self.performerVar.isEmpty || self.performerEnvironment != nil || self.jobs != nil
        if self.performer == nil, isSaid {
            throw ValidationError("Say which workflow with --performer.")
        }
    }

    var performerInfo: ItemPerformerInfo? {
        guard let performer else { return nil }
        var variables = Object()
        for assignment in self.performerVar { variables[assignment.name] = assignment.value }
        return ItemPerformerInfo(
            workflow: performer, variables: variables,
            environment: self.performerEnvironment ?? ItemQueue.Performer.environmentDefault,
            jobsMax: self.jobs ?? 1)
    }
}

extension ItemCommand.Queue {
    struct Create: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create a queue of items.")
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup(title: "Rules") var rules: ItemQueueRuleOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let request = CreateItemQueueRequest(
                name: self.name, maxRetries: self.rules.maxRetries ?? ItemQueue.Rules.maxRetriesDefault,
                retryDelaySeconds: self.rules.retryDelay?.seconds ?? ItemQueue.Rules.retryDelaySecondsDefault,
                uniqueReference: self.rules.uniqueReference ?? false, performer: self.rules.performerInfo,
                description: self.rules.description)
            try await self.answer.show(ItemQueueInfo.headings) { client, _ in
                let queue = try await client.createItemQueue(request)
                return try queue.presentation(saying: "created \(queue.name)")
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List queues of items.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(ItemQueueInfo.columns, name: \.name, to: self.answer) { client, limit, cursor in
                let page = try await client.itemQueues(limit: limit, cursor: cursor)
                return (page.queues, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show a queue of items, and how many stand how.", aliases: ["show"])
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(ItemQueueStatsInfo.headings) { client, _ in
                try await client.itemQueue(self.name).presentation()
            }
        }
    }

    struct Update: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Change the rules of a queue of items.",
            discussion: "What is not named stays as it is. Items that are there keep to the new rules.")
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup(title: "Rules") var rules: ItemQueueRuleOptions
        @Flag(help: "Make no more jobs for it.") var noPerformer = false
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.noPerformer, self.rules.performer != nil {
                throw ValidationError("Give --performer or --no-performer, not both.")
            }
            if self.request == UpdateItemQueueRequest() { throw ValidationError("Say what is to change.") }
        }

        private var request: UpdateItemQueueRequest {
            var request = UpdateItemQueueRequest(
                maxRetries: self.rules.maxRetries, retryDelaySeconds: self.rules.retryDelay?.seconds,
                uniqueReference: self.rules.uniqueReference)
            if let performer = self.rules.performerInfo { request.performer = .set(performer) }
            if self.noPerformer { request.performer = .remove }
            if let description = self.rules.description { request.description = .set(description) }
            return request
        }

        func run() async throws {
            let headings = self.bulk.dryRun ? ItemQueueStatsInfo.headings : ItemQueueInfo.headings
            try await self.change.run(headings, "change the item queue \(self.name)") { client in
                let known = try await client.itemQueue(self.name)
                return .shown(try known.presentation(saying: "would change \(self.name), which is now"))
            } asked: { client, _ in
                let queue = try await client.updateItemQueue(self.name, self.request)
                return try queue.presentation(saying: "changed \(queue.name)")
            }
        }
    }

    struct Delete: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete a queue with its items.",
            discussion: "Refused while items wait or are worked on, unless --force says to delete them too.")
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @Flag(help: "Also with items that wait or are worked on.") var force = false
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let headings = self.bulk.dryRun ? ItemQueueStatsInfo.headings : ItemQueueInfo.headings
            let what = "delete the item queue \(self.name)"
            // With force it is all of its items, none of which was named.
            try await self.change.run(headings, what, isSelection: self.force) { client in
                let known = try await client.itemQueue(self.name)
                return .shown(try known.presentation(saying: "would delete \(self.name) with"))
            } asked: { client, _ in
                let queue = try await client.deleteItemQueue(self.name, force: self.force, reason: self.why.reason)
                return try queue.presentation(saying: "deleted \(queue.name)")
            }
        }
    }
}
