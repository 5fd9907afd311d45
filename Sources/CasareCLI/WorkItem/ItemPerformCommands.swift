import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// What performers do, and what people say in their place.
extension ItemCommand {
    struct Next: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "next", abstract: "Take the first item that is ready.",
            discussion: """
                It is yours until its lease ends: say before what became of it, or renew the lease. Where none is ready, \
                nothing is printed and the exit status is 10: try again later. Where there is no such queue it is 4.
                """, aliases: ["take"])
        @Argument(help: "The queue's name.", transform: Text.notEmpty) var queue: String
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("How long it is yours, \(TimeSpan.help), at most 1d.", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var lease: PositiveTimeSpan?
        @Option(help: "The job that works on it, to be shown.", transform: JobArgument.parse) var job: JobArgument?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(WorkItemInfo.headings) { client, _ in
                let taken = try await client.takeWorkItem(
                    from: self.queue,
                    TakeWorkItemRequest(
                        leaseSeconds: self.lease?.seconds ?? WorkItem.leaseSecondsDefault, job: self.job?.id))
                guard let taken else {
                    StandardStreams.report("casarectl: no item of \(self.queue) is ready")
                    throw QuietExit(.unavailable)
                }
                return try taken.presentation()
            }
        }
    }

    struct Complete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "complete", abstract: "Say that an item is done.",
            discussion: "Without --token you say so for whoever has it, and that is kept in the audit.")
        @OptionGroup var saying: ItemSaying
        @Option(
            help: ArgumentHelp("A member of what came of it; may be repeated.", valueName: "name=value"),
            transform: VariableAssignment.init(parsing:))
        var result: [VariableAssignment] = []

        func run() async throws {
            var values = Object()
            for assignment in self.result { values[assignment.name] = assignment.value }
            let request = CompleteWorkItemRequest(
                token: self.saying.token, output: values.isEmpty ? nil : values, reason: self.saying.why.reason)
            try await self.saying.run("completed") { client, place in
                try await client.completeWorkItem(place.item, of: place.queue, request)
            }
        }
    }

    struct Fail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fail", abstract: "Say that an item failed.",
            discussion: """
                For a reason of the business it ends; for another one it is tried again while there are retries. Without \
                --token you say so for whoever has it, and that is kept in the audit.
                """)
        @OptionGroup var saying: ItemSaying
        @Option(help: ArgumentHelp("What went wrong.", valueName: "text"), transform: Text.notEmpty) var error: String
        @Flag(help: "The item itself cannot be done: it is not tried again.") var business = false

        func run() async throws {
            let request = FailWorkItemRequest(
                token: self.saying.token, errorType: self.business ? .business : .application, error: self.error,
                reason: self.saying.why.reason)
            try await self.saying.run("failed") { client, place in
                try await client.failWorkItem(place.item, of: place.queue, request)
            }
        }
    }

    struct Postpone: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "postpone", abstract: "Give an item back, to be taken later.")
        @OptionGroup var saying: ItemSaying
        @Option(help: ArgumentHelp("Not before this moment.", valueName: "moment"), transform: Moment.parse)
        var until: Moment?
        @Option(
            name: .customLong("for"), parsing: .unconditional,
            help: ArgumentHelp("Not before so long from now, \(TimeSpan.help).", valueName: "time"),
            transform: PositiveJobSpan.parse)
        var span: PositiveJobSpan?

        func validate() throws {
            if (self.until == nil) == (self.span == nil) { throw ValidationError("Give --until or --for.") }
        }

        func run() async throws {
            let request = PostponeWorkItemRequest(
                token: self.saying.token, until: self.until?.date, forSeconds: self.span?.seconds,
                reason: self.saying.why.reason)
            try await self.saying.run("postponed") { client, place in
                try await client.postponeWorkItem(place.item, of: place.queue, request)
            }
        }
    }

    struct Renew: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "renew", abstract: "Keep an item for longer.")
        @OptionGroup var place: ItemPlace
        @Option(
            parsing: .unconditional, help: "The token of its lease.", transform: Text.number(in: 0...Int.max))
        var token: Int
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("How long from now, \(TimeSpan.help), at most 1d.", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var lease: PositiveTimeSpan?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(WorkItemInfo.headings) { client, _ in
                let item = try await client.renewWorkItem(
                    self.place.item, of: self.place.queue,
                    RenewWorkItemRequest(
                        token: Int64(self.token), leaseSeconds: self.lease?.seconds ?? WorkItem.leaseSecondsDefault))
                return try item.presentation(saying: "renewed")
            }
        }
    }
}

/// What the commands have in common that say what became of an item.
struct ItemSaying: ParsableArguments, Answering {
    @OptionGroup var place: ItemPlace
    @Option(
        name: .customLong("token"), parsing: .unconditional,
        help: "The token of its lease: refused where the item is somebody else's by now.",
        transform: Text.number(in: 0...Int.max))
    var number: Int?
    @OptionGroup var why: ReasonOption
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    var token: Int64? { self.number.map(Int64.init) }

    /// - Parameter verb: what was done, for people.
    func run(
        _ verb: String, _ change: (CasareClient, ItemPlace) async throws -> WorkItemInfo
    ) async throws {
        try await self.answer.show(WorkItemInfo.headings) { client, _ in
            try await change(client, self.place).presentation(saying: verb)
        }
    }
}
