import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Schedules: what starts jobs by itself.",
        discussion: """
            By a cron expression in a zone, every so often, once, after jobs of other workflows, or when something \
            happens to a job or a secret. Each tick fires once, or history says why not. Its status:

            active   it has a next tick
            waiting  it fires after jobs or events, and nobody knows when
            paused   it fires nothing; what it passed over is in its history afterwards
            ended    it has no tick any more, or has fired as often as it may
            """,
        subcommands: [
            Create.self, List.self, Get.self, Update.self, Pause.self, Resume.self, Trigger.self, Backfill.self,
            History.self, Delete.self, ScheduleNextCommand.self, SchedulePreviewCommand.self,
            ScheduleSimulateCommand.self,
        ],
        aliases: ["schedules"])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List schedules by name.", aliases: ["ls"])
        @OptionGroup(title: "Filter") var filter: ScheduleFilterOptions
        @Option(
            help: ArgumentHelp("Only schedules of this kind.", valueName: "kind"),
            completion: .list(ScheduleKindArgument.names), transform: ScheduleKindArgument.parse)
        var kind: ScheduleKindArgument?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                ScheduleInfo.columns, name: \.name,
                orElse: "there is no such schedule; casarectl schedule create makes one", to: self.answer
            ) { client, limit, cursor in
                var query = self.filter.query
                query.kind = self.kind?.kind
                query.limit = limit
                query.cursor = cursor
                let page = try await client.schedules(query)
                for name in page.unreadable ?? [] {
                    StandardStreams.report(
                        TerminalText.line(
                            "casarectl: schedule \(name) is left out: the server cannot read what it is; its history "
                                + "says why, and it can be paused and deleted"))
                }
                return (page.schedules, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show one schedule.", aliases: ["show"])
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var schedule: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(ScheduleInfo.headings) { client, _ in
                try await client.schedule(self.schedule).presentation()
            }
        }
    }

    struct History: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "history",
            abstract: "List the ticks of a schedule, newest first: which fired, and why others did not.")
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var schedule: String
        @Option(help: "Only ticks of which this came.") var result: CaseArgument<ScheduleTickInfo.Result>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(ScheduleTickInfo.columns, name: { Timestamp.text($0.at) }, to: self.answer) {
                client, limit, cursor in
                let page = try await client.scheduleHistory(
                    of: self.schedule, result: self.result?.value, limit: limit, cursor: cursor)
                return (page.ticks, page.nextCursor)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete schedules.",
            discussion: "What they have started goes on. Their ticks stay in the database until they are too old.",
            aliases: ["rm"])
        @Argument(help: ArgumentHelp("Names or IDs, or - for stdin.", valueName: "schedule")) var schedules: [String]
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(ScheduleInfo.headings)
            let names = try ScheduleNames(self.schedules).all
            let change = NamedChange(
                bulk: self.bulk, output: self.output, noun: "schedule", verb: "delete", isFinal: true)
            try await self.connection.withClient { client, server in
                let ended = try await change.outcome(on: names, of: server) {
                    try await client.schedule($0).detail
                } asked: {
                    try await client.deleteSchedule($0, reason: self.why.reason)
                }
                guard let (outcome, selection) = ended else { return }
                for deleted in outcome.done where deleted.schedule == nil {
                    StandardStreams.report(
                        TerminalText.line(
                            "deleted \(deleted.name); the server could not read what it was, so it is not shown"))
                }
                let shown = outcome.done.compactMap(\.schedule)
                try change.show(shown, of: selection, columns: ScheduleInfo.columns, name: \.name) {
                    try $0.presentation(saying: "deleted \($0.name)")
                }
                try outcome.check(selection)
            }
        }
    }
}

/// Names or IDs of schedules on the command line, or from stdin for a lone `-`, one in each line.
struct ScheduleNames: Hashable, Sendable {
    let all: [String]

    /// Keeps the order, and one of each.
    init(_ arguments: [String], readInput: () throws -> String) throws {
        self.all = try NamedThings.all(
            arguments, readInput: readInput, separatedBy: \.isNewline, noun: "schedule", Text.notEmpty)
    }

    init(_ arguments: [String]) throws {
        try self.init(arguments) { try TextInput.standardInput.read() }
    }
}
