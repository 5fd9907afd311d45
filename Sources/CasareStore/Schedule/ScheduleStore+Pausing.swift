package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension ScheduleStore {
    /// What pausing or resuming came to.
    package struct Steered: Hashable, Sendable {
        package let name: String
        /// `nil`: it is paused, and what is stored of it cannot be read.
        package let schedule: Schedule?
        package let wasPaused: Bool
        /// Ticks that were dealt with before.
        package let tally: TickTally
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
        var tally = TickTally()
        let time = try held.date("now")
        if let dueAt = try held.optionalDate("due_at"), dueAt <= time {
            tally.add(TickTally(try self.fire([id], zones: zones, now: now, on: connection)))
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
        return Steered(name: name, schedule: try Schedule(readable: paused), wasPaused: wasPaused, tally: tally)
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
            return Steered(name: held.schedule.name, schedule: held.schedule, wasPaused: false, tally: TickTally())
        }
        let (resumed, tally) = try self.resume(held.schedule, at: held.now, zones: zones, now: now, on: connection)
        try ControlLog.record(
            "schedule.resume", of: resumed.name, by: person, reason: reason, now: now, on: connection)
        return Steered(name: resumed.name, schedule: resumed, wasPaused: true, tally: tally)
    }

    /// Of a schedule that is locked.
    ///
    /// - Parameter failures: in a row, that it goes on with: none when a person resumes it.
    static func resume(
        _ schedule: Schedule, at time: Date, failures: Int = 0, zones: ZoneCatalogue, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> (schedule: Schedule, tally: TickTally) {
        let times = try ScheduleTimes(schedule.spec, named: schedule.name, zones: zones, on: connection)
        var state = ScheduleState(schedule)
        let actions = state.resume(at: time, timetable: times.timetable, hours: times.hours)
        var tally = try TickWriting.pass(
            actions.map { NewTick($0, of: schedule) }, named: schedule.name, now: now, on: connection)
        if state.isPartial { tally.add(try self.pass(&state, schedule, times, time, now, on: connection)) }
        // With more ticks than that in the pause, it ends with the loop's look that has dealt with the last of them.
        if state.pause != nil {
            let paused = try self.pause(
                schedule,
                Schedule.Pause(
                    at: time, by: schedule.pause?.by ?? Schedule.ownName, reason: schedule.pause?.reason, until: time),
                now: now, on: connection)
            return (paused, tally)
        }
        let row = try connection.execute(
            ScheduleQueries.resume,
            [
                "schedule": .uuid(schedule.id.rawValue), "next_at": .timestamp(state.nextTick),
                "due_at": .timestamp(state.dueAt), "failures": .int(failures),
            ]
        ).only()
        return (try Schedule(row: row), tally)
    }
}
