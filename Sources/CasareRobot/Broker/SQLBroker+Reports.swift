package import CasareDomain
import CasarePostgres
import CasareStore

/// What robots report of their jobs, up to how each has ended.
extension SQLBroker {
    package func journal(of lease: Lease) async throws(BrokerError) -> JobJournal {
        try await self.inDatabase { connection in try LeaseStore.jobJournal(lease, on: connection) }
    }

    package func checkpoint(_ rows: [JournalRow], under lease: Lease) async throws(BrokerError) {
        try await self.write(LeaseWrite(lease, .checkpoint(rows)))
    }

    package func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(BrokerError) {
        try await self.write(LeaseWrite(lease, .completion(result, rows)))
        self.bell.jobChanged(lease.job)
    }

    package func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
    ) async throws(BrokerError) -> FailOutcome {
        let isPlain = self.cursor.mode == .plain
        let (makesRoom, outcome) = try await self.inDatabase { connection in
            let makesRoom = try !isPlain && LeaseStore.endingMakesRoom(lease, on: connection)
            let outcome = try LeaseStore.fail(lease, failure: failure, result: result, entries: rows, on: connection)
            return (makesRoom, outcome)
        }
        self.bell.jobChanged(lease.job)
        if makesRoom { self.bell.ring(self.tenant) }
        return outcome
    }

    package func block(_ lease: Lease, question: Job.Question, rows: [JournalRow]) async throws(BrokerError) {
        let isPlain = self.cursor.mode == .plain
        let makesRoom = try await self.inDatabase { connection in
            let makesRoom = try !isPlain && LeaseStore.endingMakesRoom(lease, on: connection)
            try LeaseStore.block(lease, question: question, entries: rows, on: connection)
            return makesRoom
        }
        self.bell.jobChanged(lease.job)
        if makesRoom { self.bell.ring(self.tenant) }
    }

    package func release(_ lease: Lease, reason: String) async throws(BrokerError) {
        try await self.inDatabase { connection in
            try LeaseStore.release(lease, reason: reason, on: connection)
        }
        self.bell.jobChanged(lease.job)
        self.bell.ring(self.tenant)
    }

    /// Writes together with whatever waits at the moment, and returns when that is committed.
    private func write(_ write: LeaseWrite) async throws(BrokerError) {
        do {
            try await self.writes.write(write)
        } catch let error as BrokerError {
            throw error
        } catch {
            throw Self.brokerError(error)
        }
    }

    /// One transaction for all of it; a statement by itself where one is enough, and may wait for locks as usual.
    static func commit(
        _ writes: [LeaseWrite], _ lockWait: Duration, _ tenant: Tenant.ID, _ database: Database
    ) async throws -> LeaseStore.WrittenBatch {
        let write: @Sendable (isolated PostgresConnection) throws -> LeaseStore.WrittenBatch = { connection in
            try LeaseStore.write(writes, on: connection)
        }
        return LeaseStore.isOneStatement(writes) && lockWait == Database.reportLockWaitMax
            ? try await database.statement(as: tenant, lockWaitMax: lockWait, write)
            : try await database.asTenant(tenant, lockWaitMax: lockWait, write)
    }
}
