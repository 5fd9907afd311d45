import CasarePostgres

/// For jobs that ask the queue for more than a place in it.
extension SubmitQueries {
    /// As `submit`, for jobs with a key, a requirement's number (`QueueStore.requirement`), a deadline or a unique key
    /// too. Those that have none, of a queue without rules, take the way that they take there. A statement of its own,
    /// because starting its plan costs plain submits 0.1 ms each.
    ///
    /// Nothing is stored where the tenant has quotas: then `submitCounted` must follow.
    static let submitAsking = SubmitQueries.asking(
        where: "NOT EXISTS (SELECT FROM tenant_limits WHERE tenant_limits.tenant_id = casare_tenant())")

    /// The same for a tenant with quotas, after they were checked.
    static let submitCounted = SubmitQueries.asking(where: "true")

    /// - Parameter condition: whose jobs are stored; where it does not hold, nothing is.
    private static func asking(where condition: String) -> Query {
        Query(
            assembled: """
                WITH asked AS MATERIALIZED (
                    SELECT
                        asked.*, coalesce(@now::timestamptz, now()) AS submitted_at,
                        coalesce(
                            run_at, coalesce(@now::timestamptz, now()) + coalesce(delay, 0) * interval '1 second') AS due_at,
                        coalesce(
                            expires_by, coalesce(@now::timestamptz, now()) + expires_in * interval '1 second') AS expires_at
                    FROM unnest(
                        @jobs::uuid[], @workflows::uuid[], @versions::int4[], @environments::text[], @priorities::int2[],
                        @variables::text[], @options::text[], @keys::text[], @delays::float8[], @run_at::timestamptz[],
                        @queue_keys::text[], @requirements::int4[], @expires_in::float8[], @expires_at::timestamptz[],
                        @unique_keys::text[], @unique_scopes::text[], @unique_seconds::float8[], @traces::bytea[],
                        @tracestates::text[], @baggages::text[]
                    ) WITH ORDINALITY AS asked (
                        job_id, workflow_id, version, environment, priority, variables, options, key, delay, run_at, queue_key,
                        requirement_id, expires_in, expires_by, unique_key, unique_scope, unique_seconds, trace, tracestate,
                        baggage, position
                    )
                ), new_queues AS (
                    INSERT INTO queues (name)
                    SELECT environment FROM (SELECT DISTINCT environment FROM asked) AS named
                    WHERE NOT EXISTS (SELECT FROM queues WHERE tenant_id = casare_tenant() AND name = environment)
                    ON CONFLICT (tenant_id, name) DO UPDATE SET name = excluded.name
                    RETURNING queue_id, name
                ), known_queues AS MATERIALIZED (
                    SELECT queue_id, name, EXISTS (SELECT FROM queue_rules WHERE queue_rules.queue_id = queue.queue_id) AS has_rules
                    FROM (
                        SELECT queue_id, name FROM new_queues
                        UNION
                        SELECT queue_id, name FROM queues
                        WHERE tenant_id = casare_tenant() AND name IN (SELECT environment FROM asked)
                    ) AS queue
                ), known AS MATERIALIZED (
                    SELECT
                        asked.*, known_queues.queue_id,
                        queue_key IS NULL AND requirement_id IS NULL AND NOT known_queues.has_rules AS is_plain
                    FROM asked
                    JOIN known_queues ON known_queues.name = asked.environment
                    CROSS JOIN LATERAL (
                        SELECT FROM workflow_versions AS stored
                        WHERE stored.tenant_id = casare_tenant() AND stored.workflow_id = asked.workflow_id
                            AND stored.version = asked.version
                        LIMIT 1
                    ) AS pinned
                    WHERE \(condition)
                ), stored AS (
                    INSERT INTO jobs (
                        job_id, workflow_id, workflow_version, queue_id, priority, variables, options, idempotency_key,
                        created_at, created_by, queue_key, requirement_id, expires_at, unique_key, unique_scope, unique_seconds,
                        trace, tracestate, baggage
                    )
                    SELECT
                        job_id, workflow_id, version, queue_id, priority, variables::json, options::json, key, submitted_at,
                        @by, queue_key, requirement_id, expires_at, unique_key, unique_scope, unique_seconds, trace, tracestate,
                        baggage
                    FROM known
                ), at_once AS (
                    INSERT INTO ready (job_id, queue_id, attempt, priority)
                    SELECT job_id, queue_id, 0, priority FROM known WHERE is_plain AND due_at <= submitted_at ORDER BY position
                ), ranked AS MATERIALIZED (
                    SELECT
                        job_id, queue_id, queue_key, requirement_id, priority, position,
                        dense_rank() OVER (ORDER BY queue_id, queue_key, requirement_id, priority)::int4 AS lane
                    FROM known WHERE NOT is_plain AND due_at <= submitted_at
                ), numbered AS MATERIALIZED (
                    -- One call for each lane, always in the same order.
                    SELECT array_agg(lane_id ORDER BY lane) AS lane_ids
                    FROM (
                        SELECT lane, casare_lane(queue_id, queue_key, requirement_id, priority, @now::timestamptz) AS lane_id
                        FROM (
                            SELECT DISTINCT lane, queue_id, queue_key, requirement_id, priority FROM ranked ORDER BY lane OFFSET 0
                        ) AS asked
                    ) AS called
                ), in_lanes AS (
                    INSERT INTO ready (job_id, queue_id, attempt, priority)
                    SELECT job_id, lane_ids[lane], 0, priority FROM ranked CROSS JOIN numbered ORDER BY position
                ), later AS (
                    INSERT INTO scheduled (job_id, queue_id, priority, attempt, due_at, queue_key, requirement_id)
                    SELECT job_id, queue_id, priority, 0, due_at, queue_key, requirement_id FROM known WHERE due_at > submitted_at
                ), limited AS (
                    INSERT INTO deadlines (job_id, expires_at) SELECT job_id, expires_at FROM known WHERE expires_at IS NOT NULL
                ), noted AS (
                    INSERT INTO events (job_id, at, kind, detail)
                    SELECT
                        job_id, submitted_at, 'submitted',
                        CASE WHEN due_at > submitted_at THEN json_build_object('due_at', due_at) END
                    FROM known ORDER BY position
                )
                SELECT count(*) AS stored FROM known
                """)
    }

