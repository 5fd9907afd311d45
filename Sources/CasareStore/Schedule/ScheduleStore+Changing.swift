package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension ScheduleStore {
    /// How often the ticks of a long pause are taken up at once, `ScheduleState.stepsMax` each; the loop does the rest.
    private static let passesMax = 20

    /// A schedule that is locked until the commit.
    private struct Held {
        let schedule: Schedule
        let now: Date
    }

    /// Its row, locked until the commit: also of one whose spec cannot be read.
    private static func holdRow(
        _ id: Schedule.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Row {
        let rows = try connection.execute(
            ScheduleQueries.hold, ["schedule": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = rows.first else { throw StoreError.notFound(.schedule, id.description) }
        return row
    }

    private static func hold(
        _ id: Schedule.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Held {
        let row = try self.holdRow(id, now: now, on: connection)
        return Held(schedule: try Schedule(row: row), now: try row.date("now"))
    }

    /// The same, after the ticks whose moment has come.
    private static func holdFired(
        _ id: Schedule.ID, zones: ZoneCatalogue, now: Date?, on connection: isolated PostgresConnection
    ) throws -> (held: Held, fired: Fired) {
        let held = try self.hold(id, now: now, on: connection)
        guard let dueAt = held.schedule.dueAt, dueAt <= held.now else { return (held, Fired()) }
        let fired = try self.fire([id], zones: zones, now: now, on: connection)
        return (try self.hold(id, now: now, on: connection), fired)
    }

    /// What a change came to.
    package struct Changed: Sendable {
        package let schedule: Schedule
        /// Its spec is another one now.
        package let isChanged: Bool
        /// Ticks that were due already, and were fired by the form before.
        package let fired: Fired
    }

    /// Changes the spec of a schedule. Ticks that are due already are dealt with by the form before; where the times are
    /// others, the next tick is the first one after now.
    ///
    /// - Parameters:
    ///   - revision: that the change was made for; `nil`: any.
    ///   - managedBy: `nil`: as it is.
    ///   - change: what the new spec is.
    /// - Throws: `StoreError.notFound`, `.revisionChanged`; `ScheduleSpec.Invalid`; what `change` throws.
    package static func update(
        _ id: Schedule.ID, revision: Int? = nil, managedBy: String? = nil, by person: String, reason: String?,
        zones: ZoneCatalogue, now: Date? = nil, on connection: isolated PostgresConnection,
        _ change: (ScheduleSpec) throws -> ScheduleSpec
    ) throws -> Changed {
        let (held, fired) = try self.holdFired(id, zones: zones, now: now, on: connection)
        let old = held.schedule
        if let revision, revision != old.revision {
            throw StoreError.revisionChanged("schedule \(old.name)", expected: revision, found: old.revision)
        }
        let spec = try change(old.spec)
        try spec.check()
        let isChanged = spec != old.spec
        guard isChanged || managedBy != nil && managedBy != old.managedBy else {
            return Changed(schedule: old, isChanged: false, fired: fired)
        }
        if isChanged { try self.checkNames(of: spec, on: connection) }
        var state = ScheduleState(old)
        if isChanged {
            if let tick = old.nextTick, tick <= held.now,
                let before = try self.knownTimes(of: old, zones: zones, on: connection)
            {
                if old.pause != nil {
                    try self.pass(&state, old, before, held.now, now, on: connection)
                } else if !spec.hasTicks(of: old.spec) {
                    try self.leave(&state, old, before, held.now, now, on: connection)
                }
            }
            let times = try ScheduleTimes(spec, named: old.name, zones: zones, on: connection)
            state.change(to: spec, at: held.now, timetable: times.timetable, hours: times.hours)
        }
        let stored = try StoredSpec(spec)
        let row = try connection.execute(
            ScheduleQueries.change,
            [
                "schedule": .uuid(id.rawValue), "kind": .text(spec.timing.kind.rawValue),
                "workflow": .text(spec.workflow.storable), "calendar": .text(spec.calendar?.storable),
                "spec": .text(stored.spec), "variables": .text(stored.variables),
                "revision": .int(old.revision + (isChanged ? 1 : 0)), "next_at": .timestamp(state.nextTick),
                "due_at": .timestamp(state.dueAt), "remaining": .int(state.remainingRuns),
                "managed_by": .text((managedBy ?? old.managedBy)?.storable), "is_changed": .bool(isChanged),
                "by": .text(person.storable), "now": .timestamp(now),
            ]
        ).only()
        var detail: Object = ["revision": .int(old.revision + (isChanged ? 1 : 0))]
        if let managedBy { detail["managed_by"] = .string(managedBy) }
        try ControlLog.record(
            "schedule.update", of: old.name, by: person, reason: reason, detail: detail, now: now, on: connection)
        return Changed(schedule: try Schedule(row: row), isChanged: isChanged, fired: fired)
    }

    /// `nil`: the schedule cannot be understood any more, and nobody knows its ticks.
    private static func knownTimes(
        of schedule: Schedule, zones: ZoneCatalogue, on connection: isolated PostgresConnection
    ) throws -> ScheduleTimes? {
        do {
            return try ScheduleTimes(schedule.spec, named: schedule.name, zones: zones, on: connection)
        } catch is ScheduleSpec.Invalid {
            return nil
        } catch StoreError.notFound {
            return nil
        }
    }

    /// Ticks up to now that are not due yet are written down as skipped: those of other times take their place.
    private static func leave(
        _ state: inout ScheduleState, _ schedule: Schedule, _ times: ScheduleTimes, _ time: Date, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        for _ in 1...self.passesMax {
            let ticks = state.leave(at: time, timetable: times.timetable).map { action in
                var tick = NewTick(action, of: schedule)
                tick.detail = "the schedule was given other times before it was due"
                return tick
            }
            _ = try TickWriting.write(ticks, now: now, on: connection)
            guard state.isPartial else { return }
        }
    }

    /// Ticks of a pause up to now are written down as skipped.
    private static func pass(
        _ state: inout ScheduleState, _ schedule: Schedule, _ times: ScheduleTimes, _ time: Date, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        for _ in 1...self.passesMax {
            let actions = state.due(
                at: time, running: 0, buffered: 0, timetable: times.timetable, hours: times.hours)
            _ = try TickWriting.write(actions.map { NewTick($0, of: schedule) }, now: now, on: connection)
            guard state.isPartial else { return }
        }
    }

    // MARK: - Pausing

    /// What pausing or resuming came to.
    package struct Steered: Hashable, Sendable {
        package let name: String
        /// `nil`: it is paused, and what is stored of it cannot be read.
        package let schedule: Schedule?
        package let wasPaused: Bool
    }

    /// Keeps a schedule from firing by itself: jobs that are under way go on, and nothing new begins until somebody
    /// resumes it or the pause ends. Doing it again changes reason and end. One whose spec cannot be read is paused like
    /// any other.
    ///
    /// - Parameters:
    ///   - until: when it ends by itself, by the clock of the database.
    ///   - seconds: after how long it ends by itself, instead of `until`.
    /// - Throws: `StoreError.notFound`; `.pauseEnd` for an end that is past, or more than a year away.
    @discardableResult
    package static func pause(
        _ id: Schedule.ID, by person: String, reason: String?, until: Date? = nil, lasting seconds: Double? = nil,
        zones: ZoneCatalogue, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Steered {
        var held = try self.holdRow(id, now: now, on: connection)
        let time = try held.date("now")
        if let dueAt = try held.optionalDate("due_at"), dueAt <= time {
            _ = try self.fire([id], zones: zones, now: now, on: connection)
            held = try self.holdRow(id, now: now, on: connection)
        }
        let wasPaused = try !held.isNull("paused_at")
        let end = try self.pauseEnd(until, seconds, at: time)
        let paused = try self.pause(
            id, Schedule.Pause(at: time, by: person, reason: reason, until: end), now: now, on: connection)
        let name = try paused.string("name")
        var detail: Object = [:]
        if let end { detail["until"] = .string(end.formatted(.iso8601)) }
        try ControlLog.record(
            "schedule.pause", of: name, by: person, reason: reason, detail: detail, now: now, on: connection)
        return Steered(name: name, schedule: try Schedule(readable: paused), wasPaused: wasPaused)
    }

    /// - Throws: `StoreError.pauseEnd`.
    static func pauseEnd(_ until: Date?, _ seconds: Double?, at now: Date) throws(StoreError) -> Date? {
        guard let end = until ?? seconds.map({ now.addingTimeInterval($0) }) else { return nil }
        let length = end.timeIntervalSince(now)
        guard length > 0 else { throw .pauseEnd(end, isPast: true) }
        guard length <= QueuePause.secondsMax else { throw .pauseEnd(end, isPast: false) }
        return end
    }

    static func pause(
        _ schedule: Schedule, _ pause: Schedule.Pause, within window: MaintenanceWindow.ID? = nil, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Schedule {
        try Schedule(row: try self.pause(schedule.id, pause, within: window, now: now, on: connection))
    }

    /// - Parameter window: that it is a part of.
    /// - Returns: its row as it is then.
    static func pause(
        _ id: Schedule.ID, _ pause: Schedule.Pause, within window: MaintenanceWindow.ID? = nil, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Row {
        try connection.execute(
            ScheduleQueries.pause,
            [
                "schedule": .uuid(id.rawValue), "by": .text(pause.by.storable),
                "reason": .text(pause.reason?.storable), "until": .timestamp(pause.until),
                "is_by_itself": .bool(pause.isByItself), "window": .uuid(window?.rawValue), "now": .timestamp(now),
            ]
        ).only()
    }

    /// Ends a pause: the next tick is the first one after now, and failures are counted from 0 again. What is not paused
    /// stays as it is.
    ///
    /// - Throws: `StoreError.notFound`; `ScheduleSpec.Invalid` for a schedule that cannot be understood any more.
    @discardableResult
    package static func resume(
        _ id: Schedule.ID, by person: String, reason: String?, zones: ZoneCatalogue, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Steered {
        let held = try self.hold(id, now: now, on: connection)
        guard held.schedule.pause != nil else {
            return Steered(name: held.schedule.name, schedule: held.schedule, wasPaused: false)
        }
        let resumed = try self.resume(held.schedule, at: held.now, zones: zones, now: now, on: connection)
        try ControlLog.record(
            "schedule.resume", of: resumed.name, by: person, reason: reason, now: now, on: connection)
        return Steered(name: resumed.name, schedule: resumed, wasPaused: true)
    }

    /// Of a schedule that is locked.
    ///
    /// - Parameter failures: in a row, that it goes on with: none when a person resumes it.
    static func resume(
        _ schedule: Schedule, at time: Date, failures: Int = 0, zones: ZoneCatalogue, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Schedule {
        let times = try ScheduleTimes(schedule.spec, named: schedule.name, zones: zones, on: connection)
        var state = ScheduleState(schedule)
        let actions = state.resume(at: time, timetable: times.timetable, hours: times.hours)
        _ = try TickWriting.write(actions.map { NewTick($0, of: schedule) }, now: now, on: connection)
        if state.isPartial { try self.pass(&state, schedule, times, time, now, on: connection) }
        // With more ticks than that in the pause, it ends with the loop's look that has dealt with the last of them.
        if state.pause != nil {
            return try self.pause(
                schedule,
                Schedule.Pause(
                    at: time, by: schedule.pause?.by ?? Schedule.ownName, reason: schedule.pause?.reason, until: time),
                now: now, on: connection)
        }
        let row = try connection.execute(
            ScheduleQueries.resume,
            [
                "schedule": .uuid(schedule.id.rawValue), "next_at": .timestamp(state.nextTick),
                "due_at": .timestamp(state.dueAt), "failures": .int(failures),
            ]
        ).only()
        return try Schedule(row: row)
    }

    // MARK: - Deleting, and firing by hand

    /// Takes a schedule away, also one whose spec cannot be read. Jobs that it has made go on, and its history stays for
    /// as long as ticks are kept.
    ///
    /// - Returns: what it was; `nil` where it could not be read.
    /// - Throws: `StoreError.notFound`.
    @discardableResult
    package static func delete(
        _ id: Schedule.ID, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Schedule? {
        let held = try self.holdRow(id, now: now, on: connection)
        try connection.execute(
            ScheduleQueries.delete,
            ["schedule": .uuid(id.rawValue), "by": .text(person.storable), "now": .timestamp(now)])
        try ReactionStore.forget(id, on: connection)
        try ControlLog.record(
            "schedule.delete", of: try held.string("name"), by: person, reason: reason,
            detail: ["id": .string(id.description)], now: now, on: connection)
        return try Schedule(readable: held)
    }

    /// Makes a job of a schedule now, because somebody says so: whether it is paused, closed or has a job under way. Its
    /// times and its remaining runs stay as they are. Ring the ready bell after the commit.
    ///
    /// - Parameter variables: of this job alone, instead of the schedule's of the same names.
    /// - Throws: `StoreError.notFound`, and `.refused` where there can be no such job.
    package static func trigger(
        _ id: Schedule.ID, variables: Object = [:], by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (schedule: Schedule, job: Job.ID) {
        let schedule = try self.hold(id, now: now, on: connection).schedule
        let moment = try TickWriting.freeMoment(of: id, now: now, on: connection)
        var launch = ScheduleLaunch(schedule: schedule, tick: moment, origin: .manual)
        launch.variables = variables
        var tick = NewTick(TickSpan(Tick(at: moment)), of: id, .manual, .fired, detail: reason)
        tick.by = person
        tick.job = launch.job
        tick.startBy = launch.startBy
        tick.durationMax = launch.durationMax
        _ = try TickWriting.write([tick], now: now, on: connection)
        switch try TickWriting.launch([launch], now: now, on: connection)[0] {
        case .refused(let why):
            throw StoreError.refused("schedule \(schedule.name)", why: "cannot be fired: \(why)")
        case .job(let job, isNew: _):
            try connection.execute(
                FiringQueries.lastFired,
                [
                    "schedules": .uuidArray([id.rawValue]), "ticks": .timestampArray([moment]),
                    "jobs": .uuidArray([job.rawValue]),
                ])
            try ControlLog.record(
                "schedule.trigger", of: schedule.name, by: person, reason: reason,
                detail: ["job": .string(job.description)], now: now, on: connection)
            guard let after = try self.get(id, on: connection) else {
                throw StoreError.notFound(.schedule, id.description)
            }
            return (after, job)
        }
    }
}
