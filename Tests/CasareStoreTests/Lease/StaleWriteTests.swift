import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Two that write about the same job at the same moment, in either order: what comes second finds nothing to change.
struct StaleWriteTests {
    /// Does `first` in a transaction that stays open until `second` waits for it, and then commits.
    private func race<Result: Sendable>(
        _ store: StoreFixture, first: @Sendable (isolated PostgresConnection) throws -> Void,
        second: @escaping @Sendable () async throws -> Result
    ) async throws -> Swift.Result<Result, any Error> {
        let connection = try await store.database.connect()
        try await connection.script("BEGIN")
        try await connection.execute(SettingQueries.tenant, ["tenant": .text(store.tenant.description)])
        try await connection.run(first)
        let late = Task { try await second() }
        let waiting = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        while try await store.count(waiting, asOwner: true) == 0 { await Task.yield() }
        try await connection.script("COMMIT")
        await connection.close()
        return await late.result
    }

    @Test func `a rescuer that comes while a job is completed leaves it completed`() async throws {
        try await withFixture { store in
            let session = try await store.openSession(now: noon)
            _ = try await store.submit(store.job())
            let lease = try await store.lease(session: session, now: noon)[0].lease
            let swept = try await self.race(store) { connection in
                try LeaseStore.complete(lease, result: .ok(), on: connection)
            } second: {
                try await store.sweep(now: noon.addingTimeInterval(31))
            }
            let report = try swept.get()
            #expect(report.sessionsEnded == 1 && report.requeued.isEmpty && report.deadLettered.isEmpty)
            #expect(report.failures.isEmpty)
            #expect(try await store.status(lease.job) == .completed)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test(arguments: [false, true])
    func `a completion that comes while its queue gets a limit is not taken for late`(leasesToo: Bool) async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let session = store.session
            let lost = try await self.race(store) { connection in
                try connection.script("UPDATE leases SET gate = 0")
            } second: {
                try await store.run { connection in
                    let completion = LeaseStore.Completion(lease: lease, result: .ok())
                    var cursor = LeaseCursor()
                    if leasesToo {
                        return try LeaseStore.completeAndLease(
                            [completion], for: session, limit: 1, cursor: &cursor, on: connection
                        ).lost
                    }
                    return try LeaseStore.completeBatch([completion], on: connection).lost
                }
            }
            #expect(try lost.get().isEmpty)
            #expect(try await store.status(lease.job) == .completed)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a robot that is frozen in a transaction keeps nobody from the jobs of others`() async throws {
        try await withFixture { store in
            let frozen = try await store.leased()
            let other = try await store.leased()
            try await store.asOwner("UPDATE robot_sessions SET ended_at = now()")
            let connection = try await store.database.connect()
            try await connection.script("BEGIN")
            try await connection.execute(SettingQueries.tenant, ["tenant": .text(store.tenant.description)])
            try await connection.run { _ = try LeaseStore.failing(frozen.lease, on: $0) }
            let report = try await store.sweep()
            #expect(report.requeued.map(\.job) == [other.lease.job])
            #expect(report.failures.map(\.job.job) == [frozen.lease.job])
            #expect((report.failures.first?.error as? PostgresError)?.sqlState == .lockNotAvailable)
            await connection.close()
            #expect(try await store.sweep().requeued.map(\.job) == [frozen.lease.job])
        }
    }

    @Test func `a rescuer that comes while a step is recorded knows that the job got further`() async throws {
        try await withFixture { store in
            let session = try await store.openSession(now: noon)
            _ = try await store.submit(store.job())
            let lease = try await store.lease(session: session, now: noon)[0].lease
            let swept = try await self.race(store) { connection in
                try LeaseStore.checkpoint(lease, entries: [.step(0, "effect")], on: connection)
            } second: {
                try await store.sweep(now: noon.addingTimeInterval(31))
            }
            #expect(try swept.get().requeued.map(\.job) == [lease.job])
            #expect(try await store.count("SELECT crashes FROM ready") == 0)
        }
    }

    @Test func `a completion that comes while a rescuer takes the job is refused`() async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let completed = try await self.race(store) { connection in
                try connection.execute(EndingQueries.requeueCrashed, Self.arguments(of: "requeueCrashed", lease))
            } second: {
                try await store.run { try LeaseStore.complete(lease, result: .ok(), on: $0) }
            }
            #expect(throws: StoreError.leaseLost(lease.job)) { try completed.get() }
            #expect(try await store.status(lease.job) == .pending)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    private static func arguments(of ending: String, _ lease: Lease) -> KeyValuePairs<String, PostgresValue> {
        let (job, token) = (PostgresValue.uuid(lease.job.rawValue), PostgresValue.int8(lease.token.rawValue))
        switch ending {
        case "requeueCrashed":
            return [
                "job": job, "token": token, "crashes": 1, "kind": "crash_loop", "type": "RobotLost", "message": "m",
                "now": .null,
            ]
        case "deadLetter":
            return [
                "job": job, "token": token, "kind": "crash_loop", "type": "CrashLoop", "message": "m", "node": .null,
                "fingerprint": "f", "crashed": true, "result": .null, "now": .null,
            ]
        case "retry":
            return [
                "job": job, "token": token, "kind": "application", "type": "E", "message": "m", "node": .null,
                "delay_seconds": 1.0, "asked_seconds": .null, "now": .null,
            ]
        case "expireLeased":
            return [
                "job": job, "token": token, "type": "Expired", "message": "m", "fingerprint": "f", "now": .null,
            ]
        default: return ["job": job, "token": token]
        }
    }

