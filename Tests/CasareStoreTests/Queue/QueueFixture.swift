import CasareDomain
import CasarePostgres
import FoundationEssentials

@testable import CasareStore

/// Short ways to what tests of queues with rules do all the time. The queue is that of the fixture's robot.
extension StoreFixture {
    static let queue = "default"

    /// Stores ready jobs as a submit does, in the order of their numbers.
    ///
    /// - Parameter keys: so many share them in turn; 0: they have none.
    @discardableResult
    func load(
        _ count: Int, keys: Int = 0, prefix: String = "k", priority: Int = 5, requirement: Int32? = nil
    ) async throws -> [Job.ID] {
        try await self.run { connection in
            try connection.execute(
                Self.loading,
                [
                    "queue": .text(Self.queue), "workflow": .uuid(self.workflow.rawValue), "count": .int(count),
                    "keys": .int(keys), "prefix": .text(prefix), "priority": .int(priority),
                    "requirement": .int4(requirement),
                ]
            ).map { Job.ID(rawValue: try $0.uuid("job_id")) }
        }
    }

    private static let loading = Query(
        """
        WITH made AS MATERIALIZED (
            SELECT
                n, queue_id, CASE WHEN @keys::int4 > 0 THEN @prefix::text || n % @keys END AS queue_key,
                overlay(casare_uuid_floor(now())::text PLACING substr(gen_random_uuid()::text, 15) FROM 15)::uuid
                    AS job_id
            FROM generate_series(1, @count::int4) AS n, queues
            WHERE tenant_id = casare_tenant() AND name = @queue::text
        ), place AS MATERIALIZED (
            SELECT
                queue_key,
                CASE
                    WHEN queue_key IS NULL AND @requirement::int4 IS NULL
                        AND NOT EXISTS (SELECT FROM queue_rules WHERE queue_rules.queue_id = lane.queue_id)
                        THEN queue_id
                    ELSE casare_lane(queue_id, queue_key, @requirement, @priority::int2)
                END AS lane_id
            FROM (SELECT DISTINCT queue_id, queue_key FROM made ORDER BY queue_key OFFSET 0) AS lane
        ), stored AS (
            INSERT INTO jobs (
                job_id, workflow_id, workflow_version, queue_id, priority, variables, options, created_at, created_by,
                queue_key, requirement_id
            )
            SELECT job_id, @workflow::uuid, 1, queue_id, @priority, '{}', '{}', now(), 'ann', queue_key, @requirement
            FROM made
        ), queued AS (
            INSERT INTO ready (job_id, queue_id, attempt, priority)
            SELECT job_id, lane_id, 0, @priority
            FROM made JOIN place ON made.queue_key IS NOT DISTINCT FROM place.queue_key ORDER BY n
        )
        SELECT job_id FROM made ORDER BY n
        """)

    /// Leases with what the session remembers.
    func lease(
        _ limit: Int, _ cursor: inout LeaseCursor, session: Robot.SessionID? = nil, now: Date? = nil
    ) async throws -> [LeasedJob] {
        let before = cursor
        let (jobs, after) = try await self.run { connection in
            var cursor = before
            // The time that a test states does not pass by the clock that this goes by.
            if now != nil { cursor.turns = nil }
            let jobs = try LeaseStore.lease(
                session ?? self.session, limit: limit, cursor: &cursor, now: now, on: connection)
            return (jobs, cursor)
        }
        cursor = after
        return jobs
    }

    func complete(_ jobs: [LeasedJob]) async throws {
        let batch = try await self.run { connection in
            try LeaseStore.completeBatch(
                jobs.map { LeaseStore.Completion(lease: $0.lease, result: .ok()) }, on: connection)
        }
        precondition(batch.lost.isEmpty, "A lease of the test's own was lost")
    }

    func limit(_ change: @Sendable (inout QueueLimits) -> Void) async throws {
        try await self.run { _ = try QueueStore.limit(Self.queue, on: $0, change) }
    }

    func queue() async throws -> JobQueue { try await self.run { try QueueStore.get(Self.queue, on: $0) } }

    /// The keys of jobs, in their order; "" for one without.
    func keys(of jobs: [LeasedJob]) async throws -> [String] {
        try await self.run { connection in
            try connection.execute(
                """
                SELECT coalesce(queue_key, '') AS key
                FROM unnest(@jobs::uuid[]) WITH ORDINALITY AS asked (job_id, position) JOIN jobs USING (job_id)
                ORDER BY position
                """, ["jobs": .uuidArray(jobs.map(\.lease.job.rawValue))]
            ).map { try $0.string("key") }
        }
    }

    /// One number that a statement finds, of the system's or of the user's who owns the tables.
    func count(_ sql: String, asOwner: Bool = false) async throws -> Int {
        let query = Query(assembled: "SELECT (\(sql))::int8 AS number")
        guard !asOwner else {
            let connection = try await PostgresConnection.connect(self.database.configuration)
            let number = try await connection.execute(query).only().int("number")
            await connection.close()
            return number
        }
        return try await self.database.asSystem { connection in
            try connection.execute(query).only().int("number")
        }
    }

    func register(_ name: String, tags: [String] = [], capabilities: [String] = []) async throws -> Robot.SessionID {
        try await self.run { connection in
            guard let robot = Robot.ID(rawValue: name) else { throw StoreError.notFound(.robot, name) }
            _ = try RobotStore.register(
                robot, environment: Self.queue, tags: tags, capabilities: capabilities, slots: 9, on: connection)
            return try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 9, on: connection)
        }
    }
}
