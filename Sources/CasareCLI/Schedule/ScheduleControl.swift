import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

/// What the commands that pause and resume schedules have in common.
struct ScheduleControlOptions: ParsableArguments, Changing {
    @Argument(help: ArgumentHelp("Names or IDs, or - for stdin.", valueName: "schedule")) var schedules: [String] = []
    @OptionGroup(title: "Filter") var filter: ScheduleFilterOptions
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        try BulkSelection.checkNamed(
            words: self.schedules, hasFilter: !self.filter.isEmpty, noun: "schedule",
            filters: ScheduleFilterOptions.names)
    }

    /// Does one thing with a schedule that is named, or asks for many what is done to them: all, or none.
    ///
    /// - Parameters:
    ///   - verb: `pause`.
    ///   - past: `paused`.
    ///   - one: asks for the one that is named.
    ///   - many: asks for a selection, also for a dry run.
    func run(
        _ verb: String, past: String, one: (CasareClient, _ name: String) async throws -> SteerScheduleResponse,
        many: (CasareClient, SteerSchedulesRequest) async throws -> SteerSchedulesResponse
    ) async throws {
        let names = self.filter.isEmpty ? try ScheduleNames(self.schedules).all : []
        if names.count == 1 { return try await self.runOne(verb, past, names[0], one) }
        var request = SteerSchedulesRequest(
            selection: names.isEmpty ? self.filter.selection : ScheduleSelection(names: names),
            reason: self.why.reason, dryRun: true)
        try await self.change.run(SteerSchedulesResponse.columns.map(\.heading)) { client in
            let planned = try await many(client, request)
            guard planned.count > 0 else {
                throw CommandFailure(.notFound, "nothing to \(verb): no such schedule")
            }
            request.dryRun = false
            request.expect = planned.count
            let what = "\(verb) \(Count.text(planned.changed, "schedule"))"
            return ChangeOptions.Plan(
                what: what, presentation: try planned.presentation(saying: "would \(what)"), shown: planned.shown)
        } asked: { client in
            let done = try await many(client, request)
            return try done.presentation(saying: "\(past) \(Count.text(done.changed, "schedule"))")
        }
    }

    private func runOne(
        _ verb: String, _ past: String, _ name: String,
        _ change: (CasareClient, _ name: String) async throws -> SteerScheduleResponse
    ) async throws {
        try await self.change.run(ScheduleInfo.headings, verb, "schedule", name) { client in
            try await client.schedule(name).detail
        } asked: { client in
            let answer = try await change(client, name)
            guard let schedule = answer.schedule else {
                StandardStreams.report(
                    TerminalText.line("\(past) \(answer.name); the server cannot read what it is, so it is not shown"))
                return nil
            }
            let isNothing = verb == "resume" && !answer.wasPaused
            return try schedule.presentation(
                saying: isNothing ? "nothing to resume: \(schedule.name)" : "\(past) \(schedule.name)")
        }
    }
}

extension SteerSchedulesResponse {
    static let columns: [Column<SteerSchedulesResponse>] = [
        Column("count") { .number($0.count) },
        Column("changed") { .number($0.changed) },
        Column("dry_run") { .flag($0.dryRun) },
        Column("names", shrinks: true) { .text($0.names.joined(separator: ", ")) },
    ]

    /// For the question.
    var shown: Selection {
        Selection(
            items: self.names.map { Selection.Item(id: $0, detail: "") }, noun: "schedule", total: self.changed)
    }

    func presentation(saying sentence: String) throws -> Presentation {
        var sheet = Sheet(sentence)
        let others = self.count - self.changed
        sheet.add("as they are", others > 0 ? .text("\(Count.text(others, "schedule")) stood so already") : .empty)
        let more = self.changed - self.names.count
        if !self.names.isEmpty {
            sheet.sections.append(
                .lines(title: "Schedules", self.names + (more > 0 ? ["… and \(more) more"] : [])))
        }
        return Presentation(
            single: self, columns: Self.columns, names: self.names, json: try ValueEncoder.encode(self), sheet: sheet)
    }
}

extension ScheduleCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Keep schedules from firing until they are resumed.",
            discussion: """
                  casarectl schedule pause nightly --for 2h --reason 'the bank is closed'
                  casarectl schedule pause --workflow invoices --yes

                What they have started goes on. Ticks that pass are skipped, as their history says afterwards, and do \
                not come later.
                """)
        @OptionGroup var control: ScheduleControlOptions
        @OptionGroup var end: PauseEndOptions

        func run() async throws {
            let request = PauseScheduleRequest(
                reason: self.control.why.reason, until: self.end.until?.date, forSeconds: self.end.length?.seconds)
            try await self.control.run(
                "pause", past: "paused", one: { try await $0.pauseSchedule($1, request) },
                many: { client, selected in
                    var selected = selected
                    selected.until = request.until
                    selected.forSeconds = request.forSeconds
                    return try await client.pauseSchedules(selected)
                })
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Let schedules fire again, from their next ticks on.",
            discussion: "What passed while they were paused stays skipped; casarectl schedule backfill fires it.")
        @OptionGroup var control: ScheduleControlOptions

        func run() async throws {
            let reason = self.control.why.reason
            try await self.control.run(
                "resume", past: "resumed", one: { try await $0.resumeSchedule($1, reason: reason) },
                many: { try await $0.resumeSchedules($1) })
        }
    }

    struct Trigger: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trigger", abstract: "Fire a schedule now, beside its times.",
            discussion: """
                  casarectl schedule trigger nightly --var month=10 --wait

                It fires whatever its overlap policy says, and also while it is paused. Its next tick stays as it is.
                """,
            aliases: ["run"])
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var schedule: String
        @OptionGroup var variables: VariableOptions
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Waiting") var waiting: WaitOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(JobInfo.headings)
            let request = TriggerScheduleRequest(variables: try self.variables.variables(), reason: self.why.reason)
            try await self.connection.withClient { client, server in
                if self.bulk.dryRun {
                    let known = try await client.schedule(self.schedule)
                    StandardStreams.report(
                        TerminalText.line("would start a job of \(known.spec.what) for \(known.name)"))
                    return
                }
                try self.bulk.consent(on: server).obtain(for: "trigger the schedule \(self.schedule)")
                let fired = try await client.triggerSchedule(self.schedule, request)
                guard self.waiting.isWanted else {
                    return try self.output.print(
                        try await client.job(fired.job).presentation(saying: "triggered"))
                }
                let jobs = try await JobWaiter(client, self.waiting)
                    .wait(for: [fired.job], saying: "triggered \(fired.schedule.name): job \(fired.job)")
                try self.output.print(try jobs[0].presentation())
                if ExitReason.ofWaiting(for: jobs) != .success { throw QuietExit(.jobEndedBadly) }
            }
        }
    }
}
