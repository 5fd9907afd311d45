import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Schedules: what starts jobs by itself.",
        discussion: """
            By a cron expression in a zone, every so often, once, after jobs of other workflows, or when something \
            happens to a job. Each tick fires once, or history says why not. Its status:

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

    struct List: AsyncParsableCommand {
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
            try self.output.check(ScheduleInfo.headings)
            var query = self.filter.query
            query.kind = self.kind?.kind
            try await self.connection.withClient { [query] client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    var query = query
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
                } to: { schedules in
                    if schedules.isEmpty, self.output.format == .table {
                        StandardStreams.report("there is no such schedule; casarectl schedule create makes one")
                    }
                    try self.output.print(
                        try Presentation(
                            list: schedules, columns: ScheduleInfo.columns, name: \.name,
                            json: { try ValueEncoder.encode($0) }))
                }
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show one schedule.", aliases: ["show"])
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var schedule: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(ScheduleInfo.headings)
            try await self.connection.withClient { client, _ in
                try self.output.print(try await client.schedule(self.schedule).presentation())
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "history",
            abstract: "List the ticks of a schedule, newest first: which fired, and why others did not.")
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var schedule: String
        @Option(help: "Only ticks of which this came.") var result: TickResultArgument?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(ScheduleTickInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.scheduleHistory(
                        of: self.schedule, result: self.result?.result, limit: limit, cursor: cursor)
                    return (page.ticks, page.nextCursor)
                } to: { ticks in
                    try self.output.print(
                        try Presentation(
                            list: ticks, columns: ScheduleTickInfo.columns, name: { Timestamp.text($0.at) },
                            json: { try ValueEncoder.encode($0) }))
                }
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete schedules.",
            discussion: "What they have started goes on. Their ticks stay in the database until they are too old.",
            aliases: ["rm"])
        @Argument(help: ArgumentHelp("Names or IDs, or - for stdin.", valueName: "schedule")) var schedules: [String]
        @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
        var reason: String?
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(ScheduleInfo.headings)
            let names = try ScheduleNames(self.schedules).all
            try await self.connection.withClient { client, server in
                // It cannot be taken back.
                let needed = Consent.needed(
                    isSelection: true, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk)
                var selection = Selection(
                    items: names.map { Selection.Item(id: $0, detail: "") }, noun: "schedule")
                if self.bulk.dryRun || needed.asks {
                    selection = await selection.described(atMost: self.bulk.dryRun ? .max : Selection.sampleMax) {
                        try await client.schedule($0.id).detail
                    }
                }
                if self.bulk.dryRun { return try selection.show(in: self.output) }
                try needed.obtain(for: "delete \(selection.count)", showing: selection)
                let outcome = await BulkOutcome.of(selection.items, verb: "delete") {
                    try await client.deleteSchedule($0.id, reason: self.reason)
                }
                for deleted in outcome.done where deleted.schedule == nil {
                    StandardStreams.report(
                        TerminalText.line(
                            "deleted \(deleted.name); the server could not read what it was, so it is not shown"))
                }
                let shown = outcome.done.compactMap(\.schedule)
                if names.count > 1 {
                    try self.output.print(
                        try Presentation(
                            list: shown, columns: ScheduleInfo.columns, name: \.name,
                            json: { try ValueEncoder.encode($0) }))
                } else if let schedule = shown.first {
                    try self.output.print(try schedule.presentation(saying: "deleted \(schedule.name)"))
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
        let words =
            arguments == ["-"] ? try readInput().split(whereSeparator: \.isNewline).map(String.init) : arguments
        var seen: Set<String> = []
        self.all = try words.filter { seen.insert(try Text.notEmpty($0)).inserted }
        if self.all.isEmpty { throw CommandFailure(.usage, "no schedule was given") }
    }

    init(_ arguments: [String]) throws {
        try self.init(arguments) { try TextInput.standardInput.read() }
    }
}

/// What came of a tick, by name.
struct TickResultArgument: ExpressibleByArgument, Hashable, Sendable {
    let result: ScheduleTickInfo.Result

    init?(argument: String) {
        guard let result = ScheduleTickInfo.Result(rawValue: argument.lowercased()) else { return nil }
        self.result = result
    }

    static var allValueStrings: [String] { ScheduleTickInfo.Result.allCases.map(\.rawValue) }
}
