import CasareDomain
import CasarePostgres
import FoundationEssentials

/// A schedule that is locked, and what is done with its ticks up to now before it changes.
extension ScheduleStore {
    /// How often the ticks of a long pause are taken up at once, `ScheduleState.stepsMax` each; the loop does the rest.
    private static let passesMax = 20

    /// A schedule that is locked until the commit.
    struct Held {
        let schedule: Schedule
        let now: Date
    }

    /// Its row, locked until the commit: also of one whose spec cannot be read.
    static func holdRow(
        _ id: Schedule.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Row {
        let rows = try connection.execute(
            ScheduleQueries.hold, ["schedule": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = rows.first else { throw StoreError.notFound(.schedule, id.description) }
        return row
    }

    static func hold(
        _ id: Schedule.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Held {
        let row = try self.holdRow(id, now: now, on: connection)
        return Held(schedule: try Schedule(row: row), now: try row.date("now"))
    }

    /// The same, after the ticks whose moment has come.
    static func holdFired(
        _ id: Schedule.ID, zones: ZoneCatalogue, now: Date?, on connection: isolated PostgresConnection
    ) throws -> (held: Held, fired: Fired) {
        let held = try self.hold(id, now: now, on: connection)
        guard let dueAt = held.schedule.dueAt, dueAt <= held.now else { return (held, Fired()) }
        let fired = try self.fire([id], zones: zones, now: now, on: connection)
        return (try self.hold(id, now: now, on: connection), fired)
    }

    /// `nil`: the schedule cannot be understood any more, and nobody knows its ticks.
    static func knownTimes(
        of schedule: Schedule, zones: ZoneCatalogue, on connection: isolated PostgresConnection
    ) throws -> ScheduleTimes? {
        do {
            return try ScheduleTimes(schedule.spec, named: schedule.name, zones: zones, on: connection)
        } catch is ScheduleSpec.Invalid {
            return nil
        } catch StoreError.notFound {
            return nil
        } catch StoreError.calendarUnreadable {
            // Another one is what mends it.
            return nil
        }
    }

    /// Ticks up to now that are not due yet are written down as skipped: those of other times take their place.
    static func leave(
        _ state: inout ScheduleState, _ schedule: Schedule, _ times: ScheduleTimes, _ time: Date, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> TickTally {
        var tally = TickTally()
        for _ in 1...self.passesMax {
            let ticks = state.leave(at: time, timetable: times.timetable).map { action in
                var tick = NewTick(action, of: schedule)
                tick.detail = "the schedule was given other times before it was due"
                return tick
            }
            tally.add(try TickWriting.pass(ticks, named: schedule.name, now: now, on: connection))
            guard state.isPartial else { break }
        }
        return tally
    }

    /// Ticks of a pause up to now are written down as skipped.
    static func pass(
        _ state: inout ScheduleState, _ schedule: Schedule, _ times: ScheduleTimes, _ time: Date, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> TickTally {
        var tally = TickTally()
        for _ in 1...self.passesMax {
            let actions = state.due(
                at: time, running: 0, buffered: 0, timetable: times.timetable, hours: times.hours)
            tally.add(
                try TickWriting.pass(
                    actions.map { NewTick($0, of: schedule) }, named: schedule.name, now: now, on: connection))
            guard state.isPartial else { break }
        }
        return tally
    }
}
