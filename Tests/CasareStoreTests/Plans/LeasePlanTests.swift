import CasareDomain
import CasarePostgres
import CasareTestSupport
import Testing

@testable import CasareStore

/// What a lease costs does not depend on how many jobs wait, nor on how many of them may not be leased.
struct LeasePlanTests {
    private static let last = Int64.max

    private static func plainArguments(_ session: Robot.SessionID) -> [String: String] {
        let priorities = Watermarks.priorities.map(String.init).joined(separator: ",")
        let zeros = Watermarks.priorities.map { _ in "0" }.joined(separator: ",")
        let ends = Watermarks.priorities.map { _ in "\(self.last)" }.joined(separator: ",")
        return [
            "session": "\(session)", "limit": "10", "priorities": "'{\(priorities)}'", "watermarks": "'{\(zeros)}'",
            "untils": "'{\(ends)}'",
        ]
    }

    private static func laneArguments(_ session: Robot.SessionID) -> [String: String] {
        ["session": "\(session)", "limit": "10", "lanes": "20", "share": "2", "turn_from": "NULL"]
    }

    /// Half a million plain jobs of one queue; in another half a million in 10,000 lanes, of which all but ten are
    /// blocked: by rates that are used up, pauses of keys, and a requirement that no robot meets. Of each queue's jobs
    /// those that come first have all that a lease reads.
    private static let million = #"""
        SELECT set_config('casare.tenant', '1', false);
        INSERT INTO queues (name) VALUES ('laned');
        INSERT INTO robots (robot_id, environment, tags, capabilities, slots, registered_at)
        VALUES ('r2', 'laned', '{}', '{}', 10, now());
        INSERT INTO robot_sessions (
            robot_id, boot_id, kind, queue_id, slots, lease_seconds, opened_at, seen_at, alive_until
        )
        SELECT 'r2', gen_random_uuid(), 'api', queue_id, 10, 30, now(), now(), now() + interval '1 hour'
        FROM queues WHERE name = 'laned';
        SELECT casare_rule_queue(queue_id) FROM queues WHERE name = 'laned';
        INSERT INTO queue_keys (queue_id, key, paused_at, paused_by)
        SELECT
            queue_id, 'k' || n, CASE WHEN n > 10 AND n % 3 = 0 THEN now() END,
            CASE WHEN n > 10 AND n % 3 = 0 THEN 'ann' END
        FROM queues, generate_series(1, 10000) AS n WHERE name = 'laned';
        INSERT INTO requirements (queue_id, tags) SELECT queue_id, '{gpu}' FROM queues WHERE name = 'laned';
        INSERT INTO lanes (priority, queue_id, key_id, requirement_id, turn_at, parked_until, parked_for)
        SELECT
            5, queue_id, key_id,
            CASE WHEN key_id > 10 AND key_id % 3 = 1 THEN (SELECT requirement_id FROM requirements) ELSE 0 END,
            now() - interval '1 hour',
            CASE WHEN key_id > 10 AND key_id % 3 <> 1 THEN now() + interval '1 hour' END,
            CASE WHEN key_id > 10 AND key_id % 3 <> 1 THEN CASE key_id % 3 WHEN 0 THEN 'paused' ELSE 'rate' END END
        FROM queue_keys;
        INSERT INTO ready (tenant_id, job_id, queue_id, attempt, priority)
        SELECT 1, lpad(to_hex(n), 32, '0')::uuid, queue_id, 0, 5
        FROM queues, generate_series(1, 500000) AS n WHERE name = 'default';
        INSERT INTO ready (tenant_id, job_id, queue_id, attempt, priority)
        SELECT 1, lpad(to_hex(500000 + row_number() OVER (ORDER BY n, lane_id DESC)), 32, '0')::uuid, lane_id, 0, 5
        FROM lanes, generate_series(1, 50) AS n WHERE lane_id < 0;
        INSERT INTO jobs (
            job_id, workflow_id, workflow_version, queue_id, priority, variables, options, created_at, created_by
        )
        SELECT
            job_id, (SELECT workflow_id FROM workflows), 1, (SELECT min(queue_id) FROM queues), 5, '{}', '{}', now(),
            'ann'
        FROM (
            (SELECT job_id FROM ready WHERE queue_id > 0 ORDER BY seq LIMIT 100)
            UNION ALL
            (SELECT job_id FROM ready WHERE queue_id < 0 ORDER BY seq LIMIT 20000)
        ) AS first;
        ANALYZE;
        """#

    @Test func `leasing ten of a million jobs reads what it leases and little else`() async throws {
        try await withFixture { store in
            let laned = try await store.run { _ in store.session.rawValue + 1 }
            try await store.asOwner(Self.million)
            let plain = try await store.measure(LeaseQueries.lease, Self.plainArguments(store.session))
            #expect(plain.rows == 10 && plain.tablesScanned.isEmpty, "\(plain)")
            #expect(plain.buffers <= 250 && plain.rowsRemoved <= 21, "\(plain)")
            let lanes = try await store.measure(
                LeaseQueries.leaseLanes, Self.laneArguments(Robot.SessionID(rawValue: laned)))
            #expect(lanes.rows == 10 && lanes.tablesScanned.isEmpty, "\(lanes)")
            #expect(lanes.buffers <= 600, "\(lanes)")
            let aged = try await store.measure(
                LeaseQueries.aged,
                [
                    "session": "\(store.session)", "priorities": Self.plainArguments(store.session)["priorities"] ?? "",
                    "watermarks": Self.plainArguments(store.session)["watermarks"] ?? "", "step_seconds": "60",
                ])
            #expect(aged.tablesScanned.isEmpty && aged.buffers <= 120, "\(aged)")
        }
    }

    @Test func `a plain queue pays a page or two for the rules of others`() async throws {
        try await withFixture { store in
            try await store.load(3000)
            try await store.asOwner("ANALYZE")
            var text = LeaseQueries.lease.text
            let additions = [
                " AND cordoned_at IS NULL",
                "AND NOT EXISTS (SELECT FROM queue_rules WHERE queue_rules.queue_id = robot_sessions.queue_id)",
                " AND ready.seq <= mark.until",
            ]
            for addition in additions {
                try #require(text.contains(addition))
                text.replace(addition, with: "")
            }
            let arguments = Self.plainArguments(store.session)
            let values = LeaseQueries.lease.parameterNames.map { arguments[$0] ?? "NULL" }.joined(separator: ", ")
            let bare = text
            let types = LeaseQueries.lease.parameterNames.map { name in
                [
                    "session": "int8", "limit": "int8", "priorities": "int2[]", "watermarks": "int8[]",
                    "untils": "int8[]", "now": "timestamptz",
                ][name] ?? "unknown"
            }.joined(separator: ", ")
            let explain = "EXPLAIN (ANALYZE, BUFFERS, WAL, FORMAT JSON) EXECUTE"
            var buffers: [String: [Int]] = [:]
            var bytes: [String: [Int]] = [:]
            for _ in 0..<5 {
                for (name, statement) in [("bare", bare), ("whole", LeaseQueries.lease.text)] {
                    let plan = try await store.run { connection in
                        try connection.script("PREPARE \(name) (\(types)) AS \(statement)")
                        let row = try connection.execute(Query(assembled: "\(explain) \(name) (\(values))")).only()
                        try connection.script("DEALLOCATE \(name)")
                        return try Value(parsingJSON: try row.string("QUERY PLAN"))
                    }
                    buffers[name, default: []].append(MeasuredPlan(plan).buffers)
                    bytes[name, default: []].append(plan.list?.first?["Plan"]?["WAL Bytes"]?.int ?? -1)
                }
            }
            let median = { (values: [Int]?) -> Int in (values ?? []).sorted()[2] }
            #expect(median(buffers["whole"]) <= median(buffers["bare"]) + 4, "\(buffers)")
            #expect(
                abs(median(bytes["whole"]) - median(bytes["bare"])) * 10 <= median(bytes["bare"]), "\(bytes)")
        }
    }
}
