import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What one look at everything tells.
struct StatusStoreTests {
    private static func queues(_ store: StoreFixture) async throws -> [QueueOverview] {
        try await store.run { try StatusStore.queues(on: $0).queues }
    }

    private static func letters(_ store: StoreFixture) async throws -> LetterOverview {
        try await store.run { try StatusStore.letters(on: $0) }
    }

    /// Fails a job for good at a time.
    private static func fail(
        _ store: StoreFixture, _ failure: Failure = .business, workflow: Workflow.ID? = nil, at now: Date? = nil
    ) async throws -> Job.ID {
        let job = NewJob(workflow: workflow ?? store.workflow, workflowVersion: 1)
        _ = try await store.submit(job)
        let leased = try await store.lease()[0]
        _ = try await store.fail(leased, failure, now: now)
        return leased.lease.job
    }

    @Test func `each queue tells what waits, runs and is paused in it`() async throws {
        try await withFixture { store in
            #expect(try await Self.queues(store).map(\.name) == ["default"])
            _ = try await store.leased()
            _ = try await store.submit([store.job(), store.job(queueKey: "acme"), store.job(due: .after(.seconds(60)))])
            let paused = try await store.submit(store.job())
            try await store.run { _ = try JobStore.pause(paused, by: "ann", reason: nil, on: $0) }
            _ = try await store.submit(store.job(environment: "another"))
            let queues = try await Self.queues(store)
            #expect(queues.map(\.name) == ["another", "default"])
            #expect(queues[0].ready.value == 1 && queues[0].running == 0 && queues[0].pausedJobs.value == 0)
            let queue = queues[1]
            #expect(queue.ready == BoundedCount(2) && queue.scheduled == BoundedCount(1))
            #expect(queue.running == 1 && queue.pausedJobs == BoundedCount(1))
            #expect(!queue.isPaused)
        }
    }

    @Test func `a queue is paused until its pause is over`() async throws {
        try await withFixture { store in
            _ = try await store.submit(store.job())
            try await store.asOwner(
                """
                SELECT set_config('casare.tenant', '1', false);
                SELECT casare_rule_queue(queue_id) FROM queues;
                UPDATE queue_rules SET paused_at = '2026-01-01T00:00Z', paused_until = '2026-01-01T12:00Z', paused_by = 'ann';
                """)
            func isPaused(at now: Date) async throws -> Bool {
                try await store.run { try StatusStore.queues(now: now, on: $0).queues[0].isPaused }
            }
            #expect(try await isPaused(at: noon.addingTimeInterval(-1)))
            #expect(try await !isPaused(at: noon))
        }
    }

    @Test func `queues and their jobs are counted up to a bound, and it is said where there are more`() async throws {
        try await withFixture { store in
            try await store.asOwner(
                """
                SELECT set_config('casare.tenant', '1', false);
                INSERT INTO queues (name) SELECT 'q' || lpad(n::text, 3, '0') FROM generate_series(1, 19) AS n;
                INSERT INTO ready (job_id, queue_id, attempt, priority)
                SELECT lpad(to_hex(n), 32, '0')::uuid, queue_id, 0, 5
                FROM queues, generate_series(1, 500) AS n WHERE name = 'q001';
                """)
            let (queues, hasMore) = try await store.run { try StatusStore.queues(on: $0) }
            #expect(queues.count == StatusStore.queuesMax && !hasMore)
            #expect(queues[1].name == "q001" && queues[1].ready == BoundedCount(500))
            try await store.asOwner(
                """
                SELECT set_config('casare.tenant', '1', false);
                INSERT INTO queues (name) VALUES ('q020');
                INSERT INTO ready (job_id, queue_id, attempt, priority)
                SELECT gen_random_uuid(), queue_id, 0, 5 FROM queues WHERE name = 'q001';
                """)
            let (more, hasMoreNow) = try await store.run { try StatusStore.queues(on: $0) }
            #expect(more.count == StatusStore.queuesMax && hasMoreNow)
            #expect(more[1].ready == BoundedCount(500, isExact: false))
        }
    }

