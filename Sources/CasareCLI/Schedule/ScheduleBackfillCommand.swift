import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

extension ScheduleCommand {
    struct Backfill: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "backfill", abstract: "Fire the ticks of a time that is past.",
            discussion: """
                  casarectl schedule backfill nightly --from 2026-11-01T00:00:00Z --to 2026-11-08T00:00:00Z --dry-run
                  casarectl schedule backfill nightly --from 2026-11-01T00:00:00Z --rate 1/s --yes
                  casarectl schedule backfill list

                The ticks are those of the expression that the schedule had at that time. What has run already is \
                skipped. The server works through it, also when this terminal is closed.
                """,
            subcommands: [Start.self, List.self, Show.self, Pause.self, Resume.self, Cancel.self],
            defaultSubcommand: Start.self)
    }
}

extension ScheduleCommand.Backfill {
    struct Start: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "start", abstract: "Count the ticks, ask, and begin.")
        @Argument(help: "The schedule's name or ID.", transform: Text.notEmpty) var schedule: String
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("The first moment: ISO 8601, or how long ago, such as 7d.", valueName: "time"),
            transform: PastMoment.parse)
        var from: PastMoment
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("The last moment: ISO 8601, or how long ago (default: now).", valueName: "time"),
            transform: PastMoment.parse)
        var to: PastMoment?
        @Option(
            help: ArgumentHelp("Jobs that it makes, such as 10/s or 1/min (default: 10/s).", valueName: "rate"),
            transform: RateArgument.parse)
        var rate: RateArgument?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let now = Date()
            let (from, to) = (self.from.date(now: now), self.to?.date(now: now))
            if let to, to < from { throw CommandFailure(.usage, "--to is before --from") }
            if let rate, !CreateBackfillRequest.rateRange.contains(rate.perSecond) {
                throw CommandFailure(
                    .usage,
                    "--rate: expected from \(CreateBackfillRequest.rateRange.lowerBound)/s to "
                        + "\(Int(CreateBackfillRequest.rateRange.upperBound))/s")
            }
            var request = CreateBackfillRequest(
                from: from, to: to, ratePerSecond: self.rate?.perSecond, reason: self.why.reason, dryRun: true)
            var count = ""
            try await self.change.run(BackfillInfo.headings) { client in
                let planned = try await client.createBackfill(of: self.schedule, request)
                count = planned.countText
                guard planned.ticks > planned.alreadyRun || planned.isInexact else {
                    throw CommandFailure(
                        .notFound,
                        planned.ticks == 0
                            ? "nothing to backfill: \(self.schedule) has no tick in that time"
                            : "nothing to backfill: all \(Count.text(planned.ticks, "tick")) have run already")
                }
                request.dryRun = false
                return ChangeOptions.Plan(
                    what: "fire \(count) of \(self.schedule)",
                    presentation: try planned.presentation(of: self.schedule), shown: planned.shown)
            } asked: { client in
                guard let made = try await client.createBackfill(of: self.schedule, request).backfill else {
                    throw CommandFailure(.failure, "the server did not say which backfill it has begun")
                }
                return try made.presentation(saying: "began backfill \(made.id): \(count)")
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List backfills, newest first.", aliases: ["ls"])
        @Option(help: ArgumentHelp("Only those of this schedule.", valueName: "schedule"), transform: Text.notEmpty)
        var schedule: String?
        @Option(help: "Only backfills in this state.") var status: CaseArgument<CasareDomain.Backfill.Status>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(BackfillInfo.columns, name: \.id.description, to: self.answer) {
                client, limit, cursor in
                let page = try await client.backfills(
                    schedule: self.schedule, status: self.status?.value, limit: limit, cursor: cursor)
                return (page.backfills, page.nextCursor)
            }
        }
    }

    struct Show: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one backfill.", aliases: ["get"])
        @Argument(help: "The backfill's ID.", transform: BackfillArgument.parse) var backfill: BackfillArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(BackfillInfo.headings) { client, _ in
                try await client.backfill(self.backfill.id).presentation()
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Keep a backfill from going on until it is resumed.")
        @OptionGroup var control: BackfillControlOptions

        func run() async throws {
            try await self.control.run("pause", past: "paused") { try await $0.pauseBackfill($1, reason: $2) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a backfill go on.")
        @OptionGroup var control: BackfillControlOptions

        func run() async throws {
            try await self.control.run("resume", past: "resumed") { try await $0.resumeBackfill($1, reason: $2) }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "End a backfill where it stands.",
            discussion: "The jobs that it has made go on: casarectl job cancel ends them.")
        @OptionGroup var control: BackfillControlOptions

        func run() async throws {
            try await self.control.run("cancel", past: "cancelled") { try await $0.cancelBackfill($1, reason: $2) }
        }
    }
}

/// What the commands that steer a backfill have in common.
struct BackfillControlOptions: ParsableArguments, Changing {
    @Argument(help: "The backfill's ID.", transform: BackfillArgument.parse) var backfill: BackfillArgument
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run(
        _ verb: String, past: String,
        _ change: (CasareClient, _ id: CasareDomain.Backfill.ID, _ reason: String?) async throws -> BackfillInfo
    ) async throws {
        let id = self.backfill.id
        try await self.change.run(BackfillInfo.headings, "\(verb) backfill \(id)") { client in
            let known = try await client.backfill(id)
            return .shown(try known.presentation(saying: "would \(verb) backfill \(known.id)"))
        } asked: { client, _ in
            let changed = try await change(client, id, self.why.reason)
            return try changed.presentation(saying: "\(past) backfill \(changed.id)")
        }
    }
}

struct BackfillArgument: ArgumentForm, Hashable {
    static let form = "a backfill's ID, which is a UUID; casarectl schedule backfill list shows them"

    let id: CasareDomain.Backfill.ID

    init?(argument: String) {
        guard let id = CasareDomain.Backfill.ID(argument) else { return nil }
        self.id = id
    }
}
