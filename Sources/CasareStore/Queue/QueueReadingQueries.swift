import CasarePostgres

/// Looks at queues. Counts of jobs stop at `count_max` + 1, those of lanes at `lanes_max`.
enum QueueReadingQueries {
    static let now = Query("SELECT now() AS now")

    /// One queue, or a page of them by name.
    static let list = Query(
        """
        WITH held AS MATERIALIZED (
            SELECT robot_sessions.queue_id, count(*) AS leases
            FROM leases JOIN robot_sessions USING (tenant_id, session_id)
            WHERE leases.tenant_id = casare_tenant()
            GROUP BY robot_sessions.queue_id
        ), alive AS MATERIALIZED (
            SELECT
                queue_id, count(DISTINCT robot_id) AS robots,
                coalesce(sum(slots) FILTER (WHERE cordoned_at IS NULL), 0) AS slots
            FROM (
                SELECT robots.robot_id, session.queue_id, session.slots, session.cordoned_at
                FROM robots CROSS JOIN LATERAL (
                    SELECT queue_id, slots, cordoned_at FROM robot_sessions
                    WHERE robot_sessions.tenant_id = casare_tenant() AND robot_sessions.robot_id = robots.robot_id
                        AND ended_at IS NULL AND alive_until > coalesce(@now::timestamptz, now())
                    ORDER BY session_id DESC LIMIT 1
                ) AS session
                WHERE robots.tenant_id = casare_tenant()
            ) AS robot
            GROUP BY queue_id
        ), kept AS MATERIALIZED (
            -- Paused jobs do not know their queue. The count stops when so many were looked at, of all queues.
            SELECT job.queue_id, count(*) AS jobs
            FROM (
                SELECT job_id FROM paused WHERE paused.tenant_id = casare_tenant() LIMIT @count_max + 1
            ) AS one
            CROSS JOIN LATERAL (
                SELECT queue_id FROM jobs
                WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = one.job_id LIMIT 1
            ) AS job
            GROUP BY job.queue_id
        )
        SELECT
            queues.queue_id, queues.name, rules.*,
            CASE
                WHEN rules.rules_id IS NULL THEN 'plain'
                WHEN rules.is_paused THEN 'paused'
                WHEN rules.concurrency IS NOT NULL OR rules.rate_every_seconds IS NOT NULL THEN 'limited'
                ELSE 'lanes'
            END AS kind,
            (
                SELECT count(*) FROM (
                    SELECT FROM ready
                    WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = queues.queue_id
                    LIMIT @count_max + 1
                ) AS counted
            ) AS ready_plain,
            (
                SELECT count(*) FROM (
                    SELECT FROM (
                        SELECT lane_id, priority FROM lanes
                        WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = queues.queue_id
                            AND lane_id < 0
                        LIMIT @lanes_max
                    ) AS lane
                    JOIN ready ON ready.tenant_id = casare_tenant() AND ready.queue_id = lane.lane_id
                        AND ready.priority = lane.priority
                    LIMIT @count_max + 1
                ) AS counted
            ) AS ready_in_lanes,
            (
                SELECT count(*) FROM (
                    SELECT FROM scheduled
                    WHERE scheduled.tenant_id = casare_tenant() AND scheduled.queue_id = queues.queue_id
                    LIMIT @count_max + 1
                ) AS counted
            ) AS scheduled,
            coalesce((SELECT leases FROM held WHERE held.queue_id = queues.queue_id), 0) AS running,
            coalesce((SELECT jobs FROM kept WHERE kept.queue_id = queues.queue_id), 0) AS paused_jobs,
            (SELECT coalesce(sum(jobs), 0)::int8 FROM kept) AS paused_in_all,
            coalesce((SELECT robots FROM alive WHERE alive.queue_id = queues.queue_id), 0) AS robots_alive,
            coalesce((SELECT slots FROM alive WHERE alive.queue_id = queues.queue_id), 0)::int8 AS slots
        FROM queues LEFT JOIN LATERAL (
            SELECT
                queue_rules.queue_id AS rules_id, paused_at, paused_by, pause_reason, paused_until, concurrency,
                rate_every_seconds, rate_burst, key_concurrency, key_rate_every_seconds, key_rate_burst, ageing_seconds,
                paused_at IS NOT NULL
                    AND (paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now())) AS is_paused,
                CASE
                    WHEN casare_rate_room(
                        rate_busy_until, rate_every_seconds, rate_burst, coalesce(@now::timestamptz, now())) = 0
                    THEN rate_busy_until - (rate_burst - 1) * rate_every_seconds * interval '1 second'
                END AS rate_next_at
            FROM queue_rules
            WHERE queue_rules.tenant_id = casare_tenant() AND queue_rules.queue_id = queues.queue_id
        ) AS rules ON true
        WHERE queues.tenant_id = casare_tenant()
            AND (@queue::text IS NULL OR queues.name = @queue) AND queues.name > @after
        ORDER BY queues.name LIMIT @limit
        """)

    /// How many jobs of each priority are ready, in the queue's own places and in lanes.
    static let priorities = Query(
        """
        SELECT urgency.level AS priority, ready FROM generate_series(0, 20) AS urgency (level)
        CROSS JOIN LATERAL (
            SELECT count(*) AS ready FROM (
                SELECT FROM (
                    SELECT @queue_id::int4 AS lane_id
                    UNION ALL (
                        SELECT lane_id FROM lanes
                        WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = @queue_id
                            AND lanes.priority = urgency.level AND lane_id < 0
                        LIMIT @lanes_max
                    )
                ) AS lane
                JOIN ready ON ready.tenant_id = casare_tenant() AND ready.queue_id = lane.lane_id
                    AND ready.priority = urgency.level
                LIMIT @count_max + 1
            ) AS counted
        ) AS counted
        WHERE ready > 0
        """)

