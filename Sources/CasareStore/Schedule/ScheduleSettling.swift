import CasareDomain
import CasarePostgres
import FoundationEssentials

/// One look at the jobs of schedules that are locked.
struct ScheduleSettling {
    /// News of one tick.
    private struct News {
        let schedule: Schedule.ID
        let at: Date
        let origin: ScheduleTick.Origin
        let job: Job.ID
        var startedAt: Date?
        var endedAt: Date?
        var endedAs: String?
        var breaches: [SLABreach]
        let message: String?
    }

    /// What a job's history says.
    private struct Note {
        let job: Job.ID
        let kind: EventKind
        let detail: Object
    }

    /// The time that a test has given.
    let given: Date?
    private(set) var report = ScheduleStore.Settled()
    private var schedules: [Schedule.ID: Schedule] = [:]
    private var states: [Schedule.ID: ScheduleState] = [:]
    private var news: [News] = []
    private var notes: [Note] = []

    init(given: Date?) { self.given = given }

    /// One that cannot be read keeps its ticks as they are, and the others go on.
    mutating func take(_ row: Row) throws {
        do {
            let schedule = try Schedule(row: row)
            self.schedules[schedule.id] = schedule
            self.states[schedule.id] = ScheduleState(schedule)
        } catch is StoreError {
            return
        }
    }

    /// - Parameter ids: also of schedules that were deleted.
    mutating func run(_ ids: [Schedule.ID], on connection: isolated PostgresConnection) throws {
        try self.read(ids, on: connection)
        self.countFailures()
        try self.saveTicks(on: connection)
        try self.checkSuccess(on: connection)
        try self.saveSchedules(on: connection)
        try self.saveNotes(on: connection)
        for schedule in self.schedules.values.sorted(by: { $0.id < $1.id }) {
            try self.begin(schedule, on: connection)
        }
    }

    private mutating func read(_ ids: [Schedule.ID], on connection: isolated PostgresConnection) throws {
        let rows = try connection.execute(
            SettlingQueries.news,
            [
                "schedules": .uuidArray(ids.map(\.rawValue)), "limit": .int(ScheduleStore.settledAtOnceMax),
                "now": .timestamp(self.given),
            ])
        for row in rows {
            guard let origin = ScheduleTick.Origin(rawValue: try row.string("origin")) else { continue }
            let now = try row.date("now")
            let ended = try row.optionalString("ended_as")
            let isGone = try !row.bool("is_kept") && ended == nil
            var one = News(
                schedule: Schedule.ID(rawValue: try row.uuid("schedule_id")), at: try row.date("tick_at"),
                origin: origin, job: Job.ID(rawValue: try row.uuid("job_id")),
                startedAt: try row.optionalDate("started_at"), endedAt: try row.optionalDate("finished_at"),
                endedAs: ended, breaches: try ScheduleTick.breaches(try row.optionalString("sla_breach")),
                message: try row.optionalString("message"))
            if isGone {
                one.endedAt = now
                one.endedAs = "gone"
            }
            if one.startedAt == nil { one.startedAt = try row.optionalDate("outcome_started_at") }
            if one.startedAt == nil { one.startedAt = try row.optionalDate("leased_at") }
            let known = one.breaches
            self.check(&one, at: now)
            // Of a schedule that promises nothing any more there is none after all.
            let isNews =
                try one.endedAt != nil || one.breaches != known
                || one.startedAt != row.optionalDate("started_at")
            if isNews { self.news.append(one) }
        }
    }

    /// What the job did not keep to that nobody has noted yet. Of a backfill nobody expects that it is on time.
    private mutating func check(_ one: inout News, at now: Date) {
        guard one.origin != .backfill, let schedule = self.schedules[one.schedule], let sla = schedule.spec.sla else {
            return
        }
        let end = one.endedAt ?? now
        let delay = (one.startedAt ?? end).timeIntervalSince(one.at)
        let duration = one.startedAt.map { end.timeIntervalSince($0) }
        for breach in sla.breaches(startDelay: delay, duration: duration) where !one.breaches.contains(breach) {
            one.breaches.append(breach)
            self.noteBreach(breach, one, of: schedule)
        }
    }

