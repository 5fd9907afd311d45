import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct CompleteAndLeaseTests {
    @Test func `one call ends a batch and hands out the next`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit((0..<5).map { store.job(["n": .int($0)]) }).map(\.id)
            let first = try await store.turn([], limit: 2)
            #expect(first.lost.isEmpty)
            #expect(first.leased.map(\.lease.job) == Array(jobs[..<2]))
            let second = try await store.turn(first.leased, limit: 2)
            #expect(second.lost.isEmpty)
            #expect(second.leased.map(\.lease.job) == Array(jobs[2..<4]))
            #expect(second.leased.map(\.variables) == [["n": 2], ["n": 3]])
            #expect(second.leased.allSatisfy { $0.document == StoreFixture.document && $0.attempt == 1 })
            #expect(try await store.status(jobs[0]) == .completed)
            #expect(try await store.status(jobs[1]) == .completed)
            #expect(try await store.status(jobs[2]) == .running)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a lease that has passed on is not completed, and the next jobs are leased all the same`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit([store.job(), store.job(), store.job()]).map(\.id)
            let held = try await store.lease(2)
            try await store.run { try LeaseStore.release(held[0].lease, reason: "test", on: $0) }
            let turn = try await store.turn(held, limit: 1)
            #expect(turn.lost == [jobs[0]])
            #expect(turn.leased.map(\.lease.job) == [jobs[2]])
            #expect(try await store.status(jobs[0]) == .pending)
            #expect(try await store.status(jobs[1]) == .completed)
        }
    }

    @Test func `what is repeated is written once`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            #expect(try await store.turn([job], limit: 1).lost.isEmpty)
            #expect(try await store.turn([job], limit: 1).lost == [job.lease.job])
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a session that has ended completes nothing of its own and leases nothing`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            _ = try await store.submit(store.job())
            try await store.run { _ = try LeaseStore.closeSession(store.session, on: $0) }
            let turn = try await store.turn([job], limit: 5)
            #expect(turn.lost == [job.lease.job])
            #expect(turn.leased.isEmpty)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `leases end under another session than the one that leases next`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let other = try await store.openSession()
            let turn = try await store.turn([job], limit: 1, session: other)
            #expect(turn.lost.isEmpty)
            #expect(try await store.status(job.lease.job) == .completed)
        }
    }

    @Test func `rules that a queue got meanwhile are kept`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            _ = try await store.submit([store.job(), store.job()])
            try await store.run { connection in
                _ = try QueueStore.limit("default", on: connection) { $0.concurrency = 1 }
            }
            let turn = try await store.turn([job], limit: 5)
            #expect(turn.lost.isEmpty)
            #expect(turn.leased.count == 1)
            #expect(try await store.status(job.lease.job) == .completed)
        }
    }

    @Test func `journal entries come along`() async throws {
        try await withFixture { store in
            let (job, next) = (try await store.leased(), try await store.submit(store.job()))
            let completion = LeaseStore.Completion(lease: job.lease, result: .ok(), entries: [.step(0, "effect")])
            let turn = try await store.run { connection in
                var cursor = LeaseCursor()
                return try LeaseStore.completeAndLease(
                    [completion], for: store.session, limit: 1, cursor: &cursor, on: connection)
            }
            #expect(turn.leased.map(\.lease.job) == [next])
            let steps = try await store.database.asSystem { connection in
                try connection.execute("SELECT count(*) AS n FROM journal").only().int("n")
            }
            #expect(steps == 1)
        }
    }

    @Test func `it works statement by statement on a connection of the tenant's`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit([store.job(), store.job()]).map(\.id)
            let connection = try await store.database.connect(as: store.tenant)
            try await connection.run { connection in
                var cursor = LeaseCursor()
                let first = try LeaseStore.completeAndLease(
                    [], for: store.session, limit: 1, cursor: &cursor, on: connection)
                let done = first.leased.map { LeaseStore.Completion(lease: $0.lease, result: .ok()) }
                let second = try LeaseStore.completeAndLease(
                    done, for: store.session, limit: 1, cursor: &cursor, on: connection)
                #expect(second.lost.isEmpty)
                #expect(second.leased.map(\.lease.job) == [jobs[1]])
            }
            await connection.close()
            #expect(try await store.status(jobs[0]) == .completed)
        }
    }
}

extension StoreFixture {
    /// Completes what was leased, and leases again.
    fileprivate func turn(
        _ done: [LeasedJob], limit: Int, session: Robot.SessionID? = nil
    ) async throws -> LeaseStore.Turn {
        try await self.run { connection in
            var cursor = LeaseCursor()
            return try LeaseStore.completeAndLease(
                done.map { LeaseStore.Completion(lease: $0.lease, result: .ok()) }, for: session ?? self.session,
                limit: limit, cursor: &cursor, on: connection)
        }
    }
}
