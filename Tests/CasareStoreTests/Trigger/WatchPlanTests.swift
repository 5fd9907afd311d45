import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// What robots ask every few seconds is looked up by index, whatever other triggers and sessions there are.
struct WatchPlanTests {
    private static let taken = 1000
    private static let offered = 50

    /// 20,000 triggers, of which robots watch 2,000: ten open sessions hold the first thousand of those, 900 are held by
    /// sessions that have ended, as have most, and nobody ever had the others. Half of the 2,000 have secrets.
    private static let many = """
        SELECT set_config('casare.tenant', '1', false);
        INSERT INTO robot_sessions (
            robot_id, boot_id, kind, queue_id, slots, lease_seconds, opened_at, seen_at, alive_until, ended_at
        )
        SELECT
            'r1', gen_random_uuid(), 'api', queue_id, 4, 30, now(), now(), now() + interval '1 hour',
            CASE WHEN n > 10 THEN now() END
        FROM generate_series(1, 5000) AS n, queues;
        INSERT INTO triggers (
            trigger_id, name, kind, spec, variables, created_at, created_by, updated_at, updated_by
        )
        SELECT
            lpad(to_hex(n), 32, '0')::uuid, 't' || n,
            CASE n % 20 WHEN 0 THEN 'file' WHEN 1 THEN 'feed' WHEN 2 THEN 'job' ELSE 'webhook' END,
            '{"workflow": "orders"}', '{}', now(), 'ann', now(), 'ann'
        FROM generate_series(1, 20000) AS n;
        INSERT INTO trigger_secrets (trigger_id, number, sealed, key_id, created_at)
        SELECT trigger_id, 1, 'x', 'k', now() FROM triggers WHERE kind = 'feed';
        INSERT INTO trigger_watches (trigger_id, session_id, since, state, state_of)
        SELECT
            trigger_id, first + CASE WHEN place <= \(taken) THEN 1 + place % 10 ELSE 10 + place END, now(), '{}', 'x'
        FROM (
            SELECT trigger_id, row_number() OVER (ORDER BY trigger_id) AS place
            FROM triggers WHERE kind IN ('file', 'feed')
        ) AS watched, (SELECT min(session_id) AS first FROM robot_sessions) AS sessions
        WHERE place <= 1900;
        ANALYZE;
        """

    private static func arguments(_ store: StoreFixture) -> [String: String] {
        [
            "session": "\(store.session)", "robot": "'r1'", "environment": "'default'",
            "environment_default": "'default'", "opens_secrets": "true", "limit": "\(self.offered)",
        ]
    }

    @Test func `watches that are free are found by index, and taken by key`() async throws {
        try await withFixture { store in
            try await store.asOwner(Self.many)
            var arguments = Self.arguments(store)
            let take = try await store.measure(WatchQueries.take, arguments, forAnyArguments: true)
            #expect(take.rows == Self.offered && take.tablesScanned.isEmpty, "\(take)")
            // Triggers that nobody watches for are not even looked at.
            #expect(take.rowsRemoved == 0, "\(take)")
            // Of each trigger before the free ones who watches; the free ones are locked and written as well.
            #expect(take.buffers <= Self.taken * 8 + Self.offered * 40, "\(take)")

            // A robot that opens no secrets passes over those that have one, half of all.
            arguments["opens_secrets"] = "false"
            let others = try await store.measure(WatchQueries.take, arguments, forAnyArguments: true)
            #expect(others.rows == Self.offered && others.tablesScanned.isEmpty, "\(others)")
            #expect(others.rowsRemoved <= Self.taken, "\(others)")
            #expect(others.buffers <= Self.taken * 8 + Self.offered * 2 * 40, "\(others)")
        }
    }

    @Test func `what a session holds is found by index, and looked up by key`() async throws {
        try await withFixture { store in
            try await store.asOwner(Self.many)
            let arguments = Self.arguments(store)
            let asker = try await store.measure(WatchQueries.asker, arguments, forAnyArguments: true)
            #expect(asker.rows == 1 && asker.tablesScanned.isEmpty && asker.buffers < 20, "\(asker)")
            _ = try await store.measure(WatchQueries.take, arguments)
            let held = try await store.measure(WatchQueries.held, arguments, forAnyArguments: true)
            #expect(held.rows == Self.offered && held.tablesScanned.isEmpty && held.rowsRemoved == 0, "\(held)")
            #expect(held.buffers <= Self.offered * 2, "\(held)")

            let ids = try await store.run { connection in
                try connection.execute(WatchQueries.held, ["session": .int8(store.session.rawValue)])
                    .map { try $0.uuid("trigger_id") }
            }
            let named = ids.map { "'\($0.uuidString)'" }.joined(separator: ",")
            let ones = ids.map { _ in "1" }.joined(separator: ",")
            let release = try await store.measure(
                WatchQueries.release,
                [
                    "session": "\(store.session)", "triggers": "ARRAY[\(named)]::uuid[]",
                    "revisions": "ARRAY[\(ones)]::int8[]",
                ], forAnyArguments: true)
            #expect(release.tablesScanned.isEmpty, "\(release)")
            #expect(release.buffers <= Self.offered * 10, "\(release)")
            #expect(try await store.measure(WatchQueries.held, arguments).rows == Self.offered, "all were named")

            let trigger = try #require(ids.first)
            let one = [
                "trigger": "'\(trigger.uuidString)'", "session": "\(store.session)", "version": "0", "state": "'{}'",
                "state_of": "'x'", "error": "'e'",
            ]
            let statements = [
                WatchQueries.trigger, WatchQueries.report, WatchQueries.status, WatchQueries.refuse,
                WatchQueries.restart,
            ]
            for query in statements {
                let plan = try await store.measure(query, one, forAnyArguments: true)
                #expect(plan.tablesScanned.isEmpty && plan.rowsRemoved == 0, "\(query.text): \(plan)")
                #expect(plan.buffers < 60, "\(query.text): \(plan)")
            }
        }
    }
}