    private mutating func noteBreach(_ breach: SLABreach, _ one: News, of schedule: Schedule) {
        self.report.breaches += 1
        self.report.broken.append(BrokenPromise(schedule: schedule.name, promise: breach))
        self.notes.append(
            Note(
                job: one.job, kind: .slaBreached,
                detail: [
                    "schedule": .string(schedule.name), "tick": .string(one.at.formatted(.iso8601)),
                    "breach": .string(breach.rawValue),
                ]))
    }

    /// In the order in which the jobs ended. A backfill does not count: its runs are of another time.
    private mutating func countFailures() {
        for one in self.news where one.origin != .backfill {
            guard let endedAt = one.endedAt, var state = self.states[one.schedule] else { continue }
            switch one.endedAs {
            case "completed": state.jobCompleted()
            case "failed":
                if state.jobFailed(at: endedAt), let schedule = self.schedules[one.schedule] {
                    self.notes.append(
                        Note(
                            job: one.job, kind: .schedulePaused,
                            detail: [
                                "schedule": .string(schedule.name), "failures": .int(state.failuresInARow),
                                "reason": .string(state.pause?.reason ?? ""),
                            ]))
                }
            case "cancelled", "gone", nil: break
            case let other?: preconditionFailure("A tick's job ended as \"\(other)\", which the table does not allow")
            }
            self.states[one.schedule] = state
        }
    }

    private mutating func saveTicks(on connection: isolated PostgresConnection) throws {
        guard !self.news.isEmpty else { return }
        try connection.execute(
            SettlingQueries.save,
            [
                "schedules": .uuidArray(self.news.map(\.schedule.rawValue)),
                "ticks": .timestampArray(self.news.map(\.at)),
                "origins": .textArray(self.news.map(\.origin.rawValue)),
                "started": .timestampArray(self.news.map(\.startedAt)),
                "ended": .timestampArray(self.news.map(\.endedAt)), "endings": .textArray(self.news.map(\.endedAs)),
                "breaches": .textArray(self.news.map { Self.text(of: $0.breaches) }),
            ])
        self.report.ended += self.news.count { $0.endedAt != nil }
    }

    private static func text(of breaches: [SLABreach]) -> String? {
        breaches.isEmpty ? nil : breaches.map(\.rawValue).joined(separator: ",")
    }

    /// Whether too few of the last jobs complete, told once with the job that made it so.
    private mutating func checkSuccess(on connection: isolated PostgresConnection) throws {
        var newest: [Schedule.ID: News] = [:]
        var counts: [Schedule.ID: Int] = [:]
        var runs: [Schedule.ID: Int] = [:]
        for one in self.news where one.endedAs == "completed" || one.endedAs == "failed" {
            guard one.origin != .backfill, let schedule = self.schedules[one.schedule],
                let sla = schedule.spec.sla, sla.successRate != nil
            else { continue }
            newest[one.schedule] = one
            runs[one.schedule] = sla.runs
            counts[one.schedule, default: 0] += 1
        }
        guard !newest.isEmpty else { return }
        let asked = newest.keys.sorted()
        let lasts = asked.map { id in Int64(runs[id, default: 0] + counts[id, default: 0]) }
        let rows = try connection.execute(
            SettlingQueries.endings, ["schedules": .uuidArray(asked.map(\.rawValue)), "lasts": .int8Array(lasts)])
        for row in rows {
            let id = Schedule.ID(rawValue: try row.uuid("schedule_id"))
            guard let schedule = self.schedules[id], let sla = schedule.spec.sla, var one = newest[id] else { continue }
            let completed = try row.decode("completed", as: [Bool].self)
            // As if each of the new ones had been looked at by itself.
            let began = (0..<(counts[id] ?? 0)).contains { older in
                sla.beginsToBreakSuccessRate(Array(completed.dropFirst(older)))
            }
            guard began else { continue }
            one.breaches.append(.successRate)
            self.noteBreach(.successRate, one, of: schedule)
            try connection.execute(
                SettlingQueries.save,
                [
                    "schedules": .uuidArray([id.rawValue]), "ticks": .timestampArray([one.at]),
                    "origins": .textArray([one.origin.rawValue]), "started": .timestampArray([one.startedAt]),
                    "ended": .timestampArray([one.endedAt]), "endings": .textArray([one.endedAs]),
                    "breaches": .textArray([Self.text(of: one.breaches)]),
                ])
        }
    }

