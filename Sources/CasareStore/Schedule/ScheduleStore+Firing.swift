package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension ScheduleStore {
    /// Schedules that are looked at in one round, and fired in one transaction for each tenant.
    package static let firedAtOnceMax = 500
    /// One that fails is looked at again after so many seconds.
    static let failurePause = 5.0
    /// One that cannot be understood is looked at again after so many seconds: somebody may install the zone.
    static let invalidPause = 60.0

    /// Schedules of one tenant whose moment has come.
    package struct Due: Hashable, Sendable {
        package let tenant: Tenant.ID
        package var schedules: [Schedule.ID]
    }

    /// What a look at the clock found.
    package struct DueRound: Hashable, Sendable {
        package internal(set) var due: [Due] = []
        /// There may be more.
        package internal(set) var isFull = false
        /// How long until the moment of the next one, where that is soon.
        package internal(set) var next: Duration?

        package init() {}
    }

    /// Schedules of all tenants whose moment has come, those first that have waited longest: one look into one index,
    /// however many schedules there are. Call within `Database.asSystem`.
    ///
    /// - Parameter ahead: how soon the moment of the next one must come to be told.
    package static func due(
        limit: Int = ScheduleStore.firedAtOnceMax, ahead: Duration = .zero, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> DueRound {
        let rows = try connection.execute(
            FiringQueries.due,
            ["ahead_seconds": .double(ahead.seconds), "limit": .int(limit), "now": .timestamp(now)])
        var round = DueRound()
        var places: [Tenant.ID: Int] = [:]
        var count = 0
        for row in rows {
            let wait = try row.date("due_at").timeIntervalSince(try row.date("now"))
            guard wait <= 0 else {
                round.next = .seconds(wait)
                break
            }
            let tenant = Tenant.ID(rawValue: try row.decode("tenant_id"))
            let schedule = Schedule.ID(rawValue: try row.uuid("schedule_id"))
            count += 1
            if let place = places[tenant] {
                round.due[place].schedules.append(schedule)
            } else {
                places[tenant] = round.due.count
                round.due.append(Due(tenant: tenant, schedules: [schedule]))
            }
        }
        round.isFull = count >= limit
        return round
    }

    /// What a round of firing came to.
    package struct Fired: Sendable {
        /// Ticks that have made jobs.
        package internal(set) var fired = 0
        package internal(set) var buffered = 0
        /// Ticks that came to nothing, for whatever reason.
        package internal(set) var skipped = 0
        /// Those of them whose job was refused, or whose schedule cannot be understood: the schedule's name and why.
        package internal(set) var refusals: [(schedule: String, why: String)] = []
        /// Who is to hear of it after the commit.
        package internal(set) var jobs: [Job.ID] = []
        package internal(set) var cancelled: [Job.ID] = []
        package internal(set) var sessions: Set<Robot.SessionID> = []
        /// Some are due again at once.
        package internal(set) var isPartial = false
        /// What became of ticks that were not known before.
        package internal(set) var ticks: [TickCount] = []
        /// The same one by one, with those that wait.
        package internal(set) var reports: [TickReport] = []
        /// Of the tick that came latest, in seconds.
        package internal(set) var latenessMax = 0.0

        package init() {}
    }

    /// Fires the ticks of these schedules whose moment has come: makes their jobs in one statement, writes down what
    /// became of each tick, and says when the next ones are due, all in this transaction. A schedule that somebody else
    /// is at is left to him. Ring the ready bell after the commit.
    ///
    /// - Throws: what says that the database is not there, or that something needed is locked for too long: then nothing
    ///   was done. A job that is refused is a tick that was skipped, with the reason.
    package static func fire(
        _ schedules: [Schedule.ID], zones: ZoneCatalogue, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Fired {
        let rows = try connection.execute(
            FiringQueries.take,
            ["schedules": .uuidArray(schedules.map(\.rawValue)), "now": .timestamp(now)])
        guard let first = rows.first else { return Fired() }
        var firing = ScheduleFiring(zones: zones, given: now, now: try first.date("now"))
        for row in rows { try firing.take(row) }
        try firing.run(on: connection)
        return firing.report
    }

    /// Leaves schedules for later that cannot be fired now, so that they do not keep others from their turn. Call in a
    /// transaction of its own.
    package static func postpone(
        _ schedules: [Schedule.ID], now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            FiringQueries.postpone,
            [
                "schedules": .uuidArray(schedules.map(\.rawValue)), "seconds": .double(self.failurePause),
                "now": .timestamp(now),
            ])
    }
}
