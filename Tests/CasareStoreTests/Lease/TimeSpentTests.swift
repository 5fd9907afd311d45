import CasareDomain
@testable import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// How much of a job's time limit its earlier leases took, by the clock of the queue.
struct TimeSpentTests {
    private static func at(_ seconds: Double) -> Date { noon.addingTimeInterval(seconds) }

    private static func spent(_ job: LeasedJob, _ store: StoreFixture) async throws -> Double {
        try await store.run { try LeaseStore.jobJournal(job.lease, on: $0).secondsSpent }
    }

    @Test func `the lease that runs counts for nothing yet`() async throws {
        try await withFixture { store in
            let job = try await store.leased(now: noon)
            #expect(try await Self.spent(job, store) == 0)
        }
    }

    @Test func `leases that were handed back or lost with their robot add up, and waiting in between does not`()
        async throws
    {
        try await withFixture { store in
            let first = try await store.leased(now: noon)
            try await store.run { try LeaseStore.release(first.lease, reason: "test", now: Self.at(10), on: $0) }
            let lost = try await store.openSession(now: Self.at(100))
            let second = try #require(try await store.lease(session: lost, now: Self.at(100)).first)
            #expect(try await Self.spent(second, store) == 10)
            #expect(try await store.sweep(now: Self.at(140)).sessionsEnded > 0)
            let other = try await store.openSession(now: Self.at(200))
            let third = try #require(try await store.lease(session: other, now: Self.at(200)).first)
            #expect(third.attempt == 2)
            #expect(try await Self.spent(third, store) == 50)
        }
    }

    @Test func `an attempt after a failure begins anew`() async throws {
        try await withFixture { store in
            let first = try await store.leased(now: noon)
            _ = try await store.fail(first, now: Self.at(30))
            _ = try await store.promote(now: Self.at(100))
            let second = try #require(try await store.lease(now: Self.at(100)).first)
            #expect(try await Self.spent(second, store) == 0)
            try await store.run { try LeaseStore.release(second.lease, reason: "test", now: Self.at(107), on: $0) }
            let third = try #require(try await store.lease(now: Self.at(200)).first)
            #expect(try await Self.spent(third, store) == 7)
        }
    }

    @Test func `who has lost the lease is told nothing`() async throws {
        try await withFixture { store in
            let job = try await store.leased(now: noon)
            try await store.run { try LeaseStore.release(job.lease, reason: "test", on: $0) }
            await #expect(throws: StoreError.leaseLost(job.lease.job)) { try await Self.spent(job, store) }
        }
    }
}
