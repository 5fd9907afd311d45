import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// What a look at the clock costs does not depend on how many schedules there are.
struct SchedulePlanTests {
    /// A hundred thousand that are due one after the other, a few of them now.
    private static let many = #"""
        SELECT set_config('casare.tenant', '1', false);
        INSERT INTO schedules (
            schedule_id, name, kind, workflow, spec, variables, next_at, due_at, created_at, created_by, updated_at,
            updated_by
        )
        SELECT
            gen_random_uuid(), 's' || n, 'interval', 'orders',
            '{"interval": {"seconds": 3600}, "workflow": "orders", "overlap": "skip", "catch_up": {}}', '{}',
            now() + (n - 700) * interval '36 ms', now() + (n - 700) * interval '36 ms', now(), 'ann', now(), 'ann'
        FROM generate_series(1, 100000) AS n;
        ANALYZE schedules;
        """#

    @Test func `a look at a hundred thousand schedules is one scan of one index`() async throws {
        try await withFixture { store in
            try await store.asOwner(Self.many)
            let text = try await store.database.asSystem { connection in
                try connection.script("PREPARE probe AS \(FiringQueries.due.text)")
                let plan = try connection.execute(
                    Query(assembled: "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE probe(NULL, 0.2, 500)")
                ).only().string("QUERY PLAN")
                try connection.script("DEALLOCATE probe")
                return plan
            }
            let explained = try Value(parsingJSON: text)
            let plan = MeasuredPlan(explained)
            #expect(plan.rows == 500 && plan.rowsRemoved == 0 && plan.tablesScanned.isEmpty)
            #expect(plan.buffers < 100)
            let root = explained.list?.first?["Plan"]
            #expect(root?["Node Type"] == "Limit")
            // Beside the scan: who is suspended, read once.
            let below = (root?["Plans"]?.list ?? []).filter { $0["Parent Relationship"] != "InitPlan" }
            #expect(below.count == 1 && below.first?["Node Type"] == "Index Scan")
            #expect(below.first?["Index Name"] == "schedules_due" && below.first?["Actual Loops"] == 1)
            #expect(FiringQueries.due.parameterNames == ["now", "ahead_seconds", "limit"])
        }
    }

    @Test func `what is looked up for each schedule is looked up by its key`() async throws {
        try await withFixture { store in
            try await store.asOwner(Self.many)
            let schedule = try await store.schedule { $0.overlap = .allowAll }
            let ids = "ARRAY['\(schedule.id)']::uuid[]"
            let loads = try await store.measure(TickQueries.loads, ["schedules": ids], forAnyArguments: true)
            #expect(loads.tablesScanned.isEmpty && loads.rowsRemoved == 0)
            let take = try await store.measure(FiringQueries.take, ["schedules": ids], forAnyArguments: true)
            #expect(take.tablesScanned.isEmpty && take.buffers < 50)
            let page = try await store.measureAsSystem(
                SettlingQueries.page, ["after": "'00000000-0000-0000-0000-000000000000'", "limit": "5000"])
            #expect(page.tablesScanned.isEmpty && page.buffers < 50)
        }
    }
}
