package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A part of the events of a tenant.
package struct EventSpan: Hashable, Sendable {
    /// In order.
    package let events: [StoredEvent]
    /// Where the next part begins: after the last event that was read, or where reading was to end.
    package let end: EventCursor
    /// As many as were asked for: there may be more before the end that was asked for.
    package let isFull: Bool

    package init(events: [StoredEvent], end: EventCursor, isFull: Bool) {
        self.events = events
        self.end = end
        self.isFull = isFull
    }
}

/// The events of a tenant in the order of their numbers. How far one may read says `EventHorizon`; events of one job
/// are in the order in which they happened, because who writes one holds the job's row.
///
/// Everything but `look` and `advanceMark` is to be called within `Database.asTenant`. Each call is one statement but `look`,
/// whose two must see different moments, and `cursor(since:)`. So its transaction is one of mode read committed, in
/// which what is read after a look is what is there after it.
package enum EventFeed {
    /// Looks who writes events. What is read in the same transaction afterwards has all events up to the horizon that
    /// the look brings about.
    package static func look(on connection: isolated PostgresConnection) throws -> EventLook {
        // In this order: see `EventHorizon`.
        let last = try connection.execute(EventQueries.last).only().int64("event_id")
        let row = try connection.execute(EventQueries.writers).only()
        return EventLook(
            last: EventCursor(number: last), writers: Set(try row.strings("writers")),
            mark: EventCursor(number: try row.int64("mark")))
    }

    /// Leaves the horizon for readers to come; to be called as the system.
    package static func advanceMark(
        to horizon: EventCursor, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(EventQueries.advanceMark, ["event_id": .int8(horizon.number)])
    }

    /// The events after a place and up to another one, which must not be beyond the horizon.
    ///
    /// - Parameters:
    ///   - job: only this job's, which are found without reading those of others.
    ///   - limit: how many are read, at most; those of jobs that are not kept any more count, and are left out.
    package static func span(
        after cursor: EventCursor, through end: EventCursor, job: Job.ID? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> EventSpan {
        guard cursor < end else { return EventSpan(events: [], end: cursor, isFull: false) }
        let rows = try self.rows(after: cursor, through: end, job: job, limit: limit, on: connection)
        var last = end
        if rows.count >= limit, let row = rows.last { last = EventCursor(number: try row.int64("event_id")) }
        return EventSpan(
            events: try rows.compactMap { try StoredEvent(row: $0) }, end: last, isFull: rows.count >= limit)
    }

    /// The same of all jobs, but it ends with the last event that there is, which is a place to keep.
    package static func news(
        after cursor: EventCursor, through end: EventCursor, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> EventSpan {
        guard cursor < end else { return EventSpan(events: [], end: cursor, isFull: false) }
        let rows = try self.rows(after: cursor, through: end, job: nil, limit: limit, on: connection)
        return EventSpan(
            events: try rows.compactMap { try StoredEvent(row: $0) },
            end: try rows.last.map { EventCursor(number: try $0.int64("event_id")) } ?? cursor,
            isFull: rows.count >= limit)
    }

    private static func rows(
        after cursor: EventCursor, through end: EventCursor, job: Job.ID?, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> Rows {
        guard let job else {
            return try connection.execute(
                EventQueries.page,
                ["after": .int8(cursor.number), "through": .int8(end.number), "limit": .int(limit)])
        }
        return try connection.execute(
            EventQueries.pageOfJob,
            [
                "job": .uuid(job.rawValue), "after": .int8(cursor.number), "through": .int8(end.number),
                "limit": .int(limit),
            ])
    }

    /// The last event of the tenant up to a horizon: a place to keep, with nothing between the two.
    package static func reached(
        _ horizon: EventCursor, on connection: isolated PostgresConnection
    ) throws -> EventCursor {
        let row = try connection.execute(EventQueries.reached, ["through": .int8(horizon.number)]).only()
        return EventCursor(number: try row.int64("event_id"))
    }

    /// The rest of the events of a job that has ended. They need no horizon: of one job, what is written later has the
    /// higher number, and what ended it is committed.
    package static func rest(
        of job: Job.ID, after cursor: EventCursor, limit: Int, on connection: isolated PostgresConnection
    ) throws -> EventSpan {
        try self.span(after: cursor, through: .end, job: job, limit: limit, on: connection)
    }

    /// How much later an event may have got its number than another one of a later time: as long as its transaction ran
    /// before. A statement may take half of it (`Database.statementMaxDefault`).
    private static let disorderMax = 30.0

    /// The place before the first event of a time or later.
    ///
    /// Numbers ascend with time, almost; so the place is searched by halving, and the last stretch is read.
    package static func cursor(
        since: Date, through end: EventCursor, on connection: isolated PostgresConnection
    ) throws -> EventCursor {
        let safe = since.addingTimeInterval(-Self.disorderMax)
        // Up to `low` all is earlier; from `high` on nothing is.
        var (low, high) = (Int64(0), end.number + 1)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let row = try connection.execute(
                EventQueries.first, ["from": .int8(middle), "through": .int8(end.number)]
            ).first
            if let row, try row.date("at") < safe {
                low = try row.int64("event_id")
            } else {
                high = middle
            }
        }
        let found = try connection.execute(
            EventQueries.firstSince,
            ["after": .int8(low), "through": .int8(end.number), "since": .timestamp(since)]
        ).first
        return EventCursor(number: try found.map { try $0.int64("event_id") - 1 } ?? end.number)
    }
}