    @Test func `open letters are told by age and by group, the largest first`() async throws {
        try await withFixture { store in
            let none = try await Self.letters(store)
            #expect(none.oldestOpenAt == nil && none.groups.isEmpty && none.acknowledged == BoundedCount(0))
            let failures = [
                Failure(kind: .business, message: "no customer 17", type: "E"),
                Failure(kind: .business, message: "no customer 18", type: "E"),
                Failure(kind: .business, message: "the bank is closed", type: "E"),
            ]
            var ids: [Job.ID] = []
            for (number, failure) in failures.enumerated() {
                ids.append(try await Self.fail(store, failure, at: noon.addingTimeInterval(Double(number))))
            }
            let letters = try await Self.letters(store)
            #expect(letters.oldestOpenAt == noon)
            #expect(letters.groups.map(\.count) == [2, 1])
            let largest = try #require(letters.groups.first)
            #expect(largest.workflowName == "orders" && largest.failure.message == "no customer 18")
            #expect(largest.job == ids[1] && largest.lastOpenedAt == noon.addingTimeInterval(1))
            let counts = try await store.run { try JobStore.counts(on: $0) }
            #expect(counts.deadLettersOpen == 3)

            // What somebody knows of is not open any more, and what is settled is neither.
            try await store.asOwner(
                """
                UPDATE dead_letters SET acknowledged_at = now(), acknowledged_by = 'ann' WHERE job_id = '\(ids[0])';
                UPDATE dead_letters SET resolved_at = now(), resolved_by = 'ann' WHERE job_id = '\(ids[2])';
                """)
            let later = try await Self.letters(store)
            #expect(later.acknowledged == BoundedCount(1) && later.oldestOpenAt == noon.addingTimeInterval(1))
            #expect(later.groups.map(\.count) == [1])
            #expect(try await store.run { try JobStore.counts(on: $0).deadLettersOpen } == 1)
            try await store.asOwner("UPDATE dead_letters SET purged_at = now(), purged_until = now()")
            let purged = try await Self.letters(store)
            #expect(purged.acknowledged == BoundedCount(0) && purged.oldestOpenAt == nil && purged.groups.isEmpty)
        }
    }

    @Test func `workflows that failed within the hour are told, the worst first, with their share`() async throws {
        try await withFixture { store in
            let other = try await store.run {
                try WorkflowStore.push(name: "invoices", document: "{}", by: "ann", on: $0).version.workflow
            }
            for _ in 1...3 {
                let job = try await store.leased()
                try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            }
            _ = try await Self.fail(store)
            for _ in 1...2 { _ = try await Self.fail(store, workflow: other) }
            let failing = try await store.run { try StatusStore.failing(on: $0) }
            #expect(failing.map(\.workflowName) == ["invoices", "orders"])
            #expect(failing.map(\.failed.value) == [2, 1])
            #expect(failing.map(\.share) == [1, 0.25])
            #expect(failing.map(\.failed.isExact) == [true, true])
            // The hour is over.
            let later = Date(timeIntervalSinceNow: 3601)
            #expect(try await store.run { try StatusStore.failing(now: later, on: $0) }.isEmpty)
        }
    }

    @Test func `nothing of another tenant is told`() async throws {
        try await withFixture { store in
            _ = try await Self.fail(store)
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (9, 'other')")
            let (queues, letters, failing) = try await store.database.asTenant(Tenant.ID(rawValue: 9)) { connection in
                (
                    try StatusStore.queues(on: connection).queues, try StatusStore.letters(on: connection),
                    try StatusStore.failing(on: connection)
                )
            }
            #expect(queues.isEmpty && failing.isEmpty)
            #expect(letters.groups.isEmpty && letters.oldestOpenAt == nil)
        }
    }
}
