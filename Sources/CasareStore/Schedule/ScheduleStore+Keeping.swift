import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension ScheduleStore {
    /// Ticks are kept for so many days, and the last ones of each schedule for longer. What is kept of their jobs is
    /// many times as much, and goes by its own rule.
    package static let keptDays = 90
    package static let keptTicks = 1000
    /// Schedules that are looked at in one statement, and rows that go in one.
    private static let keptPageSize = 500
    private static let removedMax = 1000
    /// Windows that go in one statement: each may have `MaintenanceWindow.schedulesMax` items.
    private static let windowsRemovedMax = 10

    /// How far the loop that removes old ticks has got.
    package struct KeepingPlace: Hashable, Sendable {
        let tenant: Int32
        let schedule: UUID

        /// Before all schedules.
        package static let start = KeepingPlace(
            tenant: 0, schedule: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    }

    /// What one round of keeping did.
    package struct Kept: Hashable, Sendable {
        /// Rows that went.
        package internal(set) var gone = 0
        /// Where the next round goes on; `nil`: all schedules were looked at.
        package internal(set) var next: KeepingPlace?

        package init() {}
    }

    /// Removes ticks, backfills and windows that are no longer kept, of a page of schedules. Run it every hour, and again
    /// at once for as long as `next` says where.
    ///
    /// Call within `Database.asSystem`, not in a transaction. It may run in many processes at once.
    ///
    /// - Parameters:
    ///   - place: where the round before ended.
    ///   - ticks: of each schedule, however old.
    package static func keep(
        after place: KeepingPlace = .start, days: Int = ScheduleStore.keptDays,
        ticks: Int = ScheduleStore.keptTicks, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Kept {
        var kept = Kept()
        if place == .start { kept.gone += try self.keepRest(days: days, now: now, on: connection) }
        let page = try connection.execute(
            ScheduleKeepingQueries.page,
            [
                "tenant": .int4(place.tenant), "schedule": .uuid(place.schedule), "limit": .int(self.keptPageSize),
            ])
        let places = try page.map { row in
            KeepingPlace(tenant: try row.decode("tenant_id"), schedule: try row.uuid("schedule_id"))
        }
        guard let last = places.last else { return kept }
        let tenants = PostgresValue.int4Array(places.map(\.tenant))
        let schedules = PostgresValue.uuidArray(places.map(\.schedule))
        let old = try connection.execute(
            ScheduleKeepingQueries.deleteTicks,
            [
                "tenants": tenants, "schedules": schedules, "days": .int(days), "kept": .int(ticks),
                "limit": .int(self.removedMax), "now": .timestamp(now),
            ]
        ).affectedRows
        let orphans = try connection.execute(
            ScheduleKeepingQueries.deleteOrphans,
            [
                "tenants": tenants, "schedules": schedules, "days": .int(days), "limit": .int(self.removedMax),
                "now": .timestamp(now),
            ]
        ).affectedRows
        kept.gone += old + orphans
        let isPartial = old >= self.removedMax || orphans >= self.removedMax
        if isPartial {
            kept.next = place
        } else if places.count >= self.keptPageSize {
            kept.next = last
        }
        return kept
    }

    private static func keepRest(
        days: Int, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Int {
        var gone = 0
        for row in try connection.execute(ScheduleKeepingQueries.tenants) {
            let tenant = PostgresValue.int4(try row.decode("tenant_id", as: Int32.self))
            gone += try connection.execute(
                ScheduleKeepingQueries.deleteBackfills,
                ["tenant": tenant, "days": .int(days), "limit": .int(self.removedMax), "now": .timestamp(now)]
            ).affectedRows
            gone += try connection.execute(
                ScheduleKeepingQueries.deleteWindows,
                ["tenant": tenant, "days": .int(days), "limit": .int(self.windowsRemovedMax), "now": .timestamp(now)]
            ).affectedRows
        }
        return gone
    }
}