    /// Each on its own: whoever comes before them in a transaction may have looked at another moment.
    @Test(arguments: ["failing", "requeueCrashed", "deadLetter", "retry", "expireLeased"])
    func `a rescuer that read of a lease which has passed on leaves the next one alone`(ending: String) async throws {
        let statement = [
            "failing": EndingQueries.failing, "requeueCrashed": EndingQueries.requeueCrashed,
            "deadLetter": EndingQueries.deadLetter, "retry": EndingQueries.retry,
            "expireLeased": ExpiryQueries.expireLeased,
        ][ending]
        let query = try #require(statement)
        try await withFixture { store in
            // Only what has a deadline expires.
            let old = try await store.leased(store.job(deadline: .after(.seconds(3600)))).lease
            try await store.run { try LeaseStore.release(old, reason: "test", on: $0) }
            let new = try await store.lease()[0].lease
            #expect(new.job == old.job)
            let rows = try await store.run { try $0.execute(query, Self.arguments(of: ending, old)).count }
            #expect(rows == 0)
            #expect(try await store.status(new.job) == .running)
            try await store.run { try LeaseStore.complete(new, result: .ok(), on: $0) }
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a renewal that comes while its session is ended does not bring it back`() async throws {
        try await withFixture { store in
            let session = try await store.openSession()
            let renewed = try await self.race(store) { connection in
                try connection.execute(SessionQueries.close, ["session": .int8(session.rawValue), "now": .null])
            } second: {
                try await store.run { try LeaseStore.renew(session, held: [], on: $0).leaseSeconds }
            }
            #expect(throws: StoreError.sessionEnded(session)) { try renewed.get() }
            #expect(try await store.run { try !LeaseStore.isOpen(session, on: $0) })
        }
    }

    @Test func `a renewal hears that a lease has passed on, also when its own session has the job again`() async throws
    {
        try await withFixture { store in
            let old = try await store.leased().lease
            try await store.run { try LeaseStore.release(old, reason: "test", on: $0) }
            let new = try await store.lease()[0].lease
            #expect(new.job == old.job)
            let session = store.session
            #expect(try await store.run { try LeaseStore.renew(session, held: [old], on: $0).lost } == [old.job])
            #expect(try await store.run { try LeaseStore.renew(session, held: [new], on: $0).lost }.isEmpty)
        }
    }

    @Test func `a session whose renewal arrives at the last moment is not swept`() async throws {
        try await withFixture { store in
            let session = try await store.openSession(now: noon)
            _ = try await store.submit(store.job())
            let lease = try await store.lease(session: session, now: noon)[0].lease
            let late = noon.addingTimeInterval(31)
            let connection = try await store.database.connect()
            try await connection.script("BEGIN")
            try await connection.execute(SettingQueries.tenant, ["tenant": .text(store.tenant.description)])
            try await connection.run { _ = try LeaseStore.renew(session, held: [lease], now: late, on: $0) }
            #expect(try await store.sweep(now: late).sessionsEnded == 0)
            try await connection.script("COMMIT")
            await connection.close()
            let report = try await store.sweep(now: late)
            #expect(report.sessionsEnded == 0 && report.requeued.isEmpty)
            #expect(try await store.status(lease.job) == .running)
        }
    }

    @Test func `of two releases at the same moment one counts, and the job waits once`() async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let second = try await self.race(store) { connection in
                try LeaseStore.release(lease, reason: "test", on: connection)
            } second: {
                try await store.run { try LeaseStore.release(lease, reason: "test", on: $0) }
            }
            #expect(throws: StoreError.leaseLost(lease.job)) { try second.get() }
            #expect(try await store.count("SELECT count(*) FROM ready") == 1)
            let again = try await store.lease(5)
            #expect(again.count == 1 && again[0].attempt == 1)
            await #expect(throws: StoreError.leaseLost(lease.job)) {
                try await store.run { try LeaseStore.release(lease, reason: "test", on: $0) }
            }
            #expect(try await store.status(lease.job) == .running)
        }
    }

    @Test func `a completion that comes while the job is cancelled is refused`() async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let completed = try await self.race(store) { connection in
                try JobStore.cancel(lease.job, by: "ann", reason: nil, on: connection)
            } second: {
                try await store.run { try LeaseStore.complete(lease, result: .ok(), on: $0) }
            }
            #expect(throws: StoreError.leaseLost(lease.job)) { try completed.get() }
            #expect(try await store.status(lease.job) == .cancelled)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job that is completed while it is to be cancelled is completed`() async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let cancelled = try await self.race(store) { connection in
                try LeaseStore.complete(lease, result: .ok(), on: connection)
            } second: {
                try await store.run { try JobStore.cancel(lease.job, by: "ann", reason: nil, on: $0) }
            }
            #expect(
                throws: StoreError.invalidTransition(lease.job, from: .completed, action: "cancelled")
            ) { try cancelled.get() }
            #expect(try await store.status(lease.job) == .completed)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    // MARK: - Pausing

    private func pause(_ job: Job.ID, in store: StoreFixture) async throws {
        try await store.run { _ = try JobStore.pause(job, by: "bob", reason: nil, on: $0) }
    }

    @Test func `a job that is completed while somebody pauses it is completed`() async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let completed = try await self.race(store) { connection in
                _ = try JobStore.pause(lease.job, by: "bob", reason: nil, on: connection)
            } second: {
                try await store.run { try LeaseStore.complete(lease, result: .ok(), on: $0) }
            }
            try completed.get()
            #expect(try await store.status(lease.job) == .completed)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job that is handed back while somebody pauses it is paused`() async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let released = try await self.race(store) { connection in
                _ = try JobStore.pause(lease.job, by: "bob", reason: nil, on: connection)
            } second: {
                try await store.run { try LeaseStore.release(lease, reason: "test", on: $0) }
            }
            try released.get()
            #expect(try await store.status(lease.job) == .paused)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a rescuer that comes while somebody pauses the job leaves it paused`() async throws {
        try await withFixture { store in
            let session = try await store.openSession(now: noon)
            _ = try await store.submit(store.job())
            let lease = try await store.lease(session: session, now: noon)[0].lease
            let swept = try await self.race(store) { connection in
                _ = try JobStore.pause(lease.job, by: "bob", reason: nil, on: connection)
            } second: {
                try await store.sweep(now: noon.addingTimeInterval(31))
            }
            #expect(try swept.get().failures.isEmpty)
            #expect(try await store.status(lease.job) == .paused)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a pause that comes while the job is handed back finds it where it waits`() async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let paused = try await self.race(store) { connection in
                try LeaseStore.release(lease, reason: "test", on: connection)
            } second: {
                try await self.pause(lease.job, in: store)
            }
            try paused.get()
            #expect(try await store.status(lease.job) == .paused)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a pause that comes while the job is leased is heard by its robot`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            let session = store.session
            let paused = try await self.race(store) { connection in
                var cursor = LeaseCursor()
                _ = try LeaseStore.lease(session, limit: 1, cursor: &cursor, on: connection)
            } second: {
                try await store.run { try JobStore.pause(id, by: "bob", reason: nil, on: $0).session }
            }
            #expect(try paused.get() == session)
            #expect(try await store.status(id) == .running)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job that is resumed while it is handed back waits like any other`() async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            try await self.pause(lease.job, in: store)
            let resumed = try await self.race(store) { connection in
                try LeaseStore.release(lease, reason: "test", on: connection)
            } second: {
                try await store.run { _ = try JobStore.resume(lease.job, by: "bob", on: $0) }
            }
            try resumed.get()
            #expect(try await store.status(lease.job) == .pending)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }
}
