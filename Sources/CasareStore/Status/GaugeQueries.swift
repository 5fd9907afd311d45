import CasarePostgres

/// What metrics say of all tenants together: one statement for each group, for `casare_system`. Counts stop at
/// `count_max`, of one queue and state each.
enum GaugeQueries {
    /// Queues by name. The oldest job that is ready is the first of its queue, or of one of its lanes.
    static let queues = Query(
        """
        WITH at AS MATERIALIZED (
            SELECT coalesce(@now::timestamptz, now()) AS now
        ), held AS MATERIALIZED (
            SELECT robot_sessions.queue_id, count(*) AS jobs
            FROM leases JOIN robot_sessions USING (tenant_id, session_id)
            GROUP BY robot_sessions.queue_id
        ), asking AS MATERIALIZED (
            SELECT job.queue_id, count(*) AS jobs
            FROM (SELECT tenant_id, job_id FROM blocked ORDER BY tenant_id, job_id LIMIT @count_max) AS one
            CROSS JOIN LATERAL (
                SELECT queue_id FROM jobs
                WHERE jobs.tenant_id = one.tenant_id AND jobs.job_id = one.job_id LIMIT 1
            ) AS job
            GROUP BY job.queue_id
        ), eligible AS MATERIALIZED (
            SELECT session.queue_id, count(*) AS robots
            FROM robots CROSS JOIN LATERAL (
                SELECT queue_id, ending FROM robot_sessions
                WHERE robot_sessions.tenant_id = robots.tenant_id AND robot_sessions.robot_id = robots.robot_id
                    AND ended_at IS NULL AND lost_at IS NULL AND alive_until > (SELECT now FROM at)
                ORDER BY session_id DESC LIMIT 1
            ) AS session
            WHERE robots.cordoned_at IS NULL AND session.ending IS NULL
            GROUP BY session.queue_id
        ), known AS MATERIALIZED (
            SELECT
                queues.name,
                (
                    SELECT count(*) FROM (
                        SELECT FROM ready WHERE ready.queue_id = queues.queue_id LIMIT @count_max
                    ) AS counted
                ) + (
                    SELECT count(*) FROM (
                        -- Not as a join, which might begin with all jobs that are ready.
                        SELECT FROM lanes CROSS JOIN LATERAL (
                            SELECT FROM ready
                            WHERE ready.queue_id = lanes.lane_id AND ready.priority = lanes.priority
                            LIMIT @count_max
                        ) AS waiting
                        WHERE lanes.queue_id = queues.queue_id AND lane_id < 0
                        LIMIT @count_max
                    ) AS counted
                ) AS ready,
                (
                    SELECT count(*) FROM (
                        SELECT FROM scheduled WHERE scheduled.queue_id = queues.queue_id LIMIT @count_max
                    ) AS counted
                ) AS scheduled,
                coalesce((SELECT jobs FROM held WHERE held.queue_id = queues.queue_id), 0) AS running,
                coalesce((SELECT jobs FROM asking WHERE asking.queue_id = queues.queue_id), 0) AS blocked,
                coalesce((SELECT robots FROM eligible WHERE eligible.queue_id = queues.queue_id), 0) AS robots,
                EXISTS (
                    SELECT FROM queue_rules
                    WHERE queue_rules.queue_id = queues.queue_id AND paused_at IS NOT NULL
                        AND (paused_until IS NULL OR paused_until > (SELECT now FROM at))
                ) AS is_paused,
                (
                    -- The clock is noted every few seconds: a job is not ready before it is there.
                    SELECT extract(epoch FROM (SELECT now FROM at) - greatest(
                        (SELECT ready_clock.at FROM ready_clock WHERE ready_clock.seq < oldest.seq
                        ORDER BY ready_clock.at DESC LIMIT 1),
                        (SELECT created_at FROM jobs
                        WHERE jobs.tenant_id = queues.tenant_id AND jobs.job_id = oldest.job_id LIMIT 1)))
                    FROM (
                        SELECT next.seq, next.job_id FROM (
                            SELECT queues.queue_id AS lane_id, level::int2 AS priority
                            FROM generate_series(0, 20) AS urgency (level)
                            UNION ALL (
                                SELECT lane_id, priority FROM lanes
                                WHERE lanes.queue_id = queues.queue_id AND lane_id < 0
                                LIMIT @lanes_max
                            )
                        ) AS lane
                        CROSS JOIN LATERAL (
                            SELECT seq, job_id FROM ready
                            WHERE ready.queue_id = lane.lane_id AND ready.priority = lane.priority
                            ORDER BY seq LIMIT 1
                        ) AS next
                        ORDER BY next.seq LIMIT 1
                    ) AS oldest
                )::float8 AS oldest_seconds
            FROM queues
        )
        SELECT
            name, sum(ready)::int8 AS ready, sum(scheduled)::int8 AS scheduled, sum(running)::int8 AS running,
            sum(blocked)::int8 AS blocked, sum(robots)::int8 AS robots, count(*) FILTER (WHERE is_paused) AS paused,
            greatest(coalesce(max(oldest_seconds), 0), 0)::float8 AS oldest_seconds
        FROM known GROUP BY name ORDER BY name LIMIT @limit
        """)

