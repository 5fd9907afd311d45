package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What robots do with jobs. Every write names a job and a lease token and changes nothing once the lease has passed
/// on. Call within `Database.asTenant`.
package enum LeaseStore {
    /// A job whose robots died this often in a row, without getting any further, is not tried again.
    package static let crashesMax = 5

    /// Leases up to `limit` ready jobs of the session's queue, the most urgent first. None when the session has ended:
    /// the next `renew` says so.
    package static func lease(
        _ session: Robot.SessionID, limit: Int, watermarks: inout Watermarks,
        at instant: ContinuousClock.Instant = .now, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [LeasedJob] {
        var leased: [LeasedJob] = []
        var documents: [DocumentKey: String] = [:]
        var next: Watermarks.Scan? = watermarks.scanBegan(at: instant)
        while let scan = next {
            let asked = limit - leased.count
            let rows = try connection.execute(
                LeaseQueries.lease,
                [
                    "session": .int8(session.rawValue), "priorities": .int2Array(Watermarks.priorities),
                    "watermarks": .int8Array(scan.marks), "limit": .int(asked), "now": .timestamp(now),
                ])
            var places: [(priority: Priority, seq: Int64)] = []
            for row in rows {
                let job = try self.leasedJob(row, documents: &documents)
                places.append((job.priority, try row.int64("seq")))
                if try row.bool("is_late") {
                    try self.expire(job.lease, now: now, on: connection)
                } else {
                    leased.append(job)
                }
            }
            next = watermarks.scanEnded(scan, found: places, askedFor: asked, at: instant)
        }
        return leased
    }

    private struct DocumentKey: Hashable {
        let workflow: UUID
        let version: Int
    }

    private static func leasedJob(_ row: Row, documents: inout [DocumentKey: String]) throws -> LeasedJob {
        let id = Job.ID(rawValue: try row.uuid("job_id"))
        let version = DocumentKey(workflow: try row.uuid("workflow_id"), version: try row.int("workflow_version"))
        if let document = try row.optionalString("document") {
            documents[version] = document
        }
        guard let priority = Priority(rawValue: try row.int("priority")), let document = documents[version] else {
            throw StoreError.unreadable("job \(id) has an impossible priority or no document")
        }
        return LeasedJob(
            lease: Lease(job: id, token: .init(rawValue: try row.int64("token"))), attempt: try row.int("attempt"),
            workflowName: try row.string("workflow_name"), workflowVersion: version.version, document: document,
            variables: try StoredJSON.object(try row.string("variables"), in: "job \(id)"),
            options: try StoredJSON.options(try row.string("options"), in: "job \(id)"), priority: priority,
            policy: try SafetyPolicy(row: row))
    }

    /// Everything that earlier attempts recorded, for the robot to go on from there.
    package static func journal(_ lease: Lease, on connection: isolated PostgresConnection) throws -> [JournalRow] {
        let held = try connection.execute(
            LeaseQueries.holds, ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)])
        guard !held.isEmpty else { throw StoreError.leaseLost(lease.job) }
        return try connection.execute(LeaseQueries.journal, ["job": .uuid(lease.job.rawValue)])
            .map(JournalRow.init(row:))
    }

    /// Makes journal entries durable. An entry with the step of an intent completes it; a recorded result stays.
    package static func checkpoint(
        _ lease: Lease, entries: [JournalRow], on connection: isolated PostgresConnection
    ) throws {
        let refused = try self.checkpointBatch([Checkpoint(lease: lease, entries: entries)], on: connection)
        guard refused.isEmpty else { throw StoreError.leaseLost(lease.job) }
    }

    package struct Checkpoint: Hashable, Sendable {
        package let lease: Lease
        package let entries: [JournalRow]

        package init(lease: Lease, entries: [JournalRow]) {
            self.lease = lease
            self.entries = entries
        }
    }

    /// Writes the entries of many jobs in one statement.
    ///
    /// - Returns: the jobs whose lease is lost, and for which nothing was written.
    package static func checkpointBatch(
        _ checkpoints: [Checkpoint], on connection: isolated PostgresConnection
    ) throws -> Set<Job.ID> {
        struct Place: Hashable {
            let job: Job.ID
            let step: Int
        }
        // One statement may touch a row once: of an intent and its result in the same batch, the result counts.
        var entries: [Place: JournalRow] = [:]
        for checkpoint in checkpoints {
            for entry in checkpoint.entries {
                let place = Place(job: checkpoint.lease.job, step: entry.step)
                if entries[place]?.result == nil { entries[place] = entry }
            }
        }
        let rows = Array(entries)
        let held = try connection.execute(
            LeaseQueries.checkpoint,
            [
                "jobs": .uuidArray(checkpoints.map(\.lease.job.rawValue)),
                "tokens": .int8Array(checkpoints.map(\.lease.token.rawValue)),
                "entry_jobs": .uuidArray(rows.map(\.key.job.rawValue)),
                "steps": .int4Array(rows.map { Int32(clamping: $0.key.step) }),
                "started": .timestampArray(rows.map(\.value.startedAt)),
                "finished": .timestampArray(rows.map(\.value.finishedAt)),
                "nodes": .textArray(rows.map(\.value.node.storable)),
                "node_types": .textArray(rows.map(\.value.nodeType.storable)),
                "effects": .textArray(rows.map(\.value.effect)), "results": .textArray(rows.map(\.value.result)),
            ])
        return try self.jobs(checkpoints.map(\.lease.job), notIn: held)
    }

    static func jobs(_ jobs: [Job.ID], notIn rows: Rows) throws(PostgresError) -> Set<Job.ID> {
        var missing = Set(jobs)
        for row in rows {
            missing.remove(Job.ID(rawValue: try row.uuid("job_id")))
        }
        return missing
    }
}
