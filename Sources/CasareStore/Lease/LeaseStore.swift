package import CasareDomain
package import CasarePostgres

/// What robots do with jobs. Every write names a job and a lease token and changes nothing once the lease has passed
/// on. Call within `Database.asTenant`.
package enum LeaseStore {
    /// A job whose robots died this often in a row, without getting any further, is not tried again.
    package static let crashesMax = 5

    /// Everything that earlier attempts recorded, for the robot to go on from there.
    package static func journal(_ lease: Lease, on connection: isolated PostgresConnection) throws -> [JournalRow] {
        let held = try connection.execute(
            LeaseQueries.holds, ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)])
        guard !held.isEmpty else { throw StoreError.leaseLost(lease.job) }
        return try connection.execute(JournalQueries.rows, ["job": .uuid(lease.job.rawValue)])
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

    /// Writes the entries of many jobs in one statement; large results aside.
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
        // In one order: batches that bring the same, as when a robot repeats what nobody has answered, then wait for
        // each other once.
        let rows = entries.sorted { ($0.key.job, $0.key.step) < ($1.key.job, $1.key.step) }
        let leases = checkpoints.map(\.lease).sorted { $0.job < $1.job }
        let hasLarge = rows.contains { $0.value.result?.utf8.count ?? 0 > JournalFragments.inlineBytesMax }
        let held = try connection.execute(
            hasLarge ? JournalQueries.checkpointLarge : JournalQueries.checkpoint,
            [
                "jobs": .uuidArray(leases.map(\.job.rawValue)),
                "tokens": .int8Array(leases.map(\.token.rawValue)),
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
