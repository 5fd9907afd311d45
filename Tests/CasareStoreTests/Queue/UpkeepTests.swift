import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

struct UpkeepTests {
    @Test func `the clock is noted every five seconds, whoever does it, and forgotten after a week`() async throws {
        try await withFixture { store in
            func upkeep(_ seconds: Double) async throws -> Int {
                let now = noon.addingTimeInterval(seconds)
                _ = try await store.database.asSystem { try QueueStore.upkeep(now: now, on: $0) }
                return try await store.count("SELECT count(*) FROM ready_clock")
            }
            #expect(try await upkeep(0) == 1)
            #expect(try await upkeep(4.9) == 1)
            #expect(try await upkeep(5) == 2)
            let purged = try await store.database.asSystem {
                try QueueStore.purge(days: nil, now: noon.addingTimeInterval(7 * 86_400 + 1), on: $0)
            }
            #expect(purged.rows == 1 && purged.partitions.isEmpty)
        }
    }

    @Test func `weeks whose jobs are over are dropped, others stay`() async throws {
        try await withFixture { store in
            func week(_ days: Int) -> String { "casare_uuid_floor(now() - interval '\(days) days')" }
            try await store.asOwner(
                """
                SELECT set_config('casare.tenant', '1', false);
                SELECT casare_create_partitions(0, now() - interval '70 days');
                SELECT casare_create_partitions(0, now() - interval '63 days');
                INSERT INTO jobs (
                    job_id, workflow_id, workflow_version, queue_id, priority, variables, options, created_at, created_by
                )
                SELECT job, '\(store.workflow)', 1, queue_id, 5, '{}', '{}', now(), 'ann'
                FROM queues, (VALUES (\(week(70))), (\(week(63)))) AS old (job);
                INSERT INTO attempts (job_id, attempt, finished_at, crashed, failure_kind, failure_type, message)
                SELECT job_id, 1, now(), false, 'application', 'E', 'm' FROM jobs;
                INSERT INTO ready (job_id, queue_id, attempt, priority)
                SELECT job_id, queue_id, 0, 5 FROM jobs ORDER BY job_id LIMIT 1;
                """)
            func purge(_ days: Int) async throws -> QueueStore.Purged {
                try await store.database.asSystem { try QueueStore.purge(days: days, on: $0) }
            }
            let tables = try await store.count("SELECT count(*) FROM casare_weekly_tables()")
            let first = try await purge(30)
            #expect(
                first.partitions.count == tables && first.isPartial, "the week before, which is kept, is not in its way"
            )
            #expect(try await purge(30).partitions.isEmpty, "a job of that week waits")
            #expect(try await store.count("SELECT count(*) FROM jobs JOIN ready USING (job_id)") == 1)
            #expect(try await store.count("SELECT count(*) FROM jobs") == 1)
            #expect(try await store.count("SELECT count(*) FROM attempts") == 1, "with the job went what lay beside it")
            try await store.asOwner(
                """
                SELECT set_config('casare.tenant', '1', false);
                WITH gone AS (DELETE FROM ready RETURNING job_id)
                INSERT INTO paused (job_id, attempt, since, paused_by) SELECT job_id, 0, now(), 'ann' FROM gone;
                """)
            #expect(try await purge(30).partitions.isEmpty, "a job of that week is paused")
            try await store.asOwner("DELETE FROM paused")
            #expect(try await purge(30).partitions.count == tables)
            #expect(try await purge(0).partitions.isEmpty, "this week stays")
            #expect(try await store.count("SELECT count(*) FROM attempts") == 0)
        }
    }

    @Test func `more than goes at once of keys and sessions that have run out is told of, and goes the next time`()
        async throws
    {
        try await withFixture { store in
            try await store.asOwner(
                """
                INSERT INTO idempotency_keys (tenant_id, key, job_id, request_hash, expires_at)
                SELECT 1, number::text, gen_random_uuid(), '', now() FROM generate_series(1, 10001) AS number;
                INSERT INTO robot_sessions (
                    tenant_id, robot_id, boot_id, kind, queue_id, slots, lease_seconds, opened_at, seen_at, alive_until,
                    ended_at
                )
                SELECT
                    1, 'r1', gen_random_uuid(), 'api', 1, 1, 30, now(), now(), now(), now() - interval '2 days'
                FROM generate_series(1, 10001);
                INSERT INTO leases (tenant_id, job_id, token, session_id, since, attempt, crashes)
                SELECT 1, gen_random_uuid(), 1, max(session_id), now(), 1, 0 FROM robot_sessions;
                """)
            func purge() async throws -> QueueStore.Purged {
                try await store.database.asSystem { try QueueStore.purge(days: nil, on: $0) }
            }
            let first = try await purge()
            #expect(first.isPartial && first.rows == 20_000)
            let second = try await purge()
            #expect(!second.isPartial && second.rows == 1)
            #expect(
                try await store.count("SELECT count(*) FROM robot_sessions") == 2,
                "the open one, and one that still has a lease")
            #expect(try await store.count("SELECT count(*) FROM idempotency_keys") == 0)
        }
    }

    @Test func `of sessions that ended long ago each robot's last stays: it says how the robot went`() async throws {
        try await withFixture { store in
            try await store.asOwner(
                """
                DELETE FROM robot_sessions;
                INSERT INTO robots (tenant_id, robot_id, environment, tags, capabilities, slots, registered_at)
                VALUES (1, 'r2', 'default', '{}', '{}', 1, now());
                INSERT INTO robot_sessions (
                    tenant_id, robot_id, boot_id, kind, queue_id, slots, lease_seconds, opened_at, seen_at, alive_until,
                    ended_at
                )
                SELECT
                    1, robot, gen_random_uuid(), 'api', 1, 1, 30, now(), now(), now(), now() - interval '9 days'
                FROM generate_series(1, 3), unnest(ARRAY['r1', 'r2']) AS robot;
                """)
            let purged = try await store.database.asSystem { try QueueStore.purge(days: nil, on: $0) }
            #expect(purged.rows == 4)
            #expect(try await store.count("SELECT count(DISTINCT robot_id) FROM robot_sessions") == 2)
        }
    }

    @Test func `a queue whose rules somebody has locked does not keep the upkeep from others`() async throws {
        try await withFixture { store in
            try await store.load(2, keys: 1)
            var cursor = LeaseCursor()
            #expect(try await store.lease(5, &cursor).count == 2)
            #expect(try await store.count("SELECT count(*) FROM lanes WHERE parked_for = 'empty' AND lane_id < 0") == 1)
            try await store.asOwner("UPDATE queue_rules SET concurrency = 5; UPDATE leases SET gate = NULL")
            let holder = try await store.database.connect()
            try await holder.script("BEGIN")
            try await holder.execute(SettingQueries.tenant, ["tenant": .text(store.tenant.description)])
            try await holder.execute("SELECT FROM queue_rules FOR UPDATE")
            let lanes = "SELECT count(*) FROM lanes WHERE lane_id < 0"
            #expect(try await store.count(lanes) == 1)
            await #expect(throws: PostgresError.self) {
                _ = try await store.database.asSystem { try QueueStore.upkeep(on: $0) }
            }
            #expect(try await store.count(lanes) == 0, "the lane that is empty went all the same")
            try await holder.script("COMMIT")
            await holder.close()
        }
    }

    @Test func `dead letters outlive their week with their attempts, replayed or not`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            _ = try await store.fail(job, .business)
            // As if the week were over and gone.
            try await store.asOwner("DELETE FROM jobs")
            let later = Date().addingTimeInterval(40 * 86_400)
            func purge() async throws -> Int {
                try await store.database.asSystem { try QueueStore.purge(days: 30, now: later, on: $0).rows }
            }
            #expect(try await purge() == 0)
            _ = try await store.run { try JobStore.retry(job.lease.job, by: "ann", on: $0) }
            #expect(try await purge() == 0)
            #expect(try await store.count("SELECT count(*) FROM dead_letters") == 1)
            try await store.asOwner("DELETE FROM dead_letters")
            #expect(try await purge() == 1, "its attempt")
            #expect(try await store.count("SELECT count(*) FROM attempts") == 0)
        }
    }

    @Test func `a unique key is forgotten once nobody can hold it any more`() async throws {
        try await withFixture { store in
            let jobs = try await store.load(3)
            try await store.asOwner(
                """
                SELECT set_config('casare.tenant', '1', false);
                INSERT INTO unique_jobs (key, job_id, scope, held_until, first_at) VALUES
                    ('waits', '\(jobs[0])', 'waiting', NULL, now()), ('ends', '\(jobs[1])', 'unfinished', NULL, now()),
                    ('gone', '00000000-0000-7000-8000-000000000001', 'unfinished', NULL, now()),
                    ('window', '\(jobs[2])', 'window', now() + interval '1 hour', now());
                """)
            func purge(_ now: Date? = nil) async throws -> [Int] {
                let rows = try await store.database.asSystem { try QueueStore.purge(days: nil, now: now, on: $0).rows }
                return [rows, try await store.count("SELECT count(*) FROM unique_jobs")]
            }
            #expect(try await purge() == [1, 3])
            _ = try await store.run { try JobStore.cancel(jobs[1], by: "ann", reason: nil, on: $0) }
            #expect(try await purge() == [1, 2])
            #expect(try await purge(Date().addingTimeInterval(3601)) == [1, 1], "the job that waits holds its own")
        }
    }
}
