import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Journals of ended jobs in one row each.
struct PackingTests {
    /// Long after everything that a test does.
    private static let later = Date().addingTimeInterval(86_400)

    private static let entries: [JournalRow] = [
        .step(0, "captured", #"{"outputs": {"b":1,"a":2.0}}"#),
        .step(1, "effect", LargeResultTests.result(bytes: 40_000)),
        .step(2, "idempotent", #"{"error":"no \u0000","type":"E"}"#), .step(3, "effect", nil),
    ]

    private static func pack(
        _ store: StoreFixture, after hours: Int = 1, _ cursor: PackingCursor = PackingCursor(), now: Date = Self.later
    ) async throws -> PackingReport {
        try await store.database.asSystem { connection in
            var cursor = cursor
            return try JournalStore.pack(
                endedFor: .seconds(hours * 3600), cursor: &cursor, now: now, on: connection)
        }
    }

    /// Leases a job that was submitted so long after noon.
    private static func leased(_ store: StoreFixture, at seconds: Double = 0) async throws -> Lease {
        var job = store.job()
        job.id = .new(at: noon.addingTimeInterval(seconds))
        return try await store.leased(job).lease
    }

    /// The same, ended an hour after noon.
    private static func completed(
        _ store: StoreFixture, at seconds: Double = 0, _ entries: [JournalRow] = Self.entries
    ) async throws -> Job.ID {
        let lease = try await Self.leased(store, at: seconds)
        try await store.run {
            try LeaseStore.complete(
                lease, result: .ok(), entries: entries, now: noon.addingTimeInterval(3600), on: $0)
        }
        return lease.job
    }

    @Test func `a packed journal is read as before, and takes one row`() async throws {
        try await withFixture { store in
            let job = try await Self.completed(store)
            #expect(try await Self.pack(store).packed == 1)
            #expect(try await store.count("SELECT count(*) FROM journal") == 0)
            #expect(try await store.count("SELECT count(*) FROM journal_packed") == 1)
            try await store.run { connection in
                #expect(try JobStore.steps(job, on: connection) == Self.entries)
                let whole = try connection.execute(
                    Query(assembled: JournalFragments.rows(of: "@job") + " ORDER BY step"), ["job": .uuid(job.rawValue)]
                )
                #expect(try whole.map { try JournalRow(row: $0) } == Self.entries)
                #expect(try whole.filter { try $0.int64("token") > 0 }.count == Self.entries.count)
            }
            #expect(try await Self.pack(store).packed == 0)
        }
    }

    @Test func `pages of a packed journal are those of the journal`() async throws {
        try await withFixture { store in
            let job = try await Self.completed(store)
            func pages() async throws -> [[JournaledStep]] {
                try await store.run { connection in
                    try [
                        StepsFilter(), StepsFilter(limit: 2), StepsFilter(after: 1, limit: 2),
                        StepsFilter(after: 0, withResults: false), StepsFilter(after: 3),
                    ].map { try JobStore.stepsPage(job, $0, on: connection).steps }
                }
            }
            let before = try await pages()
            #expect(before.map { $0.map(\.step) } == [[0, 1, 2, 3], [0, 1], [2, 3], [1, 2, 3], []])
            #expect(try await Self.pack(store).packed == 1)
            #expect(try await pages() == before)
        }
    }

    @Test func `only jobs that ended long enough ago are packed`() async throws {
        try await withFixture { store in
            let running = try await Self.leased(store)
            try await store.run { try LeaseStore.checkpoint(running, entries: Self.entries, on: $0) }
            _ = try await Self.completed(store)
            let edge = noon.addingTimeInterval(2 * 3600)
            #expect(try await Self.pack(store, now: edge.addingTimeInterval(-0.001)).packed == 0)
            #expect(try await Self.pack(store, now: edge).packed == 1)
            #expect(try await Self.pack(store).packed == 0)
            #expect(try await store.run { try LeaseStore.journal(running, on: $0) } == Self.entries)
        }
    }

    @Test func `what could not be packed is looked at again a day later, and not before`() async throws {
        try await withFixture { store in
            let running = try await Self.leased(store)
            try await store.run { try LeaseStore.checkpoint(running, entries: Self.entries, on: $0) }
            let start = ContinuousClock.now
            func pack(_ cursor: PackingCursor, after hours: Int) async throws -> (packed: Int, cursor: PackingCursor) {
                try await store.database.asSystem { connection in
                    var cursor = cursor
                    let report = try JournalStore.pack(
                        endedFor: .zero, cursor: &cursor, at: start + .seconds(hours * 3600), now: Self.later,
                        on: connection)
                    return (report.packed, cursor)
                }
            }
            let first = try await pack(PackingCursor(), after: 0)
            try await store.run { try LeaseStore.complete(running, result: .ok(), on: $0) }
            let second = try await pack(first.cursor, after: 23)
            let third = try await pack(second.cursor, after: 24)
            #expect([first.packed, second.packed, third.packed] == [0, 0, 1])
        }
    }

    @Test func `a page that is full is told of, and the next one goes on after it`() async throws {
        try await withFixture { store in
            let jobs = [try await Self.completed(store, []), try await Self.completed(store, at: 1)]
            try await Self.fill(store, jobs[0], steps: JournalStore.rowsPerPage)
            let reports = try await store.database.asSystem { connection in
                var cursor = PackingCursor()
                let first = try JournalStore.pack(endedFor: .zero, cursor: &cursor, now: Self.later, on: connection)
                let second = try JournalStore.pack(endedFor: .zero, cursor: &cursor, now: Self.later, on: connection)
                return [first, second]
            }
            #expect(reports.map(\.packed) == [1, 1] && reports.map(\.isPartial) == [true, false])
            #expect(try await store.run { try JobStore.steps(jobs[0], on: $0) }.count == JournalStore.rowsPerPage)
        }
    }

    private static func fill(_ store: StoreFixture, _ job: Job.ID, steps: Int) async throws {
        try await store.asOwner(
            """
            INSERT INTO journal (
                tenant_id, job_id, step, token, started_at, finished_at, node, node_type, effect, result
            )
            SELECT 1, '\(job)', step, 1, now(), now(), 'n', 'T', 'captured', '{}'
            FROM generate_series(0, \(steps - 1)) AS step
            """)
    }

    @Test func `a journal that would make too large a row stays as it is`() async throws {
        try await withFixture { store in
            let large = try await Self.completed(store, [])
            let small = try await Self.completed(store, at: 1)
            try await Self.fill(store, large, steps: JournalStore.stepsMax + 1)
            let packed = try await store.database.asSystem { connection in
                var cursor = PackingCursor()
                var (count, isPartial) = (0, true)
                while isPartial {
                    let report = try JournalStore.pack(
                        endedFor: .zero, cursor: &cursor, now: Self.later, on: connection)
                    (count, isPartial) = (count + report.packed, report.isPartial)
                }
                return count
            }
            #expect(packed == 1)
            #expect(try await store.run { try JobStore.steps(large, on: $0) }.count == JournalStore.stepsMax + 1)
            #expect(try await store.run { try JobStore.steps(small, on: $0) } == Self.entries)
        }
    }

    @Test func `two who pack at once pack each journal once`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            var jobs: [Job.ID] = []
            for second in 0..<20 { jobs.append(try await Self.completed(store, at: Double(second))) }
            let packed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await Self.pack(store).packed } }
                return try await group.reduce(0, +)
            }
            #expect(packed == 20)
            for job in jobs {
                #expect(try await store.run { try JobStore.steps(job, on: $0) } == Self.entries)
            }
        }
    }

    @Test func `a journal that cannot be packed keeps no other from it`() async throws {
        try await withFixture { store in
            let jobs = [try await Self.completed(store), try await Self.completed(store, at: 1)]
            // As if it had been packed before; then there would be nothing in the journal.
            try await store.asOwner(
                """
                INSERT INTO journal_packed (
                    tenant_id, job_id, steps, tokens, started, finished, nodes, node_types, effects, results
                ) VALUES (1, '\(jobs[0])', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
                """)
            let report = try await Self.pack(store)
            #expect(report.packed == 1 && report.failures.map { $0.job.job } == [jobs[0]])
            #expect(try await store.run { try JobStore.steps(jobs[0], on: $0) } == Self.entries)
        }
    }

    @Test func `a tenant whose journal somebody holds keeps no other tenant's from being packed`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            let other = try await StoreFixture(store.database, tenant: Tenant.ID(rawValue: 2))
            let jobs = [try await Self.completed(store), try await Self.completed(other)]
            let holder = try await PostgresConnection.connect(store.database.configuration)
            try await holder.script("BEGIN; SELECT FROM journal WHERE job_id = '\(jobs[0])' FOR UPDATE")
            let report = try await store.database.asSystem { connection in
                try connection.script("SET lock_timeout = '10ms'")
                var cursor = PackingCursor()
                let report = try JournalStore.pack(endedFor: .zero, cursor: &cursor, now: Self.later, on: connection)
                try connection.script("SET lock_timeout = '2s'")
                return report
            }
            await holder.close()
            #expect(report.packed == 1 && report.failures.map(\.job.job) == [jobs[0]])
            #expect(try await Self.pack(store).packed == 1)
        }
    }

    @Test func `each tenant's journals are packed`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            let other = try await StoreFixture(store.database, tenant: Tenant.ID(rawValue: 2))
            let jobs = [try await Self.completed(store), try await Self.completed(other)]
            #expect(try await Self.pack(store).packed == 2)
            #expect(try await other.run { try JobStore.steps(jobs[1], on: $0) } == Self.entries)
            await #expect(throws: StoreError.notFound(.job, jobs[0].description)) {
                try await other.run { _ = try JobStore.steps(jobs[0], on: $0) }
            }
        }
    }
}
