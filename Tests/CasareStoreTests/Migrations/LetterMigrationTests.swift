import CasareDomain
import CasarePostgres
@testable import CasareStore
import CasareTestSupport
import Testing

/// What becomes of dead letters that were there before they told so much.
struct LetterMigrationTests {
    @Test func `letters of before get what is known of their jobs`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let before = Migration.all.filter { $0.version < Migration.letters.version }
            _ = try await connection.run { try Migrator(before).migrate(on: $0) }
            try await connection.script(Self.script)
            _ = try await connection.run { try Migrator(Migration.all).migrate(on: $0) }
            let letters = try await connection.run { connection in
                try connection.execute(
                    """
                    SELECT
                        concat_ws(
                            ' ', coalesce(robot_id, '-'), coalesce(step::text, '-'), attempt_count, tags::text,
                            coalesce(replay_ended_at::text, '-')
                        ) AS letter
                    FROM dead_letters ORDER BY job_id
                    """
                ).map { try $0.string("letter") }
            }
            #expect(letters == ["r1 1 2 {gpu} -", "r2 4 1 {} -", "r3 - 3 {} -", "- - 0 {} -"])
            await connection.close()
        }
    }

    /// A job with its journal, one whose journal is packed, one of which only attempts are left, and one of which
    /// nothing is.
    private static let script = #"""
        SELECT set_config('casare.tenant', '1', false);
        INSERT INTO queues (name) VALUES ('default');
        INSERT INTO workflows (workflow_id, name, latest_version, created_at, updated_at)
        VALUES ('00000000-0000-7000-8000-000000000001', 'orders', 1, now(), now());
        INSERT INTO workflow_versions (workflow_id, version, checksum, document, created_at, created_by)
        VALUES ('00000000-0000-7000-8000-000000000001', 1, repeat('0', 64), '{}', now(), 'ann');
        INSERT INTO requirements (queue_id, tags) SELECT queue_id, '{gpu}' FROM queues;
        INSERT INTO dead_letters (
            job_id, workflow_id, workflow_version, queue_id, priority, variables, options, failure_kind, failure_type,
            message, fingerprint, opened_at, requirement_id, replayed_as, replayed_at, replayed_by
        )
        SELECT
            ('00000000-0000-7000-8000-00000000001' || n)::uuid, '00000000-0000-7000-8000-000000000001', 1,
            requirements.queue_id, 5,
            '{}', '{}', 'application', 'E', 'm', 'f', now(), CASE WHEN n = 1 THEN requirement_id END,
            CASE WHEN n = 4 THEN '00000000-0000-7000-8000-000000000099'::uuid END, CASE WHEN n = 4 THEN now() END,
            CASE WHEN n = 4 THEN 'ann' END
        FROM generate_series(1, 4) AS n, queues, requirements;
        INSERT INTO outcomes (job_id, kind, attempt, finished_at, robot_id, failure_kind, failure_type, message)
        SELECT
            ('00000000-0000-7000-8000-00000000001' || n)::uuid, 'failed', 3 - n, now(), 'r' || n, 'application', 'E', 'm'
        FROM generate_series(1, 2) AS n;
        INSERT INTO attempts (job_id, attempt, robot_id, finished_at, crashed, failure_kind, failure_type, message)
        SELECT '00000000-0000-7000-8000-000000000013', n, 'r' || n, now(), false, 'application', 'E', 'm'
        FROM generate_series(1, 3) AS n;
        INSERT INTO journal (job_id, step, token, started_at, finished_at, node, node_type, effect, result)
        SELECT
            '00000000-0000-7000-8000-000000000011', n, 1, now(), CASE WHEN n < 2 THEN now() END, 'n', 'T', 'effect',
            CASE WHEN n < 2 THEN '{}'::json END
        FROM generate_series(0, 2) AS n;
        INSERT INTO journal_packed (
            job_id, steps, tokens, started, finished, nodes, node_types, effects, results
        )
        SELECT
            '00000000-0000-7000-8000-000000000012', '{3,4}', '{1,1}', ARRAY[now(), now()], ARRAY[now(), now()],
            '{a,b}', '{T,T}', '{effect,effect}', ARRAY['{}', '{}']::json[];
        """#
}
