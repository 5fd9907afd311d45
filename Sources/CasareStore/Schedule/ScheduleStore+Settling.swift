package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension ScheduleStore {
    /// Ticks whose jobs are looked at in one round.
    private static let lookedAtOnceMax = 5000
    /// Schedules whose waiting ticks are looked at in one round.
    private static let unblockedMax = 500
    /// Ticks of one schedule that are settled at once.
    static let settledAtOnceMax = 1000

    /// What a look at the jobs of schedules found.
    package struct SettlingRound: Hashable, Sendable {
        /// Schedules of which there is news.
        package internal(set) var due: [Due] = []
        /// Where the next round goes on; `nil`: from the beginning, all were looked at.
        package internal(set) var next: Job.ID?

        package init() {}
    }

    /// Finds schedules whose jobs have ended, begun or taken too long since they were looked at last, and those with
    /// ticks that wait for nothing any more. Call within `Database.asSystem`.
    ///
    /// - Parameter place: where the round before ended.
    package static func settlingDue(
        after place: Job.ID? = nil, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> SettlingRound {
        var round = SettlingRound()
        var seen: Set<TenantSchedule> = []
        func add(_ tenant: Int32, _ schedule: UUID) {
            let found = TenantSchedule(tenant: Tenant.ID(rawValue: tenant), schedule: Schedule.ID(rawValue: schedule))
            guard seen.insert(found).inserted else { return }
            if let place = round.due.firstIndex(where: { $0.tenant == found.tenant }) {
                round.due[place].schedules.append(found.schedule)
            } else {
                round.due.append(Due(tenant: found.tenant, schedules: [found.schedule]))
            }
        }
        for row in try connection.execute(SettlingQueries.unblocked, ["limit": .int(self.unblockedMax)]) {
            add(try row.decode("tenant_id"), try row.uuid("schedule_id"))
        }
        let page = try connection.execute(
            SettlingQueries.page,
            [
                "after": .uuid((place ?? .first).rawValue), "limit": .int(self.lookedAtOnceMax), "now": .timestamp(now),
            ]
        ).only()
        let tenants = try page.decode("tenants", as: [Int32].self)
        for (tenant, schedule) in zip(tenants, try page.uuids("schedules")) { add(tenant, schedule) }
        let isFull = try page.int("looked") >= self.lookedAtOnceMax
        round.next = isFull ? try page.optionalUUID("last").map(Job.ID.init(rawValue:)) : nil
        return round
    }

    private struct TenantSchedule: Hashable {
        let tenant: Tenant.ID
        let schedule: Schedule.ID
    }

    /// What settling came to.
    package struct Settled: Hashable, Sendable {
        package internal(set) var ended = 0
        /// Jobs that did not keep to what their schedules promise, each once for each promise.
        package internal(set) var breaches = 0
        /// The same, one by one.
        package internal(set) var broken: [BrokenPromise] = []
        /// Names of schedules that have paused themselves.
        package internal(set) var paused: [String] = []
        /// Jobs of ticks that had waited.
        package internal(set) var begun: [Job.ID] = []
        /// What became of those ticks.
        package internal(set) var ticks: [TickCount] = []
        /// The same one by one.
        package internal(set) var reports: [TickReport] = []

        package init() {}
    }

    /// Writes down how the jobs of these schedules ended and what they did not keep to, pauses schedules whose jobs keep
    /// failing, and begins with ticks that waited. Waits for whoever fires these schedules just now. Ring the ready bell
    /// after the commit.
    package static func settle(
        _ schedules: [Schedule.ID], now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Settled {
        let rows = try connection.execute(
            ScheduleQueries.holdAll, ["schedules": .uuidArray(schedules.map(\.rawValue)), "now": .timestamp(now)])
        var settling = ScheduleSettling(given: now)
        for row in rows { try settling.take(row) }
        try settling.run(schedules, on: connection)
        return settling.report
    }
}
