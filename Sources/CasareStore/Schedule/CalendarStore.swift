package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A calendar as it is kept.
package struct StoredCalendar: Hashable, Sendable {
    package let calendar: BusinessCalendar
    package let createdAt: Date
    /// The name of a token.
    package let createdBy: String
    package let updatedAt: Date
    package let updatedBy: String
}

/// Business calendars, which schedules name. Call within `Database.asTenant`.
///
/// A change counts for ticks that come due after it.
package enum CalendarStore {
    /// No tenant keeps more.
    package static let calendarsMax = 1000
    /// So many schedules are named to whoever may not delete their calendar.
    private static let usersShownMax = 5

    /// Under a new name, or instead of what was kept under it. Zones are not looked up.
    ///
    /// - Parameter reason: kept with what was done.
    /// - Throws: `StoreError.refused` where there are `calendarsMax` others.
    package static func save(
        _ calendar: BusinessCalendar, by person: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> StoredCalendar {
        // Two that save at once must not both be the last that there is room for.
        try connection.execute(CalendarQueries.lock)
        let count = try connection.execute(
            CalendarQueries.count, ["name": .text(calendar.name.storable), "limit": .int(self.calendarsMax)]
        ).only().int("others")
        guard count < self.calendarsMax else {
            throw StoreError.refused(
                "calendar \(calendar.name)",
                why: "is one too many: there are \(self.calendarsMax); delete one that no schedule names")
        }
        let row = try connection.execute(
            CalendarQueries.save,
            [
                "name": .text(calendar.name.storable), "spec": .text(calendar.json.jsonText(.compact).storable),
                "by": .text(person.storable), "now": .timestamp(now),
            ]
        ).only()
        try ControlLog.record(
            "calendar.save", of: calendar.name, by: person, reason: reason, now: now, on: connection)
        return try StoredCalendar(row: row)
    }

    /// `nil`: there is none of that name.
    ///
    /// - Throws: `StoreError.calendarUnreadable`, as do all that read one.
    package static func get(_ name: String, on connection: isolated PostgresConnection) throws -> BusinessCalendar? {
        let found = try connection.execute(CalendarQueries.get, ["name": .text(name.storable)]).first
        return try found.map { try StoredCalendar(row: $0).calendar }
    }

    /// With who made it, and who changed it last.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func stored(_ name: String, on connection: isolated PostgresConnection) throws -> StoredCalendar {
        guard let row = try connection.execute(CalendarQueries.get, ["name": .text(name.storable)]).first else {
            throw StoreError.notFound(.calendar, name)
        }
        return try StoredCalendar(row: row)
    }

    /// The same, and the calendar cannot be deleted before the commit: for whoever makes a schedule that names it.
    ///
    /// - Throws: `StoreError.notFound`.
    @discardableResult
    package static func keep(_ name: String, on connection: isolated PostgresConnection) throws -> StoredCalendar {
        guard let row = try connection.execute(CalendarQueries.keep, ["name": .text(name.storable)]).first else {
            throw StoreError.notFound(.calendar, name)
        }
        return try StoredCalendar(row: row)
    }

    /// Those of the names that there are and that can be read.
    package static func named(
        _ names: [String], on connection: isolated PostgresConnection
    ) throws -> [String: BusinessCalendar] {
        guard !names.isEmpty else { return [:] }
        let rows = try connection.execute(CalendarQueries.named, ["names": .textArray(names.map(\.storable))])
        return Dictionary(
            try rows.compactMap { row -> (String, BusinessCalendar)? in
                guard let stored = try Listed(row: row).stored else { return nil }
                return (stored.calendar.name, stored.calendar)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// A calendar of a list.
    package struct Listed: Hashable, Sendable {
        package let name: String
        /// `nil`: what is stored of it cannot be read, and schedules that name it fire nothing.
        package let stored: StoredCalendar?
    }

    /// By name, behind the cursor's. One that cannot be read keeps nobody from seeing the others.
    package static func list(
        after name: String = "", limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Listed] {
        try connection.execute(CalendarQueries.list, ["after": .text(name.storable), "limit": .int(limit)])
            .map(Listed.init(row:))
    }

    /// - Returns: what was kept.
    /// - Throws: `StoreError.notFound`; `StoreError.refused` while a schedule names it.
    package static func delete(
        _ name: String, by person: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> StoredCalendar {
        // Whoever makes a schedule that names it has committed, or finds it gone.
        guard let row = try connection.execute(CalendarQueries.hold, ["name": .text(name.storable)]).first else {
            throw StoreError.notFound(.calendar, name)
        }
        let users = try connection.execute(
            CalendarQueries.users, ["name": .text(name.storable), "limit": .int(self.usersShownMax + 1)]
        ).map { try $0.string("name") }
        guard users.isEmpty else {
            let shown = users.prefix(self.usersShownMax).joined(separator: ", ")
            let more = users.count > self.usersShownMax ? " and others" : ""
            throw StoreError.refused(
                "calendar \(name)",
                why: "is needed: schedules name it (\(shown)\(more)); give those another calendar, or none, first")
        }
        try connection.execute(CalendarQueries.delete, ["name": .text(name.storable)])
        try ControlLog.record("calendar.delete", of: name, by: person, reason: reason, now: now, on: connection)
        return try StoredCalendar(row: row)
    }
}

extension StoredCalendar {
    fileprivate init(row: Row) throws {
        let name = try row.string("name")
        let text = try row.string("spec")
        guard let spec = try? Value(parsingJSON: text) else {  // Which error it is helps nobody here.
            throw StoreError.calendarUnreadable(name, why: "it is no JSON")
        }
        let calendar: BusinessCalendar
        do throws(CalendarError) {
            calendar = try BusinessCalendar(json: spec, name: name)
        } catch {
            throw StoreError.calendarUnreadable(name, why: error.description)
        }
        self.init(
            calendar: calendar, createdAt: try row.date("created_at"), createdBy: try row.string("created_by"),
            updatedAt: try row.date("updated_at"), updatedBy: try row.string("updated_by"))
    }
}

extension CalendarStore.Listed {
    fileprivate init(row: Row) throws {
        var stored: StoredCalendar?
        do {
            stored = try StoredCalendar(row: row)
        } catch StoreError.calendarUnreadable {
            // Whoever asks for it by its name is told why.
        }
        self.init(name: try row.string("name"), stored: stored)
    }
}
