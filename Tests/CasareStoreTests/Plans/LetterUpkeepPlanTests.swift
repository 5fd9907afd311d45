import CasareDomain
import CasarePostgres
import Testing

@testable import CasareStore

/// What the loop that looks after dead letters reads, each minute, where there are many.
struct LetterUpkeepPlanTests {
    private static let letters = 100_100

    /// Of ten letters one is resolved, and the replay of another one has ended.
    private static let script = """
        SELECT set_config('casare.tenant', '1', false);
        INSERT INTO dead_letters (
            job_id, workflow_id, workflow_version, queue_id, priority, variables, options, failure_kind, failure_type,
            message, fingerprint, opened_at, resolved_at, resolved_by, replayed_as, replayed_at, replayed_by,
            replay_ended_at
        )
        SELECT
            lpad(to_hex(n), 32, '0')::uuid, workflow_id, version, queue_id, 5, '{}', '{}', 'business', 'E', 'm', 'f',
            now() - n * interval '1 second',
            CASE WHEN n % 10 = 0 THEN now() - n * interval '1 second' END, CASE WHEN n % 10 = 0 THEN 'ann' END,
            CASE WHEN n % 10 = 1 THEN gen_random_uuid() END, CASE WHEN n % 10 = 1 THEN now() END,
            CASE WHEN n % 10 = 1 THEN 'ann' END, CASE WHEN n % 10 = 1 THEN now() - n * interval '1 second' END
        FROM generate_series(1, \(letters)) AS n,
            (SELECT workflow_id, version FROM workflow_versions ORDER BY workflow_id, version LIMIT 1) AS workflow,
            (SELECT queue_id FROM queues ORDER BY queue_id LIMIT 1) AS queue;
        ANALYZE dead_letters;
        """

    @Test func `letters are counted only where there may be too many`() async throws {
        try await withFixture { store in
            try await store.asOwner(Self.script)
            for (kept, isCounted) in [(100_000, true), (120_000, true), (150_000, false), (2_000_000, false)] {
                let plan = try await store.measureAsSystem(
                    DeadLetterUpkeepQueries.excess, ["tenant": "1", "kept": "\(kept)", "limit": "1000"])
                #expect(isCounted ? plan.buffers > 100 : plan.buffers <= 10, "\(kept): \(plan)")
                #expect(plan.tablesScanned.isEmpty && plan.rows == 1, "\(kept): \(plan)")
                let letters = try await store.database.asSystem { connection in
                    try connection.execute(
                        DeadLetterUpkeepQueries.excess,
                        ["tenant": .int4(1), "kept": .int(kept), "limit": .int(1000)]
                    ).only().int("letters")
                }
                #expect(letters == max(0, Self.letters - kept))
            }
        }
    }

    @Test(arguments: ["NULL", "0"])
    func `what was dealt with is found by when that was`(days: String) async throws {
        try await withFixture { store in
            try await store.asOwner(Self.script)
            for query in [DeadLetterUpkeepQueries.deleteResolved, DeadLetterUpkeepQueries.deleteReplayed] {
                let plan = try await store.measureAsSystem(query, ["tenant": "1", "days": days, "limit": "100"])
                #expect(plan.tablesScanned.isEmpty && plan.rowsRemoved == 0, "\(plan)")
                #expect(plan.buffers <= 100 * 10, "\(plan)")
            }
        }
    }
}
