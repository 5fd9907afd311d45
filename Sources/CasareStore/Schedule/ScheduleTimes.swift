import CasareDomain
import CasarePostgres

/// When a schedule fires, and when it may: what its spec says together with what its names stand for.
struct ScheduleTimes: Sendable {
    let timetable: Timetable
    /// `nil`: at any time.
    let hours: ScheduleHours?

    /// - Throws: `ScheduleSpec.Invalid` for what cannot be understood; `StoreError.notFound` for a calendar that there is
    ///   not.
    init(
        _ spec: ScheduleSpec, named name: String, zones: ZoneCatalogue, on connection: isolated PostgresConnection
    ) throws {
        var calendars = ScheduleCalendars()
        self = try calendars.times(of: spec, named: name, zones: zones, on: connection)
    }

    init(timetable: Timetable, hours: ScheduleHours?) {
        self.timetable = timetable
        self.hours = hours
    }
}

/// Calendars that a batch of schedules names, each looked up once.
struct ScheduleCalendars {
    private var known: [String: BusinessCalendar?] = [:]

    /// - Throws: as `ScheduleTimes.init`.
    mutating func times(
        of spec: ScheduleSpec, named name: String, zones: ZoneCatalogue, on connection: isolated PostgresConnection
    ) throws -> ScheduleTimes {
        ScheduleTimes(
            timetable: try spec.timetable(zones: zones, name: name),
            hours: ScheduleHours(spec, calendar: try self.calendar(spec.calendar, on: connection), zones: zones))
    }

    private mutating func calendar(
        _ name: String?, on connection: isolated PostgresConnection
    ) throws -> BusinessCalendar? {
        guard let name else { return nil }
        if let lookedUp = self.known[name] {
            guard let found = lookedUp else { throw StoreError.notFound(.calendar, name) }
            return found
        }
        let calendar = try CalendarStore.get(name, on: connection)
        self.known[name] = .some(calendar)
        guard let found = calendar else { throw StoreError.notFound(.calendar, name) }
        return found
    }
}
