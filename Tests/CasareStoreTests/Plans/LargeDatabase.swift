import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport

/// A database with 20,000 jobs of 20 workflows over several weeks' partitions, as if they had been run: of a hundred
/// jobs, 2 are ready, 1 is scheduled, 1 runs, 1 is blocked, 5 failed, 2 were cancelled, 1 is paused and 87 completed.
enum LargeDatabase {
    static func with<Result: Sendable>(_ body: (StoreFixture) async throws -> Result) async throws -> Result {
        try await withFixture { store in
            try await store.asOwner(self.script)
            return try await body(store)
        }
    }

    private static let script = #"""
        SELECT set_config('casare.tenant', '1', false);
        INSERT INTO workflows (workflow_id, name, latest_version, created_at, updated_at)
        SELECT casare_uuid_floor(to_timestamp(n)), 'workflow ' || lpad(n::text, 4, '0'), 60, now(), now()
        FROM generate_series(0, 199) AS n;
        INSERT INTO workflow_versions (workflow_id, version, checksum, document, created_at, created_by)
        SELECT workflow_id, version, repeat('0', 64), '{}', now(), 'ann'
        FROM workflows, generate_series(1, 60) AS version
        WHERE name LIKE 'workflow %' AND (version = 1 OR name = 'workflow 0007');
        INSERT INTO tokens (name, role, hash, created_at)
        SELECT 'token ' || n, 'viewer', sha256(n::text::bytea), now() FROM generate_series(1, 500) AS n;

        -- Each robot was started 20 times, and runs now.
        INSERT INTO robots (robot_id, environment, tags, capabilities, slots, registered_at)
        SELECT 'robot-' || lpad(n::text, 4, '0'), 'default', '{}', '{}', 4, now() FROM generate_series(1, 300) AS n;
        INSERT INTO robot_sessions (
            robot_id, boot_id, kind, queue_id, slots, lease_seconds, opened_at, seen_at, alive_until, ended_at
        )
        SELECT
            robot_id, gen_random_uuid(), 'api', queue_id, 4, 30, now(), now(), now() + interval '1 hour',
            CASE WHEN boot < 20 THEN now() END
        FROM generate_series(1, 20) AS boot, robots, queues WHERE robot_id LIKE 'robot-%';

