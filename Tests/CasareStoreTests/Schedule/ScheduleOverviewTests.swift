import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Schedules that ought to have fired, and circles of them.
struct ScheduleOverviewTests {
    @Test func `a schedule is late a few seconds after it was due, and not before`() async throws {
        try await withFixture { store in
            let made = try await store.schedule("slow", every: 60)
            try await store.schedule("slower", every: 3600)
            let due = try #require(made.dueAt)
            let edge = due.addingTimeInterval(ScheduleStore.lateSeconds)
            func late(_ now: Date) async throws -> LateSchedules {
                try await store.run { try ScheduleStore.late(now: now, on: $0) }
            }
            let atTheEdge = try await late(edge)
            #expect(atTheEdge.count == BoundedCount(0) && atTheEdge.first.isEmpty)
            let beyond = try await late(edge.addingTimeInterval(0.001))
            #expect(beyond.count == BoundedCount(1) && beyond.first.map(\.name) == ["slow"])
            #expect(beyond.first.first?.dueAt == due)
            let hours = try await late(due.addingTimeInterval(7200))
            #expect(hours.first.map(\.name) == ["slow", "slower"], "the latest first")
            // Nobody waits for one that is paused.
            _ = try await store.pause(made.id, at: edge)
            let paused = try await late(due.addingTimeInterval(7200))
            #expect(paused.first.map(\.name) == ["slower"])
        }
    }

    @Test func `a look for late schedules reads an index from its beginning`() async throws {
        try await withFixture { store in
            try await store.asOwner(
                #"""
                SELECT set_config('casare.tenant', '1', false);
                INSERT INTO schedules (
                    schedule_id, name, kind, workflow, spec, variables, next_at, due_at, created_at, created_by,
                    updated_at, updated_by
                )
                SELECT
                    gen_random_uuid(), 's' || n, 'interval', 'orders', '{}', '{}', now() + (n - 3) * interval '1 minute',
                    now() + (n - 3) * interval '1 minute', now(), 'ann', now(), 'ann'
                FROM generate_series(1, 20000) AS n;
                ANALYZE schedules;
                """#)
            let plan = try await store.measure(
                ScheduleQueries.late, ["now": "NULL", "seconds": "5", "limit": "501"], forAnyArguments: true)
            #expect(plan.rows == 2 && plan.tablesScanned.isEmpty && plan.rowsRemoved <= 2, "\(plan)")
            #expect(plan.buffers < 20, "\(plan)")
        }
    }

    @Test func `a circle of workflows is found by their names, also where a schedule has an ID`() async throws {
        try await withFixture { store in
            let b = try await store.run { connection in
                _ = try WorkflowStore.push(name: "a", document: StoreFixture.document, by: "ann", on: connection)
                return try WorkflowStore.push(
                    name: "b", document: StoreFixture.document, by: "ann", on: connection
                ).version.workflow
            }
            try await store.schedule("one") {
                $0.timing = .dependency(.init(after: ["a"]))
                $0.workflow = b.description
            }
            func cycle(_ after: [String], _ workflow: String, named name: String = "two") async throws -> [String]? {
                let spec = ScheduleSpec(timing: .dependency(.init(after: after)), workflow: workflow)
                return try await store.run { try ScheduleStore.dependencyCycle(of: spec, named: name, on: $0) }
            }
            let closing = try await cycle(["b"], "a")
            #expect(closing == ["b", "a", "b"])
            let open = try await cycle(["b"], "orders")
            #expect(open == nil)
            let itself = try await cycle(["b"], b.description)
            #expect(itself == ["b", "b"])
            let instead = try await cycle(["b"], "a", named: "one")
            #expect(instead == nil, "it takes the place of the one that there is")
            let timed = try await store.run {
                try ScheduleStore.dependencyCycle(
                    of: ScheduleSpec(timing: .interval(.init(seconds: 60)), workflow: "a"), named: "three", on: $0)
            }
            #expect(timed == nil)
        }
    }
}
