import CasareDomain
import CasareStore

/// Reads events for one who follows: from memory where they are there, else from the database.
struct EventReader {
    /// What there was.
    struct Found {
        /// That the filter lets through, in order.
        var events: [StoredEvent]
        /// There is nothing more just now.
        let isCaughtUp: Bool
    }

    let tenant: Tenant.ID
    let filter: EventFilter
    let database: Database
    let spanMax: Int
    /// Up to here events may be read, whatever the feed says.
    let horizon: EventCursor
    /// All events up to it were read.
    private(set) var position: EventCursor

    init(_ opening: EventOpening, database: Database, spanMax: Int) {
        self.tenant = opening.tenant
        self.filter = opening.filter
        self.horizon = opening.horizon
        self.position = opening.start
        self.database = database
        self.spanMax = spanMax
    }

    private static let connectionWaitMax = Duration.seconds(5)

    /// Reads on, no more than `spanMax` events of which the filter may let none through.
    ///
    /// - Parameter limit: how many to return at most.
    /// - Throws: `PostgresError`, `StoreError`
    mutating func read(_ feed: TenantFeed?, limit: Int) async throws -> Found {
        let end = max(self.horizon, feed?.position ?? .start)
        guard self.position < end else { return Found(events: [], isCaughtUp: true) }
        let read: [StoredEvent]
        let readTo: EventCursor
        if case .events(let events, let end)? = feed?.recent(after: self.position, limit: self.spanMax) {
            (read, readTo) = (events, end)
        } else {
            let span = try await self.span(through: end)
            (read, readTo) = (span.events, span.end)
        }
        var events = read.filter(self.filter.includes)
        if events.count > limit {
            events.removeLast(events.count - limit)
            self.position = events.last?.cursor ?? self.position
        } else {
            self.position = readTo
        }
        return Found(events: events, isCaughtUp: self.position >= end)
    }

    private func span(through end: EventCursor) async throws -> EventSpan {
        let (position, job, limit) = (self.position, self.filter.job, self.spanMax)
        return try await self.database.asTenant(self.tenant, deadline: .now + Self.connectionWaitMax) { connection in
            try EventFeed.span(after: position, through: end, job: job, limit: limit, on: connection)
        }
    }

    /// What there is of a job that has ended, without regard to the horizon.
    mutating func readRest(of job: Job.ID) async throws -> [StoredEvent] {
        let (position, limit) = (self.position, self.spanMax)
        let span = try await self.database.asTenant(
            self.tenant, deadline: .now + Self.connectionWaitMax
        ) { connection in
            try EventFeed.rest(of: job, after: position, limit: limit, on: connection)
        }
        if let last = span.events.last { self.position = last.cursor }
        return span.events.filter(self.filter.includes)
    }
}
