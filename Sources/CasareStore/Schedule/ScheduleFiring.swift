import CasareDomain
import CasarePostgres
import FoundationEssentials

/// One round with the schedules of a tenant that are locked: asks each state machine what is to be done, does it for all
/// of them together, and stores where they stand.
struct ScheduleFiring {
    /// A schedule, and where it stands after the round.
    private struct Turn {
        let schedule: Schedule
        var state: ScheduleState?
        var dueAt: Date?
        var lastTick: Date?
        var lastJob: Job.ID?
    }

    let zones: ZoneCatalogue
    /// The time that a test has given.
    let given: Date?
    let now: Date
    /// What a schedule without a timetable waited for: the tick that it makes, and what it was for people.
    var happened: (tick: Tick, detail: String)?
    private(set) var report = ScheduleStore.Fired()
    private var turns: [Turn] = []
    private var unreadable: [Schedule.ID] = []
    private var ticks: [NewTick] = []
    private var launches: [ScheduleLaunch] = []
    /// Schedules whose jobs end before the next one begins.
    private var ending: [Schedule] = []
    private var calendars = ScheduleCalendars()
    /// Names of schedules, of those too that cannot be read.
    private var names: [Schedule.ID: String] = [:]

    init(zones: ZoneCatalogue, given: Date?, now: Date) {
        self.zones = zones
        self.given = given
        self.now = now
    }

    /// One that cannot be read does not keep the others from firing.
    mutating func take(_ row: Row) throws {
        do {
            let schedule = try Schedule(row: row)
            self.names[schedule.id] = schedule.name
            self.turns.append(Turn(schedule: schedule))
        } catch let error as StoreError {
            let id = Schedule.ID(rawValue: try row.uuid("schedule_id"))
            let at = try row.optionalDate("next_at") ?? self.now
            self.unreadable.append(id)
            self.invalid(id, named: try row.string("name"), at: at, why: error.description)
        }
    }

    mutating func run(on connection: isolated PostgresConnection) throws {
        let loads = try self.loads(on: connection)
        for index in self.turns.indices { try self.decide(index, loads, on: connection) }
        for schedule in self.ending { try self.endJobs(of: schedule, on: connection) }
        let written = try TickWriting.write(self.ticks, now: self.given, on: connection)
        // A tick that is written down already has been dealt with.
        let launches = self.launches.filter { launch in
            written[TickWriting.Key(launch)] != nil
        }
        let results = try TickWriting.launch(launches, now: self.given, on: connection)
        self.countSkipped(written)
        self.note(launches, results)
        self.tell(written, launches, results)
        try self.save(on: connection)
        if !self.unreadable.isEmpty {
            try connection.execute(
                FiringQueries.postpone,
                [
                    "schedules": .uuidArray(self.unreadable.map(\.rawValue)),
                    "seconds": .double(ScheduleStore.invalidPause), "now": .timestamp(self.given),
                ])
        }
    }

    private struct Load {
        let running: Int
        let buffered: Int
    }

    /// Counted after the rows were locked: nobody fires these schedules meanwhile.
    private func loads(on connection: isolated PostgresConnection) throws -> [Schedule.ID: Load] {
        let asked = self.turns.filter { $0.schedule.spec.overlap != .allowAll }.map(\.schedule.id.rawValue)
        guard !asked.isEmpty else { return [:] }
        var loads: [Schedule.ID: Load] = [:]
        for row in try connection.execute(TickQueries.loads, ["schedules": .uuidArray(asked)]) {
            loads[Schedule.ID(rawValue: try row.uuid("schedule_id"))] = Load(
                running: try row.bool("is_running") ? 1 : 0, buffered: try row.int("buffered"))
        }
        return loads
    }

