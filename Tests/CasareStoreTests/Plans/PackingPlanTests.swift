import CasareDomain
import CasarePostgres
import CasareTestSupport
import Testing

@testable import CasareStore

/// What it costs to pack journals depends on what is packed, and not on what there is.
struct PackingPlanTests {
    @Test func `journals are found and packed without reading others`() async throws {
        try await LargeDatabase.with { store in
            let page = try await store.measureAsSystem(
                PackingQueries.page,
                [
                    "tenant": "1", "after": "'\(Job.ID.first)'", "seconds": "0", "limit": "1000",
                    "now": "now() + interval '1 year'",
                ])
            #expect(page.rows == 334 && page.tablesScanned.isEmpty && page.buffers <= 334 * 20, "\(page)")
            let jobs = try await store.run { try JobStore.list(.init(status: .completed), limit: 50, on: $0) }
                .map(\.id).sorted()
            let pack = try await store.measureAsSystem(
                PackingQueries.pack,
                [
                    "tenant": "1", "jobs": "'{\(jobs.map(\.description).joined(separator: ","))}'",
                    "first": "'\(jobs[0])'", "last": "'\(jobs[49])'", "steps_max": "1000", "bytes_max": "1000000",
                ])
            #expect(pack.tablesScanned.isEmpty && pack.buffers <= 50 * 100, "\(pack)")
            #expect(try await store.count("SELECT count(*) FROM journal_packed") == 50)
        }
    }
}
