package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What comes of what happens to jobs: triggers of kind job, and schedules of kinds dependency and event.
///
/// A tenant's events are read in their order. How far they were read is committed together with the jobs that came of
/// them: so each event is reacted to once, whoever reads and whenever he is killed.
package enum ReactionStore {
    /// Jobs that made each other, each by a reaction to the one before: the last of so many makes none. It ends circles,
    /// which nobody can see in triggers and filters beforehand.
    package static let depthMax = 32
    /// Events that are read in one transaction.
    package static let eventsAtOnceMax = 200
    /// Schedules of one tenant that are looked at for an event.
    package static let schedulesMax = 10_000
    /// What lies behind jobs is known for so many days.
    package static let daysKept = 30
    private static let removedAtOnceMax = 1000

    static let tooDeep =
        "\(Self.depthMax) jobs lie behind it that made each other, and no more may: look for a circle among triggers "
        + "and schedules"

    /// Tenants with something that reacts. Of the others it is forgotten how far their events were read. Call within
    /// `Database.asSystem`.
    package static func tenants(on connection: isolated PostgresConnection) throws -> [Tenant.ID] {
        try connection.execute(ReactionQueries.forgetCursors)
        return try connection.execute(ReactionQueries.tenants).map {
            Tenant.ID(rawValue: try $0.decode("tenant_id"))
        }
    }

    /// What a round of reading came to.
    package struct Round: Sendable {
        /// Events that were read.
        package internal(set) var events = 0
        /// Jobs that were made.
        package internal(set) var jobs: [Job.ID] = []
        /// Who is to hear of it after the commit.
        package internal(set) var cancelled: [Job.ID] = []
        package internal(set) var sessions: Set<Robot.SessionID> = []
        /// Reactions that came to nothing because of an error: the name of the trigger or schedule, and why.
        package internal(set) var failures: [(name: String, why: String)] = []
        /// Those of the jobs that triggers have made.
        package internal(set) var ofTriggers: [Job.ID] = []
        /// What became of ticks, and of what came to triggers, for whoever counts it.
        package internal(set) var ticks: [TickCount] = []
        package internal(set) var deliveries: [TriggerDelivery.Result] = []
        /// The same one by one.
        package internal(set) var reports: [TickReport] = []
        package internal(set) var receipts: [TriggerReceipt] = []
        /// There may be more to do at once.
        package internal(set) var isFull = false

        package init() {}

        mutating func add(_ fired: ScheduleStore.Fired) {
            self.jobs += fired.jobs
            self.ticks += fired.ticks
            self.reports += fired.reports
            self.cancelled += fired.cancelled
            self.sessions.formUnion(fired.sessions)
            self.failures += fired.refusals.map { ($0.schedule, $0.why) }
        }
    }

    /// Reads a tenant's next events and does what is to come of them. Call within `Database.asTenant`.
    ///
    /// A reaction that fails by itself is left out, and told; what was read before and after counts.
    ///
    /// - Parameter horizon: how far may be read (`EventHorizon`).
    /// - Returns: `nil` when somebody else is at it.
    /// - Throws: what says that the database is not there, or that something needed is locked for too long: then nothing
    ///   was done, and the same events come again.
    package static func react(
        through horizon: EventCursor, zones: ZoneCatalogue, limit: Int = ReactionStore.eventsAtOnceMax,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Round? {
        try self.begin(through: horizon, now: now, on: connection)
        guard let row = try connection.execute(ReactionQueries.takeCursor).first else { return nil }
        let cursor = EventCursor(number: try row.int64("event_id"))
        let span = try EventFeed.news(after: cursor, through: horizon, limit: limit, on: connection)
        guard span.end > cursor else { return Round() }
        var work = ReactionWork(zones: zones, given: now)
        if !span.events.isEmpty {
            try work.read(on: connection)
            for event in span.events { try work.react(to: event, on: connection) }
        }
        try connection.execute(
            ReactionQueries.moveCursor, ["event_id": .int8(span.end.number), "now": .timestamp(now)])
        work.round.events = span.events.count
        work.round.isFull = span.isFull
        return work.round
    }

    /// Where there was nothing that reacts before, reading begins where it was made.
    private static func begin(
        through horizon: EventCursor, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        guard try connection.execute(ReactionQueries.hasCursor).only().int("cursors") == 0 else { return }
        let since = try connection.execute(ReactionQueries.begin).only().optionalDate("since")
        let cursor =
            if let since {
                try EventFeed.cursor(since: since, through: horizon, on: connection)
            } else {
                try EventFeed.reached(horizon, on: connection)
            }
        try connection.execute(
            ReactionQueries.addCursor, ["event_id": .int8(cursor.number), "now": .timestamp(now)])
    }

    // MARK: - Events that are waited out

    package struct WaitedOut: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let schedule: Schedule.ID
    }

    /// Schedules of all tenants that waited until nothing happened any more. Call within `Database.asSystem`.
    package static func waitedOut(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [WaitedOut] {
        try connection.execute(
            ReactionQueries.waitedOut, ["limit": .int(limit), "now": .timestamp(now)]
        ).map { row in
            WaitedOut(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")),
                schedule: Schedule.ID(rawValue: try row.uuid("schedule_id")))
        }
    }

    /// Fires one of them for all that has happened. Call within `Database.asTenant`.
    ///
    /// - Returns: `nil` when somebody else is at it, or something has happened since.
    package static func fire(
        _ waitedOut: WaitedOut, zones: ZoneCatalogue, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Round? {
        let id = waitedOut.schedule
        let rows = try connection.execute(
            ReactionQueries.takeWaitedOut, ["schedule": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = rows.first else { return nil }
        var round = Round()
        do {
            // It may wait for something else by now.
            guard let schedule = try ScheduleStore.get(id, on: connection), case .event = schedule.spec.timing else {
                return round
            }
        } catch StoreError.unreadable {
            // Its history is to say so, and it must not keep the others from their turn.
        }
        let events = try row.int("events")
        let subject = try row.uuid("job_id")
        // Before events of other things there were those of jobs alone.
        let about = try row.optionalString("about") ?? "job \(Job.ID(rawValue: subject))"
        let kind = try row.string("kind")
        let last = "\(kind): \(about)"
        let cause = ScheduleStore.EventCause(
            id: subject, depth: try row.int("depth"), text: events == 1 ? last : "\(events) events, the last: \(last)")
        round.add(try ScheduleStore.fireEvent(id, cause, zones: zones, now: now, on: connection))
        return round
    }

    // MARK: - What lies behind jobs

    /// Jobs were made of ticks that something made which happened.
    static func noteTicks(
        _ made: [(schedule: Schedule.ID, tick: Date, job: Job.ID)], now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            ReactionQueries.noteTicks,
            [
                "schedules": .uuidArray(made.map(\.schedule.rawValue)), "ticks": .timestampArray(made.map(\.tick)),
                "jobs": .uuidArray(made.map(\.job.rawValue)), "now": .timestamp(now),
            ])
    }

    /// With a schedule goes what it waited for.
    static func forget(_ schedule: Schedule.ID, on connection: isolated PostgresConnection) throws {
        try connection.execute(ReactionQueries.forget, ["schedule": .uuid(schedule.rawValue)])
    }

    /// Removes what is known of old jobs. Call within `Database.asSystem`.
    ///
    /// - Returns: whether there may be more to do at once.
    package static func keep(now: Date? = nil, on connection: isolated PostgresConnection) throws -> Bool {
        try connection.execute(
            ReactionQueries.removeOld,
            ["days": .int(self.daysKept), "limit": .int(self.removedAtOnceMax), "now": .timestamp(now)]
        ).count >= self.removedAtOnceMax
    }
}