    private mutating func saveSchedules(on connection: isolated PostgresConnection) throws {
        var changed: [(id: Schedule.ID, failures: Int)] = []
        for (id, state) in self.states {
            guard let schedule = self.schedules[id] else { continue }
            if state.failuresInARow != schedule.failuresInARow { changed.append((id, state.failuresInARow)) }
            guard schedule.pause == nil, let pause = state.pause else { continue }
            self.schedules[id] = try ScheduleStore.pause(schedule, pause, now: self.given, on: connection)
            self.report.paused.append(schedule.name)
            try ControlLog.record(
                "schedule.pause", of: schedule.name, by: pause.by, reason: pause.reason,
                detail: ["failures": .int(state.failuresInARow)], now: self.given, on: connection)
        }
        guard !changed.isEmpty else { return }
        try connection.execute(
            SettlingQueries.saveFailures,
            [
                "schedules": .uuidArray(changed.map(\.id.rawValue)),
                "failures": .int4Array(changed.map { Int32(clamping: $0.failures) }),
            ])
    }

    private func saveNotes(on connection: isolated PostgresConnection) throws {
        guard !self.notes.isEmpty else { return }
        try connection.execute(
            SettlingQueries.note,
            [
                "jobs": .uuidArray(self.notes.map(\.job.rawValue)),
                "kinds": .textArray(self.notes.map(\.kind.rawValue)),
                "details": .textArray(self.notes.map { StoredJSON.text(of: $0.detail) }), "now": .timestamp(self.given),
            ])
    }

    /// Begins with ticks that waited, where nothing is under way any more.
    private mutating func begin(_ schedule: Schedule, on connection: isolated PostgresConnection) throws {
        guard schedule.pause == nil else { return }
        let load = try connection.execute(
            TickQueries.loads, ["schedules": .uuidArray([schedule.id.rawValue])]
        ).only()
        guard try load.int("buffered") > 0 else { return }
        let isBesideOthers = schedule.spec.overlap == .allowAll
        guard try isBesideOthers || !load.bool("is_running") else { return }
        let rows = try connection.execute(
            SettlingQueries.buffered,
            [
                "schedule": .uuid(schedule.id.rawValue),
                "limit": .int(isBesideOthers ? ScheduleSpec.Overlap.bufferedMax : 1), "now": .timestamp(self.given),
            ])
        var launches: [ScheduleLaunch] = []
        var ticks: [NewTick] = []
        for row in rows {
            guard let origin = ScheduleTick.Origin(rawValue: try row.string("origin")) else { continue }
            let at = try row.date("tick_at")
            launches.append(ScheduleLaunch(schedule: schedule, tick: at, origin: origin))
            ticks.append(
                NewTick(
                    TickSpan(Tick(at: at)), of: schedule.id, origin, .fired, dueAt: try row.date("due_at")))
        }
        guard !launches.isEmpty, let now = try rows.first?.date("now") else { return }
        try connection.execute(
            TickQueries.unbuffered,
            [
                "schedules": .uuidArray(launches.map(\.schedule.id.rawValue)),
                "firsts": .timestampArray(launches.map(\.tick)),
                "origins": .textArray(launches.map(\.origin.rawValue)),
                "jobs": .uuidArray(launches.map(\.job.rawValue)),
                "start_by": .timestampArray(launches.map(\.startBy)),
                "durations": .doubleArray(launches.map(\.durationMax)), "now": .timestamp(self.given),
            ])
        let results = try TickWriting.launch(launches, now: self.given, on: connection)
        for (tick, result) in zip(ticks, results) {
            self.report.reports.append(TickReport(tick, named: schedule.name, result, now: now))
        }
        for (launch, result) in zip(launches, results) {
            guard case .job(let job, isNew: _) = result else {
                self.report.ticks.append(TickCount(schedule: schedule.name, result: SkipReason.refused.counted))
                continue
            }
            self.report.begun.append(job)
            self.report.ticks.append(TickCount(schedule: schedule.name, result: .fired))
            try connection.execute(
                FiringQueries.lastFired,
                [
                    "schedules": .uuidArray([schedule.id.rawValue]), "ticks": .timestampArray([launch.tick]),
                    "jobs": .uuidArray([job.rawValue]),
                ])
        }
    }
}