    /// Letters that nobody has dealt with, of each tenant the oldest `count_max` of each state, by queue. Queues without
    /// any are there too.
    static let letters = Query(
        """
        WITH letter AS MATERIALIZED (
            SELECT queue_id, 'open' AS state, count(*) AS letters, min(opened_at) AS oldest_at
            FROM tenants CROSS JOIN LATERAL (
                SELECT queue_id, opened_at FROM dead_letters
                WHERE dead_letters.tenant_id = tenants.tenant_id AND acknowledged_at IS NULL AND replayed_as IS NULL
                    AND resolved_at IS NULL AND purged_at IS NULL
                ORDER BY opened_at, job_id LIMIT @count_max
            ) AS open
            GROUP BY queue_id
            UNION ALL
            SELECT queue_id, 'acknowledged', count(*), NULL
            FROM tenants CROSS JOIN LATERAL (
                SELECT queue_id, opened_at FROM dead_letters
                WHERE dead_letters.tenant_id = tenants.tenant_id AND acknowledged_at IS NOT NULL
                    AND replayed_as IS NULL AND resolved_at IS NULL AND purged_at IS NULL
                ORDER BY opened_at, job_id LIMIT @count_max
            ) AS acknowledged
            GROUP BY queue_id
        )
        SELECT
            queues.name, coalesce(sum(letters) FILTER (WHERE state = 'open'), 0)::int8 AS open,
            coalesce(sum(letters) FILTER (WHERE state = 'acknowledged'), 0)::int8 AS acknowledged,
            greatest(
                extract(epoch FROM coalesce(@now::timestamptz, now()) - min(oldest_at)), 0)::float8 AS oldest_seconds
        FROM queues LEFT JOIN letter ON letter.queue_id = queues.queue_id
        GROUP BY queues.name ORDER BY queues.name LIMIT @limit
        """)

    /// Robots, the sessions and leases of each as `RobotQueries.list` sees them.
    static let robots = Query(
        """
        WITH at AS MATERIALIZED (
            SELECT coalesce(@now::timestamptz, now()) AS now
        ), held AS MATERIALIZED (
            SELECT tenant_id, session_id, count(*) AS leases FROM leases GROUP BY tenant_id, session_id
        )
        SELECT
            robots.robot_id,
            CASE
                WHEN known.sessions = 0 AND known.has_left THEN 'stopped'
                WHEN known.sessions = 0 THEN 'offline'
                WHEN known.is_ending THEN 'draining'
                WHEN robots.cordoned_at IS NOT NULL THEN 'cordoned'
                WHEN known.leases >= robots.slots * known.sessions THEN 'busy'
                ELSE 'idle'
            END AS state,
            extract(epoch FROM known.seen_at)::float8 AS seen_seconds
        FROM robots CROSS JOIN LATERAL (
            SELECT
                max(seen_at) AS seen_at, count(*) FILTER (WHERE is_in_time) AS sessions,
                coalesce((array_agg(ending IS NOT NULL ORDER BY session_id DESC) FILTER (WHERE is_in_time))[1], false)
                    AS is_ending,
                coalesce(sum(leases) FILTER (WHERE ended_at IS NULL), 0) AS leases,
                -- A robot that vanished is ended by the sweep, when its time is up or its connection is lost.
                coalesce(bool_and(ended_at IS NOT NULL), false)
                    AND (array_agg(lost_at IS NULL AND ended_at < alive_until ORDER BY seen_at DESC, session_id DESC))[1]
                    AS has_left
            FROM (
                SELECT
                    session.session_id, seen_at, ending, ended_at, lost_at, alive_until,
                    ended_at IS NULL AND lost_at IS NULL AND alive_until > (SELECT now FROM at)
                        AND seen_at > (SELECT now FROM at) - lease_seconds * interval '1 second' * 2 / 3 AS is_in_time,
                    coalesce((
                        SELECT leases FROM held
                        WHERE held.tenant_id = session.tenant_id AND held.session_id = session.session_id
                    ), 0) AS leases
                FROM robot_sessions AS session
                WHERE session.tenant_id = robots.tenant_id AND session.robot_id = robots.robot_id
            ) AS session
        ) AS known
        ORDER BY robots.robot_id LIMIT @limit
        """)

    static let schedules = Query(
        """
        SELECT
            count(*) FILTER (WHERE NOT is_paused) AS active, count(*) FILTER (WHERE is_paused) AS paused
        FROM (
            SELECT
                paused_at IS NOT NULL
                    AND (paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now())) AS is_paused
            FROM schedules ORDER BY tenant_id, schedule_id LIMIT @count_max
        ) AS known
        """)
}
