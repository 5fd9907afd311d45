import CasarePostgres

enum SubmitQueries {
    /// Takes idempotency keys for new jobs. A key that is still held keeps its job and its request's hash, and they
    /// come back instead; in the order of the keys, so that two batches with the same keys wait for each other once.
    static let takeKeys = Query(
        """
        INSERT INTO idempotency_keys AS known (key, job_id, request_hash, expires_at)
        SELECT key, job_id, request_hash, coalesce(@now::timestamptz, now()) + @window_seconds * interval '1 second'
        FROM unnest(@keys::text[], @jobs::uuid[], @hashes::text[]) AS asked (key, job_id, request_hash)
        ORDER BY key
        ON CONFLICT (tenant_id, key) DO UPDATE SET
            job_id = CASE WHEN known.expires_at <= coalesce(@now::timestamptz, now())
                THEN excluded.job_id ELSE known.job_id END,
            request_hash = CASE WHEN known.expires_at <= coalesce(@now::timestamptz, now())
                THEN excluded.request_hash ELSE known.request_hash END,
            expires_at = CASE WHEN known.expires_at <= coalesce(@now::timestamptz, now())
                THEN excluded.expires_at ELSE known.expires_at END
        RETURNING key, job_id, request_hash
        """)

    /// Stores jobs and makes them ready, or schedules those that are due later, all in one statement.
    ///
    /// A job is due `delays` seconds from now or at `run_at`; at once when both are null.
    /// Returns how many jobs were stored, fewer than asked when a workflow version does not exist, and which of their
    /// queues have rules: for these `wake` must follow.
    ///
    /// It is for calls none of whose jobs asks for more; `submitAsking` takes all. Where any workflow of the tenant is
    /// assigned to robots, which is a requirement that jobs do not say themselves, or the tenant has quotas, it stores
    /// nothing.
    static let submit = Query(
        """
        WITH asked AS MATERIALIZED (
            SELECT
                asked.*, coalesce(@now::timestamptz, now()) AS submitted_at,
                coalesce(
                    run_at, coalesce(@now::timestamptz, now()) + coalesce(delay, 0) * interval '1 second') AS due_at
            FROM unnest(
                @jobs::uuid[], @workflows::uuid[], @versions::int4[], @environments::text[], @priorities::int2[],
                @variables::text[], @options::text[], @keys::text[], @delays::float8[], @run_at::timestamptz[],
                @traces::bytea[], @tracestates::text[], @baggages::text[]
            ) WITH ORDINALITY AS asked (
                job_id, workflow_id, version, environment, priority, variables, options, key, delay, run_at, trace,
                tracestate, baggage, position
            )
        ), new_queues AS (
            INSERT INTO queues (name)
            SELECT environment FROM (SELECT DISTINCT environment FROM asked) AS named
            WHERE NOT EXISTS (SELECT FROM queues WHERE tenant_id = casare_tenant() AND name = environment)
            ON CONFLICT (tenant_id, name) DO UPDATE SET name = excluded.name
            RETURNING queue_id, name
        ), known_queues AS MATERIALIZED (
            SELECT queue_id, name FROM new_queues
            UNION
            SELECT queue_id, name FROM queues
            WHERE tenant_id = casare_tenant() AND name IN (SELECT environment FROM asked)
        ), known AS MATERIALIZED (
            SELECT asked.*, known_queues.queue_id
            FROM asked
            JOIN known_queues ON known_queues.name = asked.environment
            -- Looked up one by one: it must not depend on how many versions there are.
            CROSS JOIN LATERAL (
                SELECT FROM workflow_versions AS stored
                WHERE stored.tenant_id = casare_tenant() AND stored.workflow_id = asked.workflow_id
                    AND stored.version = asked.version
                LIMIT 1
            ) AS pinned
            -- Once for the statement: a tenant that assigns workflows to robots has its jobs stored by the other one.
            WHERE NOT EXISTS (SELECT FROM workflow_robots WHERE workflow_robots.tenant_id = casare_tenant())
                AND NOT EXISTS (SELECT FROM tenant_limits WHERE tenant_limits.tenant_id = casare_tenant())
        ), stored AS (
            INSERT INTO jobs (
                job_id, workflow_id, workflow_version, queue_id, priority, variables, options, idempotency_key,
                created_at, created_by, trace, tracestate, baggage
            )
            SELECT
                job_id, workflow_id, version, queue_id, priority, variables::json, options::json, key, submitted_at,
                @by, trace, tracestate, baggage
            FROM known
        ), at_once AS (
            INSERT INTO ready (job_id, queue_id, attempt, priority)
            SELECT job_id, queue_id, 0, priority FROM known WHERE due_at <= submitted_at ORDER BY position
        ), later AS (
            INSERT INTO scheduled (job_id, queue_id, priority, attempt, due_at)
            SELECT job_id, queue_id, priority, 0, due_at FROM known WHERE due_at > submitted_at
        ), noted AS (
            -- LeaseFragments.firstDue reads it.
            INSERT INTO events (job_id, at, kind, detail)
            SELECT
                job_id, submitted_at, 'submitted',
                CASE WHEN due_at > submitted_at THEN json_build_object('due_at', due_at) END
            FROM known ORDER BY position
        )
        SELECT
            count(*) AS stored,
            (
                SELECT array_agg(queue_id) FROM known_queues
                WHERE EXISTS (SELECT FROM queue_rules WHERE queue_rules.queue_id = known_queues.queue_id)
            ) AS ruled_queues
        FROM known
        """)

    /// Lets the lanes of jobs without key and requirement look for new jobs at once, in queues with rules, in their
    /// turn as if they had been leased from just now. One that somebody works on is left alone; it looks again within
    /// five seconds.
    static let wake = Query(
        """
        UPDATE lanes
        SET parked_until = NULL, parked_for = NULL, version = lanes.version + 1,
            turn_at = greatest(
                lanes.turn_at,
                coalesce(@now::timestamptz, now()) - lanes.priority * ageing_seconds * interval '1 second')
        FROM queue_rules
        WHERE (lane_id, priority) IN (
            SELECT lane_id, priority FROM lanes
            WHERE tenant_id = casare_tenant() AND lane_id = ANY (@queues::int4[]) AND parked_for = 'empty'
                AND priority = ANY (@priorities::int2[])
            FOR NO KEY UPDATE SKIP LOCKED
        ) AND queue_rules.queue_id = lanes.queue_id
        """)

    /// The first of some workflow versions that does not exist.
    static let missingVersion = Query(
        """
        SELECT workflow_id, version
        FROM unnest(@workflows::uuid[], @versions::int4[]) AS asked (workflow_id, version)
        WHERE NOT EXISTS (
            SELECT FROM workflow_versions AS known
            WHERE known.tenant_id = casare_tenant() AND known.workflow_id = asked.workflow_id
                AND known.version = asked.version
        )
        LIMIT 1
        """)
}
