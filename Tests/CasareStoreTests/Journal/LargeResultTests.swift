import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Results that are too large for the journal's rows.
struct LargeResultTests {
    private static let edge = JournalFragments.inlineBytesMax

    /// A result of so many bytes.
    static func result(bytes: Int, begin: String = #"{"outputs":{"text":""#, end: String = #""}}"#) -> String {
        begin + String(repeating: "x", count: bytes - begin.utf8.count - end.utf8.count) + end
    }

    @Test(arguments: [(Self.edge, 0), (Self.edge + 1, 1), (3_000_000, 1)])
    func `a large result stands aside and is read whole`(bytes: Int, aside: Int) async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let entries: [JournalRow] = [
                .step(0, "captured"), .step(1, "effect", Self.result(bytes: bytes)), .step(2, "effect", nil),
            ]
            try await store.run { try LeaseStore.checkpoint(job.lease, entries: entries, on: $0) }
            #expect(try await store.count("SELECT count(*) FROM journal_values") == aside)
            let inRow = try await store.count("SELECT octet_length(result::text) FROM journal WHERE step = 1")
            #expect(inRow == (aside == 0 ? bytes : #"{"aside":}"#.utf8.count + "\(bytes)".utf8.count))
            try await store.run { connection in
                let rows = try LeaseStore.journal(job.lease, on: connection)
                #expect(rows == entries)
                #expect(try JobStore.steps(job.lease.job, on: connection) == entries)
            }
        }
    }

    @Test func `large and small results of several jobs go together, in one statement`() async throws {
        try await withFixture { store in
            try await store.submit((0..<3).map { _ in store.job() })
            let jobs = try await store.lease(3)
            let stale = Lease(job: jobs[2].lease.job, token: .init(rawValue: 1_000_000))
            let large = JournalRow.step(0, "captured", Self.result(bytes: 50_000))
            let refused = try await store.run { connection in
                try LeaseStore.checkpointBatch(
                    [
                        .init(lease: jobs[0].lease, entries: [large, .step(1, "effect", nil)]),
                        .init(lease: jobs[1].lease, entries: [.step(0, "effect")]),
                        .init(lease: stale, entries: [large]),
                    ], on: connection)
            }
            #expect(refused == [jobs[2].lease.job])
            try await store.run { connection in
                let steps = try jobs.map { try JobStore.steps($0.lease.job, on: connection) }
                #expect(steps == [[large, .step(1, "effect", nil)], [.step(0, "effect")], []])
            }
            #expect(try await store.count("SELECT count(*) FROM journal_values") == 1)
        }
    }

    @Test func `a large result completes its intent, and a late duplicate of either changes nothing`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let result = JournalRow.step(0, "effect", Self.result(bytes: 40_000))
            let other = JournalRow.step(0, "effect", Self.result(bytes: 50_000))
            let entries: [JournalRow] = [
                .step(0, "effect", nil), result, .step(0, "effect", nil), other, .step(0, "effect"),
            ]
            for entry in entries {
                try await store.run { try LeaseStore.checkpoint(job.lease, entries: [entry], on: $0) }
            }
            #expect(try await store.run { try LeaseStore.journal(job.lease, on: $0) } == [result])
            #expect(try await store.count("SELECT octet_length(value::text) FROM journal_values") == 40_000)
        }
    }

    @Test func `a failure stays where it is looked for, however large it is`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let failure = Self.result(
                bytes: 60_000, begin: #"{"error":""#, end: #"","type":"E","business":false,"outputs":{}}"#)
            let entries: [JournalRow] = [.step(0, "effect"), .step(1, "effect", failure)]
            _ = try await store.run {
                try LeaseStore.fail(job.lease, failure: .broken, result: nil, entries: entries, on: $0)
            }
            #expect(try await store.run { try JobStore.steps(job.lease.job, on: $0) } == [.step(0, "effect")])
            #expect(try await store.count("SELECT count(*) FROM journal_values") == 0)
        }
    }

    @Test func `a retry drops large results with their steps and keeps the others`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let entries: [JournalRow] = [
                .step(0, "effect", Self.result(bytes: 40_000)), .step(1, "captured", Self.result(bytes: 50_000)),
            ]
            _ = try await store.run {
                try LeaseStore.fail(job.lease, failure: .broken, result: nil, entries: entries, on: $0)
            }
            #expect(try await store.run { try JobStore.steps(job.lease.job, on: $0) } == [entries[0]])
            #expect(try await store.count("SELECT count(*) FROM journal_values") == 1)
        }
    }

    @Test func `a result that looks like a marker is itself`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let entries: [JournalRow] = [
                .step(0, "effect", #"{"aside":70000}"#), .step(1, "effect", #"{"aside":"x"}"#),
            ]
            try await store.run { connection in
                try LeaseStore.checkpoint(job.lease, entries: entries, on: connection)
                #expect(try LeaseStore.journal(job.lease, on: connection) == entries)
                let filter = StepsFilter(withResults: false)
                let page = try JobStore.stepsPage(job.lease.job, filter, on: connection)
                #expect(page.steps.map(\.resultBytes) == [70_000, 13])
            }
        }
    }

    @Test func `what the server's JSON functions refuse is kept and told apart all the same`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let entries: [JournalRow] = [
                .step(0, "effect", #"{"outputs":{"a":"nul \u0000"}}"#),
                .step(1, "idempotent", #"{"error":"nul \u0000","type":"E"}"#),
                .step(2, "captured", Self.result(bytes: 40_000, begin: #"{"outputs":{"text":"\u0000"#)),
            ]
            try await store.run { connection in
                try LeaseStore.checkpoint(job.lease, entries: entries, on: connection)
                #expect(try LeaseStore.journal(job.lease, on: connection) == entries)
            }
            _ = try await store.fail(job)
            #expect(try await store.run { try JobStore.steps(job.lease.job, on: $0) } == [entries[0]])
        }
    }
}
