package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension LeaseStore {
    /// What became of a batch, and the next one.
    package struct Turn: Hashable, Sendable {
        /// Jobs that were to be completed and whose leases are lost: nothing was written for them.
        package let lost: Set<Job.ID>
        package let leased: [LeasedJob]
    }

    /// Ends jobs as completed and leases up to `limit` others of the session's queue.
    ///
    /// Of a plain queue that is one statement, and one commit where it is called outside of a transaction; others follow
    /// when the scan must be repeated, and one goes before when there are journal entries. Of a queue with rules it is
    /// `completeBatch` and `lease`, whose snapshot sees the room that the completions have made: call it within a
    /// transaction when either is to be expected.
    package static func completeAndLease(
        _ completions: [Completion], for session: Robot.SessionID, limit: Int, cursor: inout LeaseCursor,
        at instant: ContinuousClock.Instant = .now, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Turn {
        guard cursor.mode == .plain else {
            let lost = try self.completeBatch(completions, now: now, on: connection)
            let leased = try self.lease(
                session, limit: limit, cursor: &cursor, at: instant, now: now, on: connection)
            return Turn(lost: lost, leased: leased)
        }
        try self.writeEntries(completions.map { Checkpoint(lease: $0.lease, entries: $0.entries) }, on: connection)
        var leasing = Leasing(session: session, limit: limit, now: now)
        let scan = try leasing.scan(&cursor, at: instant, on: connection)
        let rows = try connection.execute(
            LeaseQueries.completeAndLease,
            [
                "jobs": .uuidArray(completions.map(\.lease.job.rawValue)),
                "tokens": .int8Array(completions.map(\.lease.token.rawValue)),
                "results": .textArray(completions.map { StoredJSON.text(of: $0.result.json) }),
                "session": .int8(session.rawValue), "priorities": .int2Array(scan.parts.map(\.priority)),
                "watermarks": .int8Array(scan.parts.map(\.after)), "untils": .int8Array(scan.parts.map(\.until)),
                "limit": .int(limit), "now": .timestamp(now),
            ])
        let ended = try rows.filter { try $0.bool("is_completed") }
        let lost = Set(completions.map(\.lease.job)).subtracting(
            try ended.map { Job.ID(rawValue: try $0.uuid("job_id")) })
        let places = try leasing.take(rows.filter { try !$0.bool("is_completed") })
        let again = cursor.watermarks.scanEnded(scan, found: places, askedFor: limit, at: instant)
        try leasing.leasePlain(from: again, &cursor, at: instant, on: connection)
        try self.lookAgain(&leasing, &cursor, after: .plain, at: instant, on: connection)
        return Turn(lost: lost, leased: leasing.jobs)
    }
}
