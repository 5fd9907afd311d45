import CasarePostgres

/// What people say of queues and keys.
///
/// Each change begins with `rule` and then holds the row that it changes until the commit; leasing takes no notice of
/// that, but for queues with a limit, whose leasers wait.
enum QueueQueries {
    static let find = Query("SELECT queue_id FROM queues WHERE tenant_id = casare_tenant() AND name = @queue")

    static let create = Query(
        """
        INSERT INTO queues (name) SELECT @queue
        WHERE NOT EXISTS (SELECT FROM queues WHERE tenant_id = casare_tenant() AND name = @queue)
        ON CONFLICT (tenant_id, name) DO NOTHING
        """)

    /// Gives a queue a row for its rules, none of which forbid anything yet. No row: there is no such queue.
    static let rule = Query(
        """
        SELECT queue_id, casare_rule_queue(queue_id, @now::timestamptz) FROM queues
        WHERE tenant_id = casare_tenant() AND name = @queue
        """)

    static let hold = Query(
        """
        SELECT
            concurrency, rate_every_seconds, rate_burst, key_concurrency, key_rate_every_seconds, key_rate_burst,
            ageing_seconds,
            paused_at IS NOT NULL
                AND (paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now())) AS is_paused
        FROM queue_rules
        WHERE tenant_id = casare_tenant() AND queue_id = @queue_id
        FOR NO KEY UPDATE
        """)

    /// What runs goes on. From this commit on nobody leases from the queue.
    static let pause = Query(
        """
        UPDATE queue_rules
        SET paused_at = coalesce(@now::timestamptz, now()), paused_by = @by, pause_reason = @reason,
            paused_until = coalesce(
                @until::timestamptz,
                coalesce(@now::timestamptz, now()) + @seconds::float8 * interval '1 second'),
            version = version + 1
        WHERE tenant_id = casare_tenant() AND queue_id = @queue_id
        RETURNING paused_at, paused_until
        """)

    static let resume = Query(
        """
        WITH paused AS (
            SELECT queue_id, paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now()) AS was_paused
            FROM queue_rules
            WHERE tenant_id = casare_tenant() AND queue_id = (
                    SELECT queue_id FROM queues WHERE tenant_id = casare_tenant() AND name = @queue)
                AND paused_at IS NOT NULL
            FOR NO KEY UPDATE
        )
        UPDATE queue_rules
        SET paused_at = NULL, paused_by = NULL, pause_reason = NULL, paused_until = NULL,
            version = queue_rules.version + 1
        FROM paused
        WHERE queue_rules.tenant_id = casare_tenant() AND queue_rules.queue_id = paused.queue_id
        RETURNING was_paused
        """)

    /// Takes effect with the next lease: what was parked under the old limits looks at the new ones. Under a new rate
    /// nothing is owed for what passed the old one, by which it might wait for a day.
    static let limit = Query(
        """
        WITH woken AS (
            UPDATE lanes
            SET version = lanes.version + 1,
                parked_until = CASE WHEN parked_for NOT IN ('concurrency', 'rate') THEN parked_until END,
                parked_for = CASE WHEN parked_for NOT IN ('concurrency', 'rate') THEN parked_for END,
                -- A turn stands for a moment, and for what its priority was worth then.
                turn_at = turn_at
                    + priority * (before.ageing_seconds - @ageing_seconds::float8) * interval '1 second'
            FROM queue_rules AS before
            WHERE before.queue_id = @queue_id AND lanes.tenant_id = casare_tenant() AND lanes.queue_id = @queue_id
                AND (
                    parked_for IN ('concurrency', 'rate')
                    OR priority > 0 AND before.ageing_seconds <> @ageing_seconds::float8
                )
        ), forgiven AS (
            UPDATE queue_keys SET rate_busy_until = NULL, version = queue_keys.version + 1
            FROM queue_rules AS before
            WHERE before.queue_id = @queue_id AND queue_keys.queue_id = @queue_id
                AND (before.key_rate_every_seconds, before.key_rate_burst)
                    IS DISTINCT FROM (@key_rate_every_seconds::float8, @key_rate_burst::int4)
                AND queue_keys.rate_every_seconds IS NULL AND queue_keys.rate_busy_until IS NOT NULL
        )
        UPDATE queue_rules
        SET concurrency = @concurrency::int4, rate_every_seconds = @rate_every_seconds::float8,
            rate_burst = @rate_burst::int4,
            rate_busy_until = CASE
                WHEN (rate_every_seconds, rate_burst) IS NOT DISTINCT FROM (@rate_every_seconds::float8, @rate_burst::int4)
                THEN rate_busy_until
            END,
            key_concurrency = @key_concurrency::int4,
            key_rate_every_seconds = @key_rate_every_seconds::float8, key_rate_burst = @key_rate_burst::int4,
            ageing_seconds = @ageing_seconds, token_from = 0, version = version + 1
        WHERE tenant_id = casare_tenant() AND queue_id = @queue_id
        """)