    private mutating func decide(
        _ index: Int, _ loads: [Schedule.ID: Load], on connection: isolated PostgresConnection
    ) throws {
        let schedule = self.turns[index].schedule
        let times: ScheduleTimes
        do {
            times = try self.calendars.times(
                of: schedule.spec, named: schedule.name, zones: self.zones, on: connection)
        } catch let error as ScheduleSpec.Invalid {
            return self.invalid(index, why: error.description)
        } catch let error as StoreError {
            return self.invalid(index, why: error.description)
        }
        var state = ScheduleState(schedule)
        let load = loads[schedule.id]
        let actions: [TickAction]
        if let happened {
            let action = state.happened(
                happened.tick, running: load?.running ?? 0, buffered: load?.buffered ?? 0, hours: times.hours)
            actions = action.map { [$0] } ?? []
        } else {
            actions = state.due(
                at: self.now, running: load?.running ?? 0, buffered: load?.buffered ?? 0, timetable: times.timetable,
                hours: times.hours)
        }
        self.turns[index].state = state
        self.turns[index].dueAt = state.dueAt
        if let dueAt = state.dueAt, dueAt <= self.now { self.report.isPartial = true }
        for action in actions { self.add(action, of: schedule) }
        if schedule.spec.overlap.endsOthers, (load?.running ?? 0) > 0, actions.contains(where: \.isFiring) {
            self.ending.append(schedule)
        }
    }

    private mutating func add(_ action: TickAction, of schedule: Schedule) {
        var tick = NewTick(action, of: schedule)
        tick.detail = self.happened?.detail
        switch action {
        case .fire(let due, _):
            let launch = ScheduleLaunch(schedule: schedule, tick: due.at, origin: tick.origin)
            tick.job = launch.job
            tick.startBy = launch.startBy
            tick.durationMax = launch.durationMax
            self.launches.append(launch)
        case .skip(let span, _): self.report.skipped += span.count
        case .buffer: self.report.buffered += 1
        }
        self.report.latenessMax = max(self.report.latenessMax, self.now.timeIntervalSince(tick.dueAt))
        self.ticks.append(tick)
    }

    /// Until somebody mends it: its tick is skipped, and the schedule looked at again a while later.
    private mutating func invalid(_ index: Int, why: String) {
        let schedule = self.turns[index].schedule
        self.turns[index].dueAt = self.now.addingTimeInterval(ScheduleStore.invalidPause)
        self.invalid(schedule.id, named: schedule.name, at: schedule.nextTick ?? self.now, why: why)
    }

    private mutating func invalid(_ schedule: Schedule.ID, named name: String, at: Date, why: String) {
        self.names[schedule] = name
        self.ticks.append(
            NewTick(TickSpan(Tick(at: at)), of: schedule, .timetable, .skipped, reason: .invalid, detail: why))
        self.report.refusals.append((name, why))
    }

    private mutating func endJobs(of schedule: Schedule, on connection: isolated PostgresConnection) throws {
        let rows = try connection.execute(
            TickQueries.running,
            ["schedule": .uuid(schedule.id.rawValue), "limit": .int(ScheduleStore.endedAtOnceMax)])
        let given = self.given
        for row in rows {
            let job = Job.ID(rawValue: try row.uuid("job_id"))
            do {
                let gone = try connection.savepoint { connection in
                    try JobStore.cancel(
                        job, by: Schedule.ownName, reason: "the next tick of schedule \(schedule.name) takes its place",
                        now: given, on: connection)
                }
                self.report.cancelled.append(job)
                if let session = gone.session { self.report.sessions.insert(session) }
            } catch StoreError.invalidTransition, StoreError.notFound {
                // It has ended just now, or is kept no longer.
                continue
            }
        }
    }

    /// Those that were written down just now, each time.
    private mutating func countSkipped(_ written: [TickWriting.Key: Int]) {
        for tick in self.ticks {
            guard let reason = tick.reason, let name = self.names[tick.schedule],
                let count = written[TickWriting.Key(tick)], count > 0
            else { continue }
            self.report.ticks.append(TickCount(schedule: name, result: reason.counted, count: count))
        }
    }

