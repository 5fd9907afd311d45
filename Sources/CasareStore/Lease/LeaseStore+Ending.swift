package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension LeaseStore {
    package struct Completion: Hashable, Sendable {
        package let lease: Lease
        package let result: RunResult
        /// Journal entries that are not stored yet.
        package let entries: [JournalRow]

        package init(lease: Lease, result: RunResult, entries: [JournalRow] = []) {
            self.lease = lease
            self.result = result
            self.entries = entries
        }
    }

    /// What became of a batch of completions.
    package struct CompletedBatch: Hashable, Sendable {
        /// Jobs whose lease is lost, and for which nothing was written.
        package let lost: Set<Job.ID>
        /// Others may begin now that a limit kept waiting: ring the tenant's bell after the commit.
        package let makesRoom: Bool

        package init(lost: Set<Job.ID>, makesRoom: Bool) {
            self.lost = lost
            self.makesRoom = makesRoom
        }
    }

    package static func complete(
        _ lease: Lease, result: RunResult, entries: [JournalRow] = [], now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws {
        let completion = Completion(lease: lease, result: result, entries: entries)
        let batch = try self.completeBatch([completion], now: now, on: connection)
        guard batch.lost.isEmpty else { throw StoreError.leaseLost(lease.job) }
    }

    /// Ends many jobs as completed in one statement; if there are journal entries, another one before it writes them,
    /// and one more asks again for what seems lost.
    package static func completeBatch(
        _ completions: [Completion], now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> CompletedBatch {
        try self.writeEntries(
            completions.map { Checkpoint(lease: $0.lease, entries: $0.entries) }, on: connection)
        let batch = try self.end(completions, now: now, on: connection)
        return try self.endOverlooked(completions, of: batch, now: now, on: connection)
    }

    /// Ends jobs whose journals are written.
    private static func end(
        _ completions: [Completion], now: Date?, on connection: isolated PostgresConnection
    ) throws -> CompletedBatch {
        let gone = try connection.execute(
            EndingQueries.complete,
            [
                "jobs": .uuidArray(completions.map(\.lease.job.rawValue)),
                "tokens": .int8Array(completions.map(\.lease.token.rawValue)),
                "results": .textArray(completions.map { StoredJSON.text(of: $0.result.json) }), "now": .timestamp(now),
            ])
        return CompletedBatch(
            lost: try self.jobs(completions.map(\.lease.job), notIn: gone),
            makesRoom: try gone.contains { try $0.bool("makes_room") })
    }

    /// Asks once more for those of a batch that were not ended: a statement overlooks a lease that was changed while it
    /// ran, as leases are when their queue gets a limit.
    static func endOverlooked(
        _ completions: [Completion], of batch: CompletedBatch, now: Date?, on connection: isolated PostgresConnection
    ) throws -> CompletedBatch {
        if batch.lost.isEmpty { return batch }
        let again = try self.end(completions.filter { batch.lost.contains($0.lease.job) }, now: now, on: connection)
        return CompletedBatch(lost: again.lost, makesRoom: batch.makesRoom || again.makesRoom)
    }

    /// Ends an attempt as failed: the job is scheduled for another one, or ends with a dead letter when its retries are
    /// spent or its failure is of a kind that is never retried. The policy is the job's own, else that of its version of
    /// the workflow, else the standard one; a server that asked for more patience gets it.
    ///
    /// - Parameter randomFraction: 0 ..< 1, for the jitter of the retry.
    package static func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, entries: [JournalRow] = [],
        randomFraction: Double = .random(in: 0..<1), now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> FailOutcome {
        guard let attempt = try self.failing(lease, on: connection) else { throw StoreError.leaseLost(lease.job) }
        try self.writeEntries([Checkpoint(lease: lease, entries: entries)], on: connection)
        guard
            let delay = attempt.policy.delay(
                after: failure, attempt: attempt.failures + 1, randomFraction: randomFraction)
        else {
            try self.openDeadLetter(lease, failure: failure, result: result, crashed: false, now: now, on: connection)
            return .deadLettered
        }
        try connection.execute(JournalQueries.trim, ["job": .uuid(lease.job.rawValue)])
        let later = try connection.execute(
            EndingQueries.retry,
            [
                "job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue),
                "kind": .text(failure.kind.rawValue), "type": .text(failure.type.storable),
                "message": .text(failure.message.storable), "node": .text(failure.node?.storable),
                "delay_seconds": .double(delay.seconds), "asked_seconds": .double(failure.retryAfterSeconds),
                "now": .timestamp(now),
            ])
        return .retrying(at: try later.only().date("due_at"))
    }

    /// Stops at a step of which a person must say whether it happened.
    package static func block(
        _ lease: Lease, question: Job.Question, entries: [JournalRow] = [], now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws {
        try self.writeEntries([Checkpoint(lease: lease, entries: entries)], on: connection)
        let gone = try connection.execute(
            EndingQueries.block,
            [
                "job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue), "step": .int(question.step),
                "node": .text(question.node.storable), "node_type": .text(question.nodeType.storable),
                "question": .text(question.text.storable), "now": .timestamp(now),
            ])
        guard !gone.isEmpty else { throw StoreError.leaseLost(lease.job) }
    }

    /// Hands a job back without consuming an attempt. Its journal stays.
    package static func release(
        _ lease: Lease, reason: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        let gone = try connection.execute(
            EndingQueries.release,
            [
                "job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue),
                "reason": .text(reason.storable), "now": .timestamp(now),
            ])
        guard !gone.isEmpty else { throw StoreError.leaseLost(lease.job) }
    }

    /// Leaves out leases that are lost: whoever calls this finds out by the statement that follows.
    static func writeEntries(
        _ checkpoints: [Checkpoint], on connection: isolated PostgresConnection
    ) throws {
        let withEntries = checkpoints.filter { !$0.entries.isEmpty }
        guard !withEntries.isEmpty else { return }
        _ = try self.checkpointBatch(withEntries, on: connection)
    }

    struct Failing {
        /// How the job is tried again.
        let policy: RetryPolicy
        /// Consecutive crashes before this attempt.
        let crashes: Int
        /// Attempts that failed before this one, crashes not counted.
        let failures: Int
    }

    /// Locks a lease and reads what decides about the job's future; `nil` when the lease is lost.
    static func failing(_ lease: Lease, on connection: isolated PostgresConnection) throws -> Failing? {
        let rows = try connection.execute(
            EndingQueries.failing, ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)])
        return try rows.first.map { row in
            let options = try StoredJSON.options(try row.string("options"), in: "job \(lease.job)")
            return Failing(
                policy: try WorkflowRetry.policy(of: options, stored: try row.optionalString("workflow_retry")),
                crashes: try row.int("crashes"), failures: try row.int("failures"))
        }
    }

    static func openDeadLetter(
        _ lease: Lease, failure: Failure, result: RunResult?, crashed: Bool, now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            EndingQueries.deadLetter,
            [
                "job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue),
                "kind": .text(failure.kind.rawValue), "type": .text(failure.type.storable),
                "message": .text(failure.message.storable), "node": .text(failure.node?.storable),
                "fingerprint": .text(failure.fingerprint), "crashed": .bool(crashed),
                "result": .text(result.map { StoredJSON.text(of: $0.json) }), "now": .timestamp(now),
            ])
    }
}