        CREATE TEMPORARY TABLE made AS
        SELECT
            n, casare_uuid_floor(now() + n * interval '100 seconds') AS job_id,
            casare_uuid_floor(to_timestamp(n / 100 % 20)) AS workflow_id, queue_id,
            CASE
                WHEN n % 100 < 2 THEN 'ready' WHEN n % 100 < 3 THEN 'scheduled' WHEN n % 100 < 4 THEN 'running'
                WHEN n % 100 < 5 THEN 'blocked' WHEN n % 100 < 10 THEN 'failed' WHEN n % 100 < 12 THEN 'cancelled'
                WHEN n % 100 < 13 THEN 'paused' ELSE 'completed'
            END AS status,
            n % 2 = 0 AS is_even
        FROM generate_series(1, 20000) AS n, queues;
        INSERT INTO jobs (
            job_id, workflow_id, workflow_version, queue_id, priority, variables, options, created_at, created_by
        )
        SELECT job_id, workflow_id, 1, queue_id, 5, '{}', '{}', now(), 'ann' FROM made;
        INSERT INTO ready (job_id, queue_id, attempt, priority)
        SELECT job_id, queue_id, 0, 5 FROM made WHERE status = 'ready';
        INSERT INTO scheduled (job_id, queue_id, priority, attempt, due_at)
        SELECT job_id, queue_id, 5, 0, now() + interval '1 day' FROM made WHERE status = 'scheduled';
        INSERT INTO leases (job_id, token, session_id, since, attempt, crashes)
        SELECT job_id, n, (SELECT max(session_id) FROM robot_sessions) - n / 100, now(), 1, 0
        FROM made WHERE status = 'running';
        INSERT INTO blocked (job_id, attempt, step, node, node_type, question, since)
        SELECT job_id, 1, 0, 'n', 'T', 'Done?', now() FROM made WHERE status = 'blocked';
        INSERT INTO paused (job_id, attempt, since, paused_by)
        SELECT job_id, 0, now(), 'ann' FROM made WHERE status = 'paused';
        INSERT INTO outcomes (
            job_id, kind, attempt, finished_at, failure_kind, failure_type, message, cancelled_by
        )
        SELECT
            job_id, status, 1, now(), CASE status WHEN 'failed' THEN 'application' END,
            CASE status WHEN 'failed' THEN 'E' END, 'm', CASE status WHEN 'cancelled' THEN 'ann' END
        FROM made WHERE status IN ('failed', 'cancelled', 'completed');
        INSERT INTO job_results (job_id, result)
        SELECT job_id, '{"success": true}' FROM made WHERE status = 'completed';
        INSERT INTO attempts (job_id, attempt, finished_at, crashed, failure_kind, failure_type, message)
        SELECT job_id, attempt, now(), false, 'application', 'E', 'm'
        FROM made, generate_series(1, 3) AS attempt WHERE status = 'failed';
        INSERT INTO dead_letters (
            job_id, workflow_id, workflow_version, queue_id, priority, variables, options, failure_kind, failure_type,
            message, fingerprint, opened_at, replayed_as, replayed_at, replayed_by
        )
        SELECT
            job_id, workflow_id, 1, queue_id, 5, '{}', '{}',
            CASE WHEN n % 100 = 5 THEN 'business' ELSE 'application' END, 'E', 'm', 'f', now(),
            CASE WHEN is_even THEN job_id END, CASE WHEN is_even THEN now() END, CASE WHEN is_even THEN 'ann' END
        FROM made WHERE status = 'failed';
        INSERT INTO journal (job_id, step, token, started_at, finished_at, node, node_type, effect, result)
        SELECT job_id, step, 1, now(), now(), 'n', 'T', 'effect', '{}' FROM made, generate_series(0, 2) AS step;
        INSERT INTO events (job_id, at, kind) SELECT job_id, now(), 'submitted' FROM made;
        ANALYZE;
        """#
}

/// What the server did for one statement.
struct MeasuredPlan {
    let rows: Int
    /// Pages that it read, each as often as it did.
    let buffers: Int
    /// Rows that it read and dropped.
    let rowsRemoved: Int
    /// Tables that it read from one end to the other.
    let tablesScanned: Set<String>

    init(_ explained: Value) {
        let root = explained.list?.first?["Plan"] ?? .null
        self.rows = root["Actual Rows"]?.int ?? -1
        self.buffers = (root["Shared Hit Blocks"]?.int ?? .max / 2) + (root["Shared Read Blocks"]?.int ?? .max / 2)
        var removed = 0
        var scanned: Set<String> = []
        var nodes = [root]
        while let node = nodes.popLast() {
            if node["Node Type"] == "Seq Scan", let table = node["Relation Name"]?.string { scanned.insert(table) }
            let perLoop = ["Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"]
                .reduce(0) { $0 + (node[$1]?.int ?? 0) }
            removed += perLoop * (node["Actual Loops"]?.int ?? 1)
            nodes += node["Plans"]?.list ?? []
        }
        self.rowsRemoved = removed
        self.tablesScanned = scanned
    }
}

extension StoreFixture {
    /// How the server runs a statement, as the service does it: prepared, with the settings of its connections.
    ///
    /// - Parameters:
    ///   - arguments: SQL literals by the names of the parameters; those that are missing are null.
    ///   - forAnyArguments: with the plan that a connection keeps once it has run the statement some times.
    func measure(
        _ query: Query, _ arguments: [String: String] = [:], forAnyArguments: Bool = false
    ) async throws -> MeasuredPlan {
        try await self.run { connection in
            if forAnyArguments { try connection.script("SET LOCAL plan_cache_mode = force_generic_plan") }
            return try Self.measure(query, arguments, on: connection)
        }
    }

    /// The same for a statement of a background loop. What it changes stays.
    func measureAsSystem(_ query: Query, _ arguments: [String: String] = [:]) async throws -> MeasuredPlan {
        try await self.database.asSystem { try Self.measure(query, arguments, on: $0) }
    }

    private static func measure(
        _ query: Query, _ arguments: [String: String], on connection: isolated PostgresConnection
    ) throws -> MeasuredPlan {
        let values = query.parameterNames.map { arguments[$0] ?? "NULL" }.joined(separator: ", ")
        try connection.script("PREPARE probe AS \(query.text)")
        let explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE probe" + (values.isEmpty ? "" : "(\(values))")
        let text = try connection.execute(Query(assembled: explain)).only().string("QUERY PLAN")
        try connection.script("DEALLOCATE probe")
        return MeasuredPlan(try Value(parsingJSON: text))
    }
}
