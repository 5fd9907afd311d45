import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct JournalTests {
    @Test func `a result completes its intent and is never overwritten`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            try await store.run { connection in
                try LeaseStore.checkpoint(job.lease, entries: [.step(0, "effect", nil)], on: connection)
                #expect(try LeaseStore.journal(job.lease, on: connection) == [.step(0, "effect", nil)])
                try LeaseStore.checkpoint(
                    job.lease,
                    entries: [.step(0, "effect", #"{"outputs": {"b":1,"a":2.0}}"#), .step(1, "effect", nil)],
                    on: connection)
                try LeaseStore.checkpoint(job.lease, entries: [.step(0, "effect", #"{"other": 1}"#)], on: connection)
                let expected: [JournalRow] = [
                    .step(0, "effect", #"{"outputs": {"b":1,"a":2.0}}"#), .step(1, "effect", nil),
                ]
                #expect(try LeaseStore.journal(job.lease, on: connection) == expected)
            }
        }
    }

    @Test func `an intent and its result may come together`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            try await store.run { connection in
                try LeaseStore.checkpoint(
                    job.lease, entries: [.step(0, "effect", nil), .step(0, "effect"), .step(0, "effect", nil)],
                    on: connection)
                #expect(try LeaseStore.journal(job.lease, on: connection) == [.step(0, "effect")])
            }
        }
    }

    @Test func `the checkpoints of many jobs go together`() async throws {
        try await withFixture { store in
            try await store.submit((0..<3).map { _ in store.job() })
            let jobs = try await store.lease(3)
            let stale = Lease(job: jobs[2].lease.job, token: .init(rawValue: 1_000_000))
            let refused = try await store.run { connection in
                try LeaseStore.checkpointBatch(
                    [
                        .init(lease: jobs[0].lease, entries: [.step(0, "captured"), .step(1, "effect", nil)]),
                        .init(lease: jobs[1].lease, entries: []),
                        .init(lease: stale, entries: [.step(0, "effect")]),
                    ], on: connection)
            }
            #expect(refused == [jobs[2].lease.job])
            try await store.run { connection in
                let steps = try jobs.map { try JobStore.steps($0.lease.job, on: connection).count }
                #expect(steps == [2, 0, 0])
            }
        }
    }

    @Test func `batches that bring the same steps at once go through one after the other`() async throws {
        try await withFixture { store in
            try await store.submit((0..<20).map { _ in store.job() })
            let leases = try await store.lease(20).map(\.lease)
            for round in 0..<20 {
                let batch = leases.map { lease in
                    LeaseStore.Checkpoint(
                        lease: lease, entries: (0..<10).map { JournalRow.step(round * 10 + $0, "effect") })
                }
                async let first = store.run { try LeaseStore.checkpointBatch(batch, on: $0) }
                async let second = store.run { try LeaseStore.checkpointBatch(batch.reversed(), on: $0) }
                let refused = try await (first, second)
                #expect(refused.0.isEmpty && refused.1.isEmpty)
            }
        }
    }

    static let trims: [([JournalRow], Int)] = [
        ([], 0),
        ([.step(0, "captured"), .step(1, "captured")], 0),
        ([.step(0, "captured"), .step(1, "effect"), .step(2, "captured")], 2),
        ([.step(0, "idempotent"), .step(1, "effect", #"{"error": "no", "type": "E"}"#)], 1),
        ([.step(0, "effect"), .step(1, "captured"), .step(2, "idempotent", nil)], 1),
        // It may have happened: the retry must find that in doubt, not do it again unasked.
        ([.step(0, "effect"), .step(1, "captured"), .step(2, "effect", nil)], 3),
    ]

    @Test(arguments: Self.trims)
    func `a retry keeps the journal up to the last change of the world`(entries: [JournalRow], kept: Int) async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let outcome = try await store.run {
                try LeaseStore.fail(
                    job.lease, failure: .broken, result: nil, entries: entries, randomFraction: 0.5, now: noon, on: $0)
            }
            #expect(outcome == .retrying(at: noon.addingTimeInterval(10)))
            #expect(try await store.run { try JobStore.steps(job.lease.job, on: $0) } == Array(entries.prefix(kept)))
        }
    }

    @Test func `steps of an unknown job are not found`() async throws {
        try await withFixture { store in
            let id = Job.ID.new(at: noon)
            await #expect(throws: StoreError.notFound(.job, id.description)) {
                try await store.run { _ = try JobStore.steps(id, on: $0) }
            }
        }
    }
}
