package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// The schedules that ought to have fired and did not.
package struct LateSchedules: Hashable, Sendable {
    /// One of them, and when it was to fire.
    package struct Late: Hashable, Sendable {
        package let name: String
        package let dueAt: Date
    }

    package let count: BoundedCount
    /// Those that are late longest, the latest first.
    package let first: [Late]
}

extension ScheduleStore {
    /// So much later than it is due a schedule is late: a loop looks every fraction of a second.
    package static let lateSeconds = 5.0
    /// So many are named.
    package static let lateNamedMax = 5
    /// They are counted up to this.
    static let lateCountMax = 500

    /// Call within `Database.asTenant`.
    package static func late(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> LateSchedules {
        let rows = try connection.execute(
            ScheduleQueries.late,
            [
                "seconds": .double(self.lateSeconds), "limit": .int(self.lateCountMax + 1), "now": .timestamp(now),
            ])
        return LateSchedules(
            count: BoundedCount(min(rows.count, self.lateCountMax), isExact: rows.count <= self.lateCountMax),
            first: try rows.prefix(self.lateNamedMax).map {
                LateSchedules.Late(name: try $0.string("name"), dueAt: try $0.date("due_at"))
            })
    }
}
