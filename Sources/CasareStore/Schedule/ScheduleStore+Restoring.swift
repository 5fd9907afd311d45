import CasareDomain
import CasarePostgres
import FoundationEssentials

extension ScheduleStore {
    /// Writes the ticks of a schedule up to now down as skipped: they lie in the time that a restore from a backup has
    /// lost, and may have fired then. It goes on with the first tick after now. Call where the tenant is the
    /// schedule's.
    ///
    /// - Returns: `false` for one that is paused or cannot be understood, which fires nothing anyway.
    static func passRestored(
        _ id: Schedule.ID, zones: ZoneCatalogue, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Bool {
        let row = try self.holdRow(id, now: now, on: connection)
        guard let schedule = try Schedule(readable: row), schedule.pause == nil,
            let times = try self.knownTimes(of: schedule, zones: zones, on: connection)
        else { return false }
        let time = try row.date("now")
        var state = ScheduleState(schedule)
        // As if it had been paused since then: what a pause passes over is never made up for.
        state.pause(Schedule.Pause(at: time, by: RestoreStore.name, reason: nil))
        var actions = state.resume(at: time, timetable: times.timetable, hours: times.hours)
        while true {
            let ticks = actions.map { action in
                var tick = NewTick(action, of: schedule)
                tick.result = .skipped
                tick.reason = .restored
                tick.detail = "the database was restored from a backup: it may have fired in the time that was lost"
                return tick
            }
            _ = try TickWriting.write(ticks, now: now, on: connection)
            guard state.isPartial else { break }
            actions = state.due(
                at: time, running: 0, buffered: 0, timetable: times.timetable, hours: times.hours)
        }
        try connection.execute(
            ScheduleQueries.resume,
            [
                "schedule": .uuid(id.rawValue), "next_at": .timestamp(state.nextTick),
                "due_at": .timestamp(state.dueAt), "failures": .int(schedule.failuresInARow),
            ])
        return true
    }
}
