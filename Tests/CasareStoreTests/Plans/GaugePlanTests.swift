import CasareDomain
import CasarePostgres
import Testing

@testable import CasareStore

/// What metrics read of all tenants at once.
struct GaugePlanTests {
    private static let queues = 5
    private static let jobs = 4000

    /// The statistics are those of a time when next to nothing waited, as they are while a backlog builds up.
    private static let script = """
        SELECT set_config('casare.tenant', '1', false);
        INSERT INTO queues (name) SELECT 'q' || n FROM generate_series(1, \(queues - 1)) AS n;
        INSERT INTO ready (job_id, queue_id, attempt, priority)
        SELECT gen_random_uuid(), min(queue_id), 0, 5 FROM queues;
        ANALYZE ready;
        INSERT INTO ready (job_id, queue_id, attempt, priority)
        SELECT gen_random_uuid(), queue_id, 0, 5 FROM queues, generate_series(1, \(jobs));
        """

    @Test func `jobs that are ready are read for their own queue alone`() async throws {
        try await withFixture { store in
            try await store.asOwner(Self.script)
            let plan = try await store.measureAsSystem(
                GaugeQueries.queues, ["count_max": "1000000", "lanes_max": "1000", "limit": "5000"])
            #expect(plan.rows == Self.queues, "\(plan)")
            #expect(plan.buffers <= Self.queues * Self.jobs / 4, "\(plan)")
        }
    }
}
