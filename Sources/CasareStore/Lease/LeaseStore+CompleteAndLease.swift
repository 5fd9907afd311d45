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

    /// Ends jobs as completed and leases up to `limit` others of the session's queue, in one statement; a second one
    /// follows when the scan must be repeated from zero, and one goes before when there are journal entries. Then call
    /// it within a transaction; else the statement is one by itself.
    ///
    /// For queues without rules: from one with rules nothing is leased, as from a queue that is empty.
    package static func completeAndLease(
        _ completions: [Completion], for session: Robot.SessionID, limit: Int, watermarks: inout Watermarks,
        at instant: ContinuousClock.Instant = .now, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Turn {
        try self.writeEntries(completions.map { Checkpoint(lease: $0.lease, entries: $0.entries) }, on: connection)
        let scan = watermarks.scanBegan(at: instant)
        let rows = try connection.execute(
            LeaseQueries.completeAndLease,
            [
                "jobs": .uuidArray(completions.map(\.lease.job.rawValue)),
                "tokens": .int8Array(completions.map(\.lease.token.rawValue)),
                "results": .textArray(completions.map { StoredJSON.text(of: $0.result.json) }),
                "session": .int8(session.rawValue), "priorities": .int2Array(Watermarks.priorities),
                "watermarks": .int8Array(scan.marks), "limit": .int(limit), "now": .timestamp(now),
            ])
        var lost = Set(completions.map(\.lease.job))
        var leased: [LeasedJob] = []
        var texts = LeasedTexts()
        var places: [(priority: Priority, seq: Int64)] = []
        for row in rows {
            if try row.bool("is_completed") {
                lost.remove(Job.ID(rawValue: try row.uuid("job_id")))
            } else {
                let job = try self.leasedJob(row, &texts)
                places.append((job.priority, try row.int64("seq")))
                leased.append(job)
            }
        }
        let again = watermarks.scanEnded(scan, found: places, askedFor: limit, at: instant)
        if let again {
            leased += try self.lease(
                session, limit: limit - leased.count, scan: again, &watermarks, at: instant, now: now, on: connection)
        }
        return Turn(lost: lost, leased: leased)
    }
}