    /// Whoever removes the robot just then comes before, or sees the job.
    static let robotEnvironment = Query(
        "SELECT environment FROM robots WHERE tenant_id = casare_tenant() AND robot_id = @robot FOR KEY SHARE")

    /// Decides for each unique key, of which each stands once in `keys`, whether its new job takes it:
    ///
    /// - `new`: the key was free; submit the job.
    /// - `replaced`: a job that was waiting held it, and is cancelled; submit the new one.
    /// - `existing`: `job_id` holds it; return that one, or refuse. A job that runs is not replaced.
    /// - `changed`: somebody else changed it meanwhile; run this statement again, whose snapshot is newer.
    ///
    /// Policies are `return`, `reject` and `replace`. Whether the holder still holds its key follows from where it
    /// stands, so no ending has to free it; `instead_of` does not count as holding it. `due_at` is when a debounced job
    /// is due: `delays` seconds from now, put off by each one that replaces it, but no further than `delays_max` from
    /// the first.
    static let takeUniqueKeys = Query(
        """
        WITH asked AS MATERIALIZED (
            SELECT asked.*, coalesce(@now::timestamptz, now()) AS at
            FROM unnest(
                @keys::text[], @jobs::uuid[], @policies::text[], @scopes::text[], @windows::float8[], @delays::float8[],
                @delays_max::float8[], @instead_of::uuid[]
            ) AS asked (key, job_id, policy, scope, window_seconds, delay, delay_max, instead_of)
        ), seen AS MATERIALIZED (
            -- As the statement's snapshot has them; the locked rows below may be newer than all else that it sees.
            SELECT known.key, known.job_id FROM asked
            JOIN unique_jobs AS known ON known.tenant_id = casare_tenant() AND known.key = asked.key
        ), held AS MATERIALIZED (
            SELECT known.key, known.job_id, known.scope, known.first_at, known.held_until <= wanted.at AS is_over
            FROM (SELECT key, at FROM asked ORDER BY key) AS wanted
            CROSS JOIN LATERAL (
                SELECT * FROM unique_jobs
                WHERE unique_jobs.tenant_id = casare_tenant() AND unique_jobs.key = wanted.key
                FOR UPDATE
            ) AS known
        ), replaceable AS MATERIALIZED (
            SELECT held.job_id FROM held
            JOIN seen ON seen.key = held.key AND seen.job_id = held.job_id
            JOIN asked ON asked.key = held.key
            WHERE asked.policy = 'replace' AND held.is_over IS NOT TRUE
        ), from_ready AS (
            DELETE FROM ready
            WHERE ready.tenant_id = casare_tenant() AND ready.job_id IN (SELECT job_id FROM replaceable)
            RETURNING job_id, attempt
        ), from_scheduled AS (
            DELETE FROM scheduled
            WHERE scheduled.tenant_id = casare_tenant() AND scheduled.job_id IN (SELECT job_id FROM replaceable)
            RETURNING job_id, attempt
        ), from_paused AS (
            DELETE FROM paused
            WHERE paused.tenant_id = casare_tenant() AND paused.job_id IN (SELECT job_id FROM replaceable)
            RETURNING job_id, attempt
        ), removed AS MATERIALIZED (
            SELECT * FROM from_ready UNION ALL SELECT * FROM from_scheduled UNION ALL SELECT * FROM from_paused
        ), waiting AS MATERIALIZED (
            SELECT held.job_id FROM held
            WHERE EXISTS (SELECT FROM ready WHERE ready.tenant_id = casare_tenant() AND ready.job_id = held.job_id)
                OR EXISTS (
                    SELECT FROM scheduled
                    WHERE scheduled.tenant_id = casare_tenant() AND scheduled.job_id = held.job_id)
                OR EXISTS (
                    SELECT FROM paused WHERE paused.tenant_id = casare_tenant() AND paused.job_id = held.job_id)
        ), decided AS MATERIALIZED (
            SELECT
                asked.*, held.job_id AS holder, held.first_at, removed.job_id IS NOT NULL AS is_replaced,
                -- The holder is not the one of the snapshot, or it was waiting and somebody moved it just then.
                held.job_id IS NOT NULL AND (
                    seen.job_id IS DISTINCT FROM held.job_id
                    OR asked.policy = 'replace' AND held.is_over IS NOT TRUE AND waiting.job_id IS NOT NULL
                        AND removed.job_id IS NULL
                ) AS is_stale,
                held.job_id IS NULL OR removed.job_id IS NOT NULL OR held.job_id IS NOT DISTINCT FROM asked.instead_of
                OR CASE held.scope
                    WHEN 'window' THEN held.is_over
                    WHEN 'unfinished' THEN EXISTS (
                        SELECT FROM outcomes
                        WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = held.job_id)
                    WHEN 'waiting' THEN waiting.job_id IS NULL
                END AS is_free
            FROM asked
            LEFT JOIN held USING (key)
            LEFT JOIN seen USING (key)
            LEFT JOIN removed ON removed.job_id = held.job_id
            LEFT JOIN waiting ON waiting.job_id = held.job_id
        ), taken AS (
            INSERT INTO unique_jobs AS known (key, job_id, scope, held_until, first_at, previous_job_id)
            SELECT
                key, job_id, scope, CASE scope WHEN 'window' THEN at + window_seconds * interval '1 second' END,
                CASE WHEN is_replaced THEN first_at ELSE at END, holder
            FROM decided WHERE is_free AND NOT is_stale
            ORDER BY key
            ON CONFLICT (tenant_id, key) DO UPDATE SET
                job_id = excluded.job_id, scope = excluded.scope, held_until = excluded.held_until,
                first_at = excluded.first_at, previous_job_id = excluded.previous_job_id
            WHERE known.job_id = excluded.previous_job_id
            RETURNING key, first_at
        ), ended AS (
            INSERT INTO outcomes (job_id, kind, attempt, finished_at, message, cancelled_by)
            SELECT removed.job_id, 'cancelled', removed.attempt, decided.at, 'Replaced by job ' || decided.job_id, @by
            FROM removed JOIN decided ON decided.holder = removed.job_id
        ), noted AS (
            INSERT INTO events (job_id, at, kind, detail)
            SELECT
                removed.job_id, decided.at, 'cancelled', json_build_object('by', @by::text, 'replaced_by', decided.job_id)
            FROM removed JOIN decided ON decided.holder = removed.job_id
        )
        SELECT
            decided.key,
            CASE
                WHEN decided.is_stale THEN 'changed'
                WHEN NOT decided.is_free THEN 'existing'
                WHEN taken.key IS NULL THEN 'changed'
                WHEN decided.is_replaced THEN 'replaced'
                ELSE 'new'
            END AS verdict,
            CASE WHEN decided.is_free THEN decided.job_id ELSE decided.holder END AS job_id,
            CASE WHEN decided.is_replaced THEN decided.holder END AS replaced,
            least(
                decided.at + decided.delay * interval '1 second',
                taken.first_at + decided.delay_max * interval '1 second'
            ) AS due_at
        FROM decided LEFT JOIN taken USING (key)
        """)

    /// Lets idempotency keys that were taken for new jobs stand for the jobs that their unique keys brought instead.
    static let pointKeys = Query(
        """
        UPDATE idempotency_keys SET job_id = asked.holder
        FROM unnest(@keys::text[], @jobs::uuid[], @holders::uuid[]) AS asked (key, job_id, holder)
        WHERE idempotency_keys.tenant_id = casare_tenant() AND idempotency_keys.key = asked.key
            AND idempotency_keys.job_id = asked.job_id
        """)
}
