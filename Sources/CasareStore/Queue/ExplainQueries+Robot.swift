import CasarePostgres

extension ExplainQueries {
    /// The last reason says whether work is there. No row at all: ask whether there is such a robot.
    static let robot = Query(
        """
        WITH at AS MATERIALIZED (
            SELECT coalesce(@now::timestamptz, now()) AS now
        ), robot AS MATERIALIZED (
            SELECT robots.*, queues.queue_id,
                session.session_id, session.seen_at, session.alive_until, session.lost_at, session.lease_seconds,
                session.ending, session.ending_asked_at, session.ending_asked_by, session.ending_reason,
                session.unasked_since, session.overdue_job, session.overdue_since,
                session.cordoned_at AS session_cordoned_at,
                (SELECT count(*) FROM leases
                WHERE leases.tenant_id = casare_tenant() AND leases.session_id = session.session_id) AS slots_in_use
            FROM robots
            LEFT JOIN queues ON queues.tenant_id = casare_tenant() AND queues.name = robots.environment
            LEFT JOIN LATERAL (
                SELECT * FROM robot_sessions
                WHERE robot_sessions.tenant_id = casare_tenant() AND robot_sessions.robot_id = robots.robot_id
                    AND ended_at IS NULL
                ORDER BY session_id DESC LIMIT 1
            ) AS session ON true
            WHERE robots.tenant_id = casare_tenant() AND robots.robot_id = @robot
        ), rules AS MATERIALIZED (
            SELECT queue_rules.* FROM robot JOIN queue_rules USING (tenant_id, queue_id)
        ), fits AS MATERIALIZED (
            SELECT 0 AS requirement_id
            UNION ALL
            SELECT requirement_id FROM robot JOIN requirements USING (tenant_id, queue_id)
            WHERE requirements.tags <@ robot.tags AND requirements.capabilities <@ robot.capabilities
                AND coalesce(requirements.robot_id, robot.robot_id) = robot.robot_id
                AND (
                    requirements.workflow_id IS NULL
                    OR EXISTS (
                        SELECT FROM workflow_robots AS assigned
                        WHERE assigned.tenant_id = casare_tenant() AND assigned.workflow_id = requirements.workflow_id
                            AND assigned.robot_id = robot.robot_id)
                    OR NOT EXISTS (
                        SELECT FROM workflow_robots AS assigned
                        WHERE assigned.tenant_id = casare_tenant() AND assigned.workflow_id = requirements.workflow_id)
                )
        ), lane AS MATERIALIZED (
            SELECT
                CASE WHEN lanes.requirement_id NOT IN (SELECT requirement_id FROM fits) THEN 'does_not_fit'
                    WHEN lanes.parked_until > (SELECT now FROM at) THEN lanes.parked_for ELSE 'open' END AS state
            FROM robot JOIN lanes USING (tenant_id, queue_id)
            LIMIT 10000
        ), reason AS (
            SELECT 1 AS place, 'offline' AS reason,
                json_build_object('seen_at', (
                    SELECT max(seen_at) FROM robot_sessions AS known
                    WHERE known.tenant_id = casare_tenant() AND known.robot_id = robot.robot_id)) AS detail,
                'start casare-robot' AS clears
            FROM robot WHERE session_id IS NULL
            UNION ALL
            SELECT
                2, 'stale', json_build_object('seen_at', seen_at, 'alive_until', alive_until, 'lost_at', lost_at), NULL
            FROM robot WHERE session_id IS NOT NULL AND (alive_until <= (SELECT now FROM at) OR lost_at IS NOT NULL)
            UNION ALL
            SELECT 3, 'cordoned', json_build_object('since', cordoned_at), 'casarectl robot uncordon {robot}'
            FROM robot WHERE cordoned_at IS NOT NULL
            UNION ALL
            SELECT 3, 'draining',
                json_build_object(
                    'order', ending, 'by', ending_asked_by, 'reason', ending_reason, 'since', ending_asked_at),
                CASE ending WHEN 'drain' THEN 'casarectl robot stop {robot}' END
            FROM robot WHERE ending IS NOT NULL
            UNION ALL
            SELECT 2, 'wedged',
                json_build_object('cause', 'job_overdue', 'job', overdue_job, 'since', overdue_since),
                'casarectl robot stop {robot}'
            FROM robot WHERE overdue_job IS NOT NULL
            UNION ALL
            SELECT 2, 'wedged', json_build_object('cause', 'not_asking', 'since', unasked_since),
                'casarectl robot stop {robot}'
            FROM robot
            WHERE unasked_since <= (SELECT now FROM at) - 2 * lease_seconds * interval '1 second'
                AND overdue_job IS NULL AND session_cordoned_at IS NULL
            UNION ALL
            SELECT 4, 'slots_full', json_build_object('slots', slots, 'in_use', slots_in_use), NULL
            FROM robot WHERE slots_in_use >= slots
            UNION ALL
            SELECT 5, 'queue_paused',
                json_build_object('queue', environment, 'by', paused_by, 'reason', pause_reason, 'until', paused_until),
                'casarectl queue resume {queue}'
            FROM robot JOIN rules USING (queue_id)
            WHERE paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > (SELECT now FROM at))
            UNION ALL
            SELECT 6, 'queue_rate',
                json_build_object(
                    'queue', environment,
                    'next_at', rate_busy_until - (rate_burst - 1) * rate_every_seconds * interval '1 second'),
                'casarectl queue limit {queue} --rate RATE'
            FROM robot JOIN rules USING (queue_id)
            WHERE casare_rate_room(rate_busy_until, rate_every_seconds, rate_burst, (SELECT now FROM at)) = 0
            UNION ALL
            SELECT 7, 'queue_limit', json_build_object('queue', environment, 'limit', concurrency, 'running', running),
                'casarectl queue limit {queue} --concurrency N'
            FROM robot JOIN rules USING (queue_id) CROSS JOIN LATERAL (
                SELECT count(*) AS running FROM leases
                WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL
                    AND gate >= casare_gate(rules.queue_id, 0) AND gate < casare_gate(rules.queue_id + 1, 0)
            ) AS counted
            WHERE running >= concurrency
            UNION ALL
            SELECT 8, 'lanes', json_object_agg(state, lanes), NULL
            FROM (SELECT state, count(*) AS lanes FROM lane GROUP BY state) AS counted
            HAVING count(*) > 0
            UNION ALL
            SELECT
                9, CASE WHEN is_there THEN 'work_waits' ELSE 'no_work' END, json_build_object('queue', environment), NULL
            FROM robot CROSS JOIN LATERAL (
                SELECT EXISTS (
                    SELECT FROM ready WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = robot.queue_id
                ) OR EXISTS (SELECT FROM lane WHERE state = 'open') AS is_there
            ) AS known
            WHERE session_id IS NOT NULL
        )
        SELECT reason, detail, clears FROM reason ORDER BY place
        """)
}