    /// Those that were written down just now, as they came out.
    private mutating func tell(
        _ written: [TickWriting.Key: Int], _ launches: [ScheduleLaunch], _ results: [ScheduleLaunch.Result]
    ) {
        let ends = Dictionary(
            zip(launches.map { TickWriting.Key($0) }, results), uniquingKeysWith: { first, _ in first })
        for tick in self.ticks {
            let key = TickWriting.Key(tick)
            guard let name = self.names[tick.schedule], let count = written[key], count > 0 else { continue }
            self.report.reports.append(TickReport(tick, named: name, count: count, ends[key], now: self.now))
        }
    }

    private mutating func countLaunch(_ launch: ScheduleLaunch, hasFired: Bool) {
        var delay: Double?
        if hasFired, launch.origin == .timetable {
            let due = launch.tick == launch.schedule.nextTick ? launch.schedule.dueAt ?? launch.tick : launch.tick
            delay = max(0, self.now.timeIntervalSince(due))
        }
        self.report.ticks.append(
            TickCount(
                schedule: launch.schedule.name, result: hasFired ? .fired : SkipReason.refused.counted, delay: delay))
    }

    private mutating func note(_ launches: [ScheduleLaunch], _ results: [ScheduleLaunch.Result]) {
        let places = Dictionary(
            self.turns.enumerated().map { ($0.element.schedule.id, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        for (launch, result) in zip(launches, results) {
            switch result {
            case .job(let job, isNew: _):
                self.report.fired += 1
                self.report.jobs.append(job)
                self.countLaunch(launch, hasFired: true)
                guard let place = places[launch.schedule.id] else { continue }
                self.turns[place].lastTick = launch.tick
                self.turns[place].lastJob = job
            case .refused(let why):
                self.report.skipped += 1
                self.report.refusals.append((launch.schedule.name, why))
                self.countLaunch(launch, hasFired: false)
            }
        }
    }

    private func save(on connection: isolated PostgresConnection) throws {
        guard !self.turns.isEmpty else { return }
        try connection.execute(
            FiringQueries.save,
            [
                "schedules": .uuidArray(self.turns.map(\.schedule.id.rawValue)),
                "next_at": .timestampArray(
                    self.turns.map { turn in
                        if let state = turn.state { state.nextTick } else { turn.schedule.nextTick }
                    }),
                "due_at": .timestampArray(self.turns.map(\.dueAt)),
                "remaining": .int4Array(
                    self.turns.map { turn in
                        let remaining: Int? =
                            if let state = turn.state { state.remainingRuns } else { turn.schedule.remainingRuns }
                        return remaining.map { Int32(clamping: $0) }
                    }),
                "paused": .boolArray(
                    self.turns.map { turn in
                        if let state = turn.state { state.pause != nil } else { turn.schedule.pause != nil }
                    }),
                "last_ticks": .timestampArray(self.turns.map(\.lastTick)),
                "last_jobs": .uuidArray(self.turns.map { $0.lastJob?.rawValue }),
            ])
    }
}

extension ScheduleStore {
    /// Jobs of one schedule that are ended at once for the next one.
    static let endedAtOnceMax = 1000
}

extension NewTick {
    /// What a state machine decided, as it is written down; the job of one that fires is added by whoever makes it.
    init(_ action: TickAction, of schedule: Schedule) {
        let origin: ScheduleTick.Origin = schedule.spec.timing.hasTimes ? .timetable : .event
        func dueAt(_ at: Date) -> Date { at == schedule.nextTick ? schedule.dueAt ?? at : at }
        switch action {
        case .fire(let tick, let isCatchUp):
            self.init(TickSpan(tick), of: schedule.id, origin, .fired, dueAt: dueAt(tick.at))
            self.isCatchUp = isCatchUp
        case .buffer(let tick):
            self.init(TickSpan(tick), of: schedule.id, origin, .buffered, dueAt: dueAt(tick.at))
        case .skip(let span, let reason):
            self.init(span, of: schedule.id, origin, .skipped, reason: reason, dueAt: dueAt(span.first))
        }
    }
}

extension TickAction {
    fileprivate var isFiring: Bool {
        switch self {
        case .fire: true
        case .skip, .buffer: false
        }
    }
}
