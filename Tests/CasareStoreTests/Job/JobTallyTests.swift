import CasareDomain
import CasareStore
import CasareTestSupport
import Testing

/// What a transaction has made is counted, and nothing else.
struct JobTallyTests {
    @Test func `jobs are counted in the transaction that has made them, and in no other`() async throws {
        try await withFixture { store in
            let jobs = [store.job(), store.job(), store.job(environment: "another")]
            let (made, ids) = try await store.run { connection in
                let ids = try JobStore.submit(jobs, by: "ann", on: connection).map(\.id)
                return (try JobStore.tally(of: ids + ids, on: connection), ids)
            }
            #expect(
                made.lines == [
                    JobTally.Line(queue: "another", workflow: "orders", jobs: 1),
                    JobTally.Line(queue: "default", workflow: "orders", jobs: 2),
                ])
            #expect(Set(made.jobs.map(\.id)) == Set(ids) && made.jobs.count == 3)
            #expect(Set(made.jobs.map(\.trace)) == Set(jobs.map(\.trace)))
            #expect(made.jobs.allSatisfy { $0.schedule == nil })
            #expect(try await store.run { try JobStore.tally(of: ids, on: $0) }.lines.isEmpty)
            #expect(try await store.run { try JobStore.tally(of: [], on: $0) }.lines.isEmpty)
        }
    }

    @Test func `what a key brings again is not counted again`() async throws {
        try await withFixture { store in
            let key = NewJob.Idempotency(key: "k", request: "r")
            for expected in [1, 0] {
                let made = try await store.run { connection in
                    let job = try JobStore.submit([store.job(idempotency: key)], by: "ann", on: connection)[0]
                    return try JobStore.tally(of: [job.id], on: connection)
                }
                #expect(made.lines.reduce(0) { $0 + $1.jobs } == expected)
            }
        }
    }

    @Test func `a replay counts as a job and as a letter that was replayed, a retry of what went well does not`()
        async throws
    {
        try await withFixture { store in
            let failed = try await store.leased()
            _ = try await store.fail(failed, .business)
            let replayed = try await store.run { connection in
                let new = try JobStore.replay(failed.lease.job, by: "ann", on: connection)
                return try JobStore.tally(of: [new], on: connection)
            }
            #expect(replayed.lines == [JobTally.Line(queue: "default", workflow: "orders", jobs: 1, replays: 1)])
            let done = try #require(try await store.lease().first)
            try await store.run { try LeaseStore.complete(done.lease, result: .ok(), on: $0) }
            let again = try await store.run { connection in
                let new = try JobStore.retry(done.lease.job, by: "ann", on: connection)
                return try JobStore.tally(of: [new], on: connection)
            }
            #expect(again.lines == [JobTally.Line(queue: "default", workflow: "orders", jobs: 1)])
        }
    }
}