    static let facts = Query(
        """
        WITH lane AS MATERIALIZED (
            SELECT @queue_id::int4 AS lane_id, level::int2 AS priority FROM generate_series(0, 20) AS urgency (level)
            UNION ALL (
                SELECT lane_id, priority FROM lanes
                WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = @queue_id AND lane_id < 0
                LIMIT @lanes_max
            )
        ), oldest AS MATERIALIZED (
            SELECT next.seq, next.job_id FROM lane CROSS JOIN LATERAL (
                SELECT seq, job_id FROM ready
                WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = lane.lane_id
                    AND ready.priority = lane.priority
                ORDER BY seq LIMIT 1
            ) AS next
            ORDER BY next.seq LIMIT 1
        )
        SELECT
            (
                -- The clock is noted every few seconds: a job is not ready before it is there.
                SELECT greatest(
                    (SELECT ready_clock.at FROM ready_clock WHERE ready_clock.seq < oldest.seq
                    ORDER BY ready_clock.at DESC LIMIT 1),
                    (SELECT created_at FROM jobs
                    WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = oldest.job_id LIMIT 1))
                FROM oldest
            ) AS oldest_ready_since,
            (
                SELECT due_at FROM scheduled
                WHERE scheduled.tenant_id = casare_tenant() AND scheduled.queue_id = @queue_id
                ORDER BY due_at LIMIT 1
            ) AS next_due_at,
            (
                SELECT count(*) FROM (
                    SELECT FROM blocked CROSS JOIN LATERAL (
                        SELECT queue_id FROM jobs
                        WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = blocked.job_id LIMIT 1
                    ) AS jobs
                    WHERE blocked.tenant_id = casare_tenant() AND jobs.queue_id = @queue_id
                    LIMIT @count_max + 1
                ) AS counted
            ) AS blocked
        """)

    static let lanes = Query(
        """
        SELECT state, count(*) AS lanes
        FROM (
            SELECT
                CASE WHEN parked_until > coalesce(@now::timestamptz, now()) THEN parked_for ELSE 'open' END AS state
            FROM lanes
            WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = @queue_id
            LIMIT @lanes_max
        ) AS lane
        GROUP BY state
        """)

    /// Keys of a queue, one of them, or a page by name.
    static let keys = Query(
        """
        SELECT
            known.*, coalesce(held.running, 0) AS running, waiting.ready,
            paused_at IS NOT NULL
                AND (paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now())) AS is_paused
        FROM (
            SELECT * FROM queue_keys
            WHERE tenant_id = casare_tenant() AND queue_id = @queue_id
                AND (@key::text IS NULL OR key = @key) AND key > @after
            ORDER BY key LIMIT @limit
        ) AS known
        LEFT JOIN LATERAL (
            SELECT count(*) AS running FROM leases
            WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL
                AND gate = casare_gate(known.queue_id, known.key_id)
        ) AS held ON true
        CROSS JOIN LATERAL (
            SELECT count(*) AS ready FROM (
                SELECT FROM lanes
                JOIN ready ON ready.tenant_id = casare_tenant() AND ready.queue_id = lanes.lane_id
                    AND ready.priority = lanes.priority
                WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = known.queue_id
                    AND lanes.key_id = known.key_id
                LIMIT @count_max + 1
            ) AS counted
        ) AS waiting
        ORDER BY known.key
        """)

    /// How many keys are paused now by themselves.
    static let pausedKeys = Query(
        """
        SELECT count(*) AS paused FROM (
            SELECT FROM queue_keys
            WHERE tenant_id = casare_tenant() AND queue_id = @queue_id AND paused_at IS NOT NULL
                AND (paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now()))
            LIMIT @count_max + 1
        ) AS counted
        """)

    /// The keys of which most jobs run, and beside them as many of which something is said, the paused ones first:
    /// however many run, those are seen.
    static let busiestKeys = Query(
        """
        SELECT
            known.*, held.running, waiting.ready,
            paused_at IS NOT NULL
                AND (paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now())) AS is_paused
        FROM (
            (
                SELECT (gate & 4294967295)::int4 AS key_id FROM leases
                WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL
                    AND gate > casare_gate(@queue_id, 0) AND gate < casare_gate(@queue_id + 1, 0)
                GROUP BY gate ORDER BY count(*) DESC, gate LIMIT @limit
            ) UNION (
                SELECT key_id FROM queue_keys
                WHERE tenant_id = casare_tenant() AND queue_id = @queue_id
                    AND (paused_at IS NOT NULL OR concurrency IS NOT NULL OR rate_every_seconds IS NOT NULL)
                ORDER BY coalesce(paused_until <= coalesce(@now::timestamptz, now()), paused_at IS NULL), key
                LIMIT @limit
            )
        ) AS shown
        JOIN queue_keys AS known ON known.key_id = shown.key_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS running FROM leases
            WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL
                AND gate = casare_gate(known.queue_id, known.key_id)
        ) AS held
        CROSS JOIN LATERAL (
            SELECT count(*) AS ready FROM (
                SELECT FROM lanes
                JOIN ready ON ready.tenant_id = casare_tenant() AND ready.queue_id = lanes.lane_id
                    AND ready.priority = lanes.priority
                WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = known.queue_id
                    AND lanes.key_id = known.key_id
                LIMIT @count_max + 1
            ) AS counted
        ) AS waiting
        ORDER BY held.running DESC, known.key
        """)
}
