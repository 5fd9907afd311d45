import CasarePostgres

extension ExplainQueries {
    /// No row: there is no such job.
    static let job = Query(
        """
        WITH at AS MATERIALIZED (
            SELECT coalesce(@now::timestamptz, now()) AS now
        ), job AS MATERIALIZED (
            SELECT jobs.*, queues.name AS queue FROM jobs JOIN queues USING (tenant_id, queue_id)
            WHERE tenant_id = casare_tenant() AND job_id = @job
        ), waiting AS MATERIALIZED (
            SELECT ready.* FROM job CROSS JOIN LATERAL (
                SELECT ready.queue_id AS lane_id, seq, ready.priority, attempt, crashes FROM ready
                WHERE ready.tenant_id = casare_tenant() AND ready.job_id = job.job_id LIMIT 1
            ) AS ready
        ), rules AS MATERIALIZED (
            SELECT queue_rules.* FROM job JOIN queue_rules ON queue_rules.tenant_id = casare_tenant()
                AND queue_rules.queue_id = job.queue_id
            WHERE EXISTS (SELECT FROM waiting)
        ), key AS MATERIALIZED (
            SELECT
                known.key_id, known.key, known.paused_at, known.paused_by, known.pause_reason, known.paused_until,
                known.rate_busy_until, coalesce(known.concurrency, rules.key_concurrency) AS concurrency,
                coalesce(known.rate_every_seconds, rules.key_rate_every_seconds) AS rate_every_seconds,
                CASE WHEN known.rate_every_seconds IS NULL THEN rules.key_rate_burst ELSE known.rate_burst END
                    AS rate_burst
            FROM job JOIN rules USING (queue_id)
            JOIN queue_keys AS known ON known.queue_id = job.queue_id AND known.key = job.queue_key
        ), held AS MATERIALIZED (
            SELECT
                leases.gate, leases.job_id, leases.since, robot_sessions.robot_id, robot_sessions.alive_until
            FROM rules CROSS JOIN LATERAL (
                SELECT * FROM leases
                WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL
                    AND gate >= casare_gate(rules.queue_id, 0) AND gate < casare_gate(rules.queue_id + 1, 0)
                OFFSET 0
            ) AS leases
            LEFT JOIN robot_sessions
                ON robot_sessions.tenant_id = casare_tenant() AND robot_sessions.session_id = leases.session_id
        ), in_use AS MATERIALIZED (
            SELECT session_id, count(*) AS leases FROM leases
            WHERE leases.tenant_id = casare_tenant() AND EXISTS (SELECT FROM waiting) GROUP BY session_id
        ), robot AS MATERIALIZED (
            SELECT
                robots.robot_id, robots.tags, robots.capabilities, robots.slots,
                -- A session that is to end is cordoned by itself.
                coalesce(robots.cordoned_at, session.cordoned_at) AS cordoned_at,
                coalesce(requirements.tags, '{}') <@ robots.tags
                    AND coalesce(requirements.capabilities, '{}') <@ robots.capabilities
                    AND coalesce(requirements.robot_id, robots.robot_id) = robots.robot_id
                    AND (
                        requirements.workflow_id IS NULL
                        OR EXISTS (
                            SELECT FROM workflow_robots AS assigned
                            WHERE assigned.tenant_id = casare_tenant()
                                AND assigned.workflow_id = requirements.workflow_id
                                AND assigned.robot_id = robots.robot_id)
                        OR NOT EXISTS (
                            SELECT FROM workflow_robots AS assigned
                            WHERE assigned.tenant_id = casare_tenant()
                                AND assigned.workflow_id = requirements.workflow_id)
                    ) AS fits,
                requirements.requirement_id, requirements.tags AS needed_tags,
                requirements.capabilities AS needed_capabilities, requirements.robot_id AS needed_robot,
                requirements.workflow_id AS needed_workflow,
                session.session_id,
                coalesce((SELECT leases FROM in_use WHERE in_use.session_id = session.session_id), 0) AS slots_in_use
            FROM job JOIN robots ON robots.tenant_id = casare_tenant() AND robots.environment = job.queue
            LEFT JOIN requirements
                ON requirements.tenant_id = casare_tenant() AND requirements.requirement_id = job.requirement_id
            LEFT JOIN LATERAL (
                SELECT session_id, robot_sessions.cordoned_at FROM robot_sessions
                WHERE robot_sessions.tenant_id = casare_tenant() AND robot_sessions.robot_id = robots.robot_id
                    AND ended_at IS NULL AND alive_until > (SELECT now FROM at)
                ORDER BY session_id DESC LIMIT 1
            ) AS session ON true
            WHERE EXISTS (SELECT FROM waiting)
        ), reason AS (
            SELECT 1 AS place, 'ended' AS reason,
                json_build_object('kind', kind, 'at', finished_at, 'failure', failure_kind, 'message', message)
                    AS detail,
                CASE kind WHEN 'failed' THEN 'casarectl retry {job}' END AS clears
            FROM job JOIN outcomes USING (tenant_id, job_id)
            UNION ALL
            SELECT 2, CASE
                    WHEN robot_sessions.ended_at IS NOT NULL OR alive_until <= (SELECT now FROM at) THEN 'robot_lost'
                    ELSE 'running'
                END,
                json_build_object(
                    'robot', robot_id, 'since', since, 'attempt', leases.attempt, 'seen_at', seen_at,
                    'alive_until', alive_until, 'lost_at', lost_at),
                'casarectl job cancel {job}'
            FROM job JOIN leases USING (tenant_id, job_id) LEFT JOIN robot_sessions USING (tenant_id, session_id)
            UNION ALL
            SELECT 2, 'wedged',
                json_build_object('cause', 'job_overdue', 'job', job_id, 'robot', robot_id, 'since', overdue_since),
                'casarectl robot stop {robot}'
            FROM job JOIN leases USING (tenant_id, job_id) JOIN robot_sessions USING (tenant_id, session_id)
            WHERE overdue_job = job_id
            UNION ALL
            SELECT 3, 'asked', json_build_object('question', question, 'node', node, 'since', since),
                'casarectl job cancel {job}'
            FROM job JOIN blocked USING (tenant_id, job_id)
            UNION ALL
            SELECT 4, CASE WHEN due_at <= (SELECT now FROM at) THEN 'due_not_moved' WHEN attempt > 0 THEN 'retry_due'
                    ELSE 'due_later' END,
                json_build_object('due_at', due_at, 'attempt', attempt), NULL
            FROM job JOIN scheduled USING (tenant_id, job_id)
            UNION ALL
            SELECT 5, 'queue_paused',
                json_build_object(
                    'queue', job.queue, 'by', paused_by, 'reason', pause_reason, 'since', paused_at,
                    'until', paused_until),
                'casarectl queue resume {queue}'
            FROM job JOIN rules USING (queue_id)
            WHERE paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > (SELECT now FROM at))
            UNION ALL
            SELECT 6, 'key_paused',
                json_build_object(
                    'queue', job.queue, 'key', key, 'by', paused_by, 'reason', pause_reason, 'since', paused_at,
                    'until', paused_until),
                'casarectl queue resume {queue} --key {key}'
            FROM job CROSS JOIN key
            WHERE paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > (SELECT now FROM at))
            UNION ALL
            SELECT 7, CASE WHEN bool_or(fits) IS NULL THEN 'no_robot_registered' ELSE 'no_robot_fits' END,
                json_build_object(
                    'queue', max(job.queue), 'registered', count(robot.robot_id),
                    'tags', max(needed_tags), 'capabilities', max(needed_capabilities), 'robot', max(needed_robot),
                    'workflow', max(needed_workflow::text),
                    -- Who comes nearest, and what it lacks.
                    'nearest', (
                        SELECT json_agg(near) FROM (
                            SELECT
                                robot_id,
                                ARRAY(SELECT unnest(needed_tags) EXCEPT SELECT unnest(tags)) AS missing_tags,
                                ARRAY(SELECT unnest(needed_capabilities) EXCEPT SELECT unnest(capabilities))
                                    AS missing_capabilities
                            FROM robot
                            ORDER BY
                                cardinality(ARRAY(SELECT unnest(needed_tags) EXCEPT SELECT unnest(tags)))
                                + cardinality(
                                    ARRAY(SELECT unnest(needed_capabilities) EXCEPT SELECT unnest(capabilities))),
                                robot_id
                            LIMIT 3
                        ) AS near
                    )),
                'casarectl robot register'
            FROM job JOIN waiting ON true LEFT JOIN robot ON true
            HAVING count(job.job_id) > 0 AND bool_or(fits) IS NOT TRUE
            UNION ALL
            SELECT 8, CASE
                    WHEN count(session_id) = 0 THEN 'robots_offline'
                    WHEN count(session_id) FILTER (WHERE cordoned_at IS NULL) = 0 THEN 'robots_cordoned'
                    ELSE 'robots_busy'
                END,
                json_build_object(
                    'fitting', count(*), 'alive', count(session_id), 'cordoned', count(cordoned_at),
                    'slots', sum(slots) FILTER (WHERE session_id IS NOT NULL AND cordoned_at IS NULL),
                    'slots_in_use', sum(slots_in_use) FILTER (WHERE session_id IS NOT NULL AND cordoned_at IS NULL),
                    'robots', (array_agg(robot_id ORDER BY robot_id))[1:5]),
                CASE WHEN count(session_id) FILTER (WHERE cordoned_at IS NULL) = 0 AND count(session_id) > 0
                    THEN 'casarectl robot uncordon {robot}' END
            FROM robot WHERE fits
            HAVING count(*) > 0 AND count(*) FILTER (
                WHERE session_id IS NOT NULL AND cordoned_at IS NULL AND slots_in_use < slots) = 0
            UNION ALL
            SELECT 9, 'queue_limit',
                json_build_object(
                    'queue', max(job.queue), 'limit', max(rules.concurrency), 'running', count(held.job_id),
                    'oldest', (
                    SELECT json_agg(h) FROM (
                        SELECT job_id, robot_id, since, alive_until FROM held ORDER BY since LIMIT 5
                    ) AS h)),
                'casarectl queue limit {queue} --concurrency N'
            FROM job JOIN rules USING (queue_id) LEFT JOIN held ON true WHERE rules.concurrency IS NOT NULL
            HAVING count(held.job_id) >= max(rules.concurrency)
            UNION ALL
            SELECT 10, 'key_limit',
                json_build_object(
                    'queue', max(job.queue), 'key', max(key.key), 'limit', max(key.concurrency),
                    'running', count(held.job_id),
                    'oldest', (
                        SELECT json_agg(h) FROM (
                            SELECT job_id, robot_id, since, alive_until FROM held
                            WHERE gate = (SELECT casare_gate(job.queue_id, key.key_id) FROM job, key)
                            ORDER BY since LIMIT 5
                        ) AS h)),
                'casarectl queue limit {queue} --key {key} --concurrency N'
            FROM job CROSS JOIN key LEFT JOIN held ON held.gate = casare_gate(job.queue_id, key.key_id)
            WHERE key.concurrency IS NOT NULL
            HAVING count(held.job_id) >= max(key.concurrency)
            UNION ALL
            SELECT 11, 'queue_rate',
                json_build_object(
                    'queue', job.queue, 'every_seconds', rate_every_seconds, 'burst', rate_burst,
                    'next_at', rate_busy_until - (rate_burst - 1) * rate_every_seconds * interval '1 second'),
                'casarectl queue limit {queue} --rate RATE'
            FROM job JOIN rules USING (queue_id)
            WHERE casare_rate_room(rate_busy_until, rate_every_seconds, rate_burst, (SELECT now FROM at)) = 0
            UNION ALL
            SELECT 12, 'key_rate',
                json_build_object(
                    'queue', job.queue, 'key', key, 'every_seconds', rate_every_seconds, 'burst', rate_burst,
                    'next_at', rate_busy_until - (rate_burst - 1) * rate_every_seconds * interval '1 second'),
                'casarectl queue limit {queue} --key {key} --rate RATE'
            FROM job CROSS JOIN key
            WHERE casare_rate_room(rate_busy_until, rate_every_seconds, rate_burst, (SELECT now FROM at)) = 0
            UNION ALL
            -- Of those before it no more than a thousand are counted.
            SELECT 13, 'in_line',
                json_build_object(
                    'queue', job.queue, 'key', job.queue_key, 'priority', waiting.priority,
                    'ahead', (
                        SELECT count(*) FROM (
                            SELECT FROM ready
                            WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = waiting.lane_id
                                AND ready.priority = waiting.priority AND ready.seq < waiting.seq
                            LIMIT 1001
                        ) AS before),
                    'more_urgent', (
                        SELECT count(*) FROM (
                            SELECT FROM ready
                            WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = waiting.lane_id
                                AND ready.priority > waiting.priority
                            LIMIT 1001
                        ) AS before),
                    'lanes_before', (
                        SELECT count(*) FROM (
                            SELECT FROM lanes AS own JOIN lanes AS other
                                ON other.queue_id = own.queue_id AND other.requirement_id = own.requirement_id
                                AND other.turn_at < own.turn_at AND other.parked_until IS NULL
                            WHERE own.lane_id = waiting.lane_id AND own.priority = waiting.priority
                            LIMIT 1001
                        ) AS before),
                    'ready_since', (
                SELECT ready_clock.at FROM ready_clock WHERE ready_clock.seq < waiting.seq
                ORDER BY ready_clock.at DESC LIMIT 1)),
                'casarectl job priority {job} N'
            FROM job JOIN waiting ON true
            UNION ALL
            SELECT 14, 'expires', json_build_object('at', expires_at), NULL
            FROM job
            WHERE expires_at IS NOT NULL
                AND NOT EXISTS (
                    SELECT FROM outcomes
                    WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = job.job_id)
            UNION ALL
            -- Never, unless a statement went wrong.
            SELECT 15, 'nowhere', NULL, 'casarectl doctor db'
            FROM job
            WHERE NOT EXISTS (SELECT FROM waiting)
                AND NOT EXISTS (
                    SELECT FROM outcomes WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = job.job_id)
                AND NOT EXISTS (
                    SELECT FROM leases WHERE leases.tenant_id = casare_tenant() AND leases.job_id = job.job_id)
                AND NOT EXISTS (
                    SELECT FROM scheduled WHERE scheduled.tenant_id = casare_tenant() AND scheduled.job_id = job.job_id)
                AND NOT EXISTS (
                    SELECT FROM blocked WHERE blocked.tenant_id = casare_tenant() AND blocked.job_id = job.job_id)
        )
        SELECT reason, detail, clears FROM reason ORDER BY place
        """)
}
