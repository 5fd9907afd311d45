import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Under which lease an entry was written: no lease has the token 0, and no robot writes what has it.
struct JournalTokenTests {
    private static func tokens(of job: Job.ID, in store: StoreFixture) async throws -> [Int64] {
        try await store.run { connection in
            try connection.execute(
                "SELECT token FROM journal WHERE tenant_id = casare_tenant() AND job_id = @job ORDER BY step",
                ["job": .uuid(job.rawValue)]
            ).map { try $0.int64("token") }
        }
    }

    @Test func `what a robot records has the token of its lease, which is never 0`() async throws {
        try await withFixture { store in
            let first = try await store.leased().lease
            try await store.run { connection in
                try LeaseStore.checkpoint(first, entries: [.step(0, "effect")], on: connection)
                try LeaseStore.release(first, reason: "test", on: connection)
            }
            let second = try await store.lease()[0].lease
            try await store.run { connection in
                let entries: [JournalRow] = [.step(0, "effect"), .step(1, "effect", nil)]
                try LeaseStore.complete(second, result: .ok(), entries: entries, on: connection)
            }
            let tokens = try await Self.tokens(of: first.job, in: store)
            #expect(tokens == [first.token.rawValue, second.token.rawValue] && tokens.allSatisfy { $0 > 0 })
        }
    }

    @Test func `nobody records anything under the token 0`() async throws {
        try await withFixture { store in
            let job = try await store.leased().lease.job
            let nobody = Lease(job: job, token: .init(rawValue: 0))
            await #expect(throws: StoreError.leaseLost(job)) {
                try await store.run { try LeaseStore.checkpoint(nobody, entries: [.step(0, "effect")], on: $0) }
            }
            let tokens = try await Self.tokens(of: job, in: store)
            #expect(tokens.isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `an answer belongs to no lease, but to that of its intent where there is one`(hasIntent: Bool) async throws {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let intents: [JournalRow] = hasIntent ? [.step(1, "effect", nil)] : []
            try await store.run { connection in
                try LeaseStore.block(
                    lease, question: .init(step: 1, node: "n1", nodeType: "T", text: "Done?"),
                    entries: [.step(0, "effect")] + intents, on: connection)
                _ = try JobStore.resolve(lease.job, step: 1, as: .skip, by: "bob", reason: "r", on: connection)
            }
            let tokens = try await Self.tokens(of: lease.job, in: store)
            #expect(tokens == [lease.token.rawValue, hasIntent ? lease.token.rawValue : 0])
        }
    }

    @Test func `what a fork takes over belongs to no lease, and is no progress of the one that breaks off`()
        async throws
    {
        try await withFixture { store in
            let lease = try await store.leased().lease
            let new = try await store.run { connection in
                try LeaseStore.complete(
                    lease, result: .ok(), entries: [.step(0, "effect"), .step(1, "effect"), .step(2, "effect")],
                    on: connection)
                return try JobStore.fork(
                    lease.job, from: 2, by: "bob", variables: nil, reason: "r", on: connection)
            }
            let tokens = try await Self.tokens(of: new, in: store)
            #expect(tokens == [0, 0])
            let session = try await store.openSession(now: noon)
            _ = try await store.lease(session: session, now: noon)
            let report = try await store.sweep(now: noon.addingTimeInterval(31))
            #expect(report.requeued.map(\.job) == [new])
            #expect(try await store.count("SELECT crashes FROM ready") == 1)
        }
    }
}