    /// Counts leases that were taken while a queue was plain. Right after the queue got a limit, and with every sweep:
    /// a plain lease that was under way then can come a moment later.
    static let count = Query(
        """
        WITH uncounted AS (
            SELECT leases.job_id, robot_sessions.queue_id
            FROM queue_rules
            JOIN robot_sessions USING (tenant_id, queue_id)
            JOIN leases USING (tenant_id, session_id)
            WHERE leases.gate IS NULL AND queue_rules.concurrency IS NOT NULL
            FOR NO KEY UPDATE OF leases SKIP LOCKED
        ), counted AS (
            UPDATE leases SET gate = casare_gate(uncounted.queue_id, 0)
            FROM uncounted WHERE leases.job_id = uncounted.job_id
            RETURNING uncounted.queue_id
        )
        UPDATE queue_rules SET token_from = 0, version = version + 1
        WHERE queue_id IN (SELECT queue_id FROM counted)
        RETURNING queue_id
        """)

    static let addKey = Query(
        """
        INSERT INTO queue_keys (queue_id, key) VALUES (@queue_id::int4, @key) ON CONFLICT (queue_id, key) DO NOTHING
        """)

    static let holdKey = Query(
        """
        SELECT
            key_id, concurrency, rate_every_seconds, rate_burst,
            paused_at IS NOT NULL
                AND (paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now())) AS is_paused
        FROM queue_keys
        WHERE tenant_id = casare_tenant() AND queue_id = @queue_id AND key = @key
        FOR NO KEY UPDATE
        """)

    static let limitKey = Query(
        """
        WITH changed AS (
            UPDATE queue_keys
            SET concurrency = @concurrency::int4, rate_every_seconds = @rate_every_seconds::float8,
                rate_burst = @rate_burst::int4,
                rate_busy_until = CASE
                    WHEN (rate_every_seconds, rate_burst)
                        IS NOT DISTINCT FROM (@rate_every_seconds::float8, @rate_burst::int4)
                    THEN rate_busy_until
                END,
                token_from = 0, version = version + 1
            WHERE key_id = @key_id
            RETURNING queue_id, key_id
        )
        UPDATE lanes SET parked_until = NULL, parked_for = NULL, version = lanes.version + 1
        FROM changed
        WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = changed.queue_id
            AND lanes.key_id = changed.key_id AND parked_for <> 'empty'
        """)

    /// `by` null: it goes on.
    static let pauseKey = Query(
        """
        WITH changed AS (
            UPDATE queue_keys
            SET paused_at = CASE WHEN @by::text IS NOT NULL THEN coalesce(@now::timestamptz, now()) END,
                paused_by = @by, pause_reason = @reason,
                paused_until = coalesce(
                    @until::timestamptz,
                    coalesce(@now::timestamptz, now()) + @seconds::float8 * interval '1 second'),
                version = version + 1
            WHERE key_id = @key_id
            RETURNING queue_id, key_id, paused_at, paused_until
        ), woken AS (
            UPDATE lanes SET parked_until = NULL, parked_for = NULL, version = lanes.version + 1
            FROM changed
            WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = changed.queue_id
                AND lanes.key_id = changed.key_id AND parked_for <> 'empty'
        )
        SELECT paused_at, paused_until FROM changed
        """)

    /// The number of a requirement; the queue is made when there is none yet. Null: nothing is required.
    static let requirement = Query(
        """
        WITH queue AS (
            INSERT INTO queues (name) SELECT @environment
            WHERE NOT EXISTS (SELECT FROM queues WHERE tenant_id = casare_tenant() AND name = @environment)
            ON CONFLICT (tenant_id, name) DO UPDATE SET name = excluded.name
            RETURNING queue_id
        ), assigned AS MATERIALIZED (
            SELECT workflow_id FROM workflow_robots
            WHERE tenant_id = casare_tenant() AND workflow_id = @workflow::uuid LIMIT 1
        )
        SELECT
            casare_requirement(
                queue_id, @tags::text[], @capabilities::text[], @robot::text, (SELECT workflow_id FROM assigned)
            ) AS requirement_id
        FROM (
            SELECT queue_id FROM queue
            UNION ALL
            SELECT queue_id FROM queues WHERE tenant_id = casare_tenant() AND name = @environment
        ) AS known
        LIMIT 1
        """)

    static let holdWorkflow = Query(
        """
        SELECT workflow_id FROM workflows
        WHERE tenant_id = casare_tenant() AND workflow_id = @workflow FOR NO KEY UPDATE
        """)

    static let unassign = Query(
        "DELETE FROM workflow_robots WHERE tenant_id = casare_tenant() AND workflow_id = @workflow")

    static let assign = Query(
        """
        INSERT INTO workflow_robots (workflow_id, robot_id, assigned_at, assigned_by)
        SELECT @workflow::uuid, robots.robot_id, coalesce(@now::timestamptz, now()), @by
        FROM unnest(@robots::text[]) AS asked (robot_id)
        JOIN robots ON robots.tenant_id = casare_tenant() AND robots.robot_id = asked.robot_id
        RETURNING robot_id
        """)

    static let assignment = Query(
        """
        SELECT robot_id, assigned_at, assigned_by FROM workflow_robots
        WHERE tenant_id = casare_tenant() AND workflow_id = @workflow ORDER BY robot_id
        """)
}
