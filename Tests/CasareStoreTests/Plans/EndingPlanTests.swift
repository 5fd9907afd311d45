import CasareDomain
import CasarePostgres
import CasareTestSupport
import Testing

@testable import CasareStore

/// What it costs to end jobs does not depend on how many others run, nor on what the planner believes about that.
struct EndingPlanTests {
    private static func list(_ values: some Sequence<String>) -> String {
        "'{\(values.joined(separator: ","))}'"
    }

    @Test func `leases are looked up one by one, also by who has seen their table empty`() async throws {
        try await withFixture { store in
            try await store.asOwner("VACUUM ANALYZE leases")
            _ = try await store.load(600)
            let leases = try await store.lease(500).map(\.lease)
            try #require(leases.count == 500)
            let batches = stride(from: 0, to: 80, by: 20).map { Array(leases[$0..<$0 + 20]) }
            func arguments(_ batch: [Lease]) -> [String: String] {
                let zeros = Watermarks.priorities.map { _ in "0" }
                return [
                    "jobs": Self.list(batch.map(\.job.description)),
                    "tokens": Self.list(batch.map(\.token.description)),
                    "results": Self.list(batch.map { _ in "\"{}\"" }), "session": "\(store.session)", "limit": "20",
                    "priorities": Self.list(Watermarks.priorities.map(\.description)),
                    "watermarks": Self.list(zeros), "untils": Self.list(zeros.map { _ in "\(Int64.max)" }),
                    "entry_jobs": Self.list(batch.map(\.job.description)),
                    "steps": Self.list(batch.map { _ in "0" }), "started": Self.list(batch.map { _ in "now" }),
                    "finished": Self.list(batch.map { _ in "now" }), "nodes": Self.list(batch.map { _ in "n" }),
                    "node_types": Self.list(batch.map { _ in "T" }), "effects": Self.list(batch.map { _ in "effect" }),
                ]
            }
            let statements: [(query: Query, rows: Int, batch: [Lease])] = [
                (EndingQueries.complete, 20, batches[0]), (LeaseQueries.completeAndLease, 40, batches[1]),
                (JournalQueries.checkpoint, 20, batches[2]), (SessionQueries.changed, 0, batches[3]),
                (OwnershipQueries.robotsOfLeases, 20, batches[3]),
            ]
            for (query, rows, batch) in statements {
                let measured = try await store.measure(query, arguments(batch), forAnyArguments: true)
                #expect(measured.rows == rows, "\(measured) \(query.text)")
                #expect(measured.tablesScanned.isEmpty && measured.rowsRemoved <= 20 * 20, "\(measured) \(query.text)")
            }
        }
    }
}
