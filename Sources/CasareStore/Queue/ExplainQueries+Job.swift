import CasarePostgres

extension ExplainQueries {
    /// No row: there is no such job.
    static let job = Query(
        assembled: """
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
            ), queue AS MATERIALIZED (
                SELECT queue_id, queue FROM job WHERE EXISTS (SELECT FROM waiting)
            ), needed AS MATERIALIZED (
                SELECT
                    0 AS requirement_id, coalesce(asked.tags, '{}') AS tags,
                    coalesce(asked.capabilities, '{}') AS capabilities, asked.robot_id, asked.workflow_id,
                    workflows.name AS workflow, NULL::int8 AS waiting
                FROM job JOIN queue USING (queue_id)
                LEFT JOIN requirements AS asked
                    ON asked.tenant_id = casare_tenant() AND asked.requirement_id = job.requirement_id
                LEFT JOIN workflows ON workflows.tenant_id = casare_tenant()
                    AND workflows.workflow_id = asked.workflow_id
            ), \(ExplainFragments.inUse), robot AS MATERIALIZED (
                SELECT known.*, \(ExplainFragments.fits("needed", "known")) AS fits
                FROM needed CROSS JOIN \(ExplainFragments.robots) AS known
                WHERE known.queue_id = (SELECT queue_id FROM queue)
            ), \(ExplainFragments.nearest), \(ExplainFragments.rules), \(ExplainFragments.keys(
                """
                SELECT key_id, NULL::int8 AS waiting FROM queue_keys JOIN job
                    ON queue_keys.tenant_id = casare_tenant() AND queue_keys.queue_id = job.queue_id
                        AND queue_keys.key = job.queue_key
                """)), reason (place, reason, detail, clears) AS (
                \(Self.placesOfJob)
                UNION ALL
                \(ExplainFragments.ruleReasons)
                UNION ALL
                \(ExplainFragments.keyReasons)
                UNION ALL
                SELECT 7, CASE WHEN EXISTS (SELECT FROM robot) THEN 'no_robot_fits' ELSE 'no_robot_registered' END,
                    json_build_object(
                        'queue', queue.queue, \(ExplainFragments.need),
                        'registered', (SELECT count(*) FROM robot), 'nearest', near.nearest,
                        'elsewhere', named.environment),
                    CASE
                        WHEN near.clears IS NOT NULL THEN near.clears
                        -- The one that is asked for is not of this environment, and no session keeps it elsewhere.
                        WHEN needed.robot_id IS NOT NULL AND needed.workflow_id IS NULL AND NOT named.is_open THEN
                            json_build_object('run', 'casarectl robot register', 'of', needed.robot_id, 'with', (
                                SELECT json_agg(json_build_array(kind, label) ORDER BY number, label) FROM (
                                    SELECT 0 AS number, 'environment' AS kind, queue.queue AS label
                                    UNION SELECT 1, 'tag', unnest(named.tags || needed.tags)
                                    UNION SELECT 2, 'capability', unnest(named.capabilities || needed.capabilities)
                                ) AS option))
                    END
                FROM queue CROSS JOIN needed LEFT JOIN near ON true CROSS JOIN LATERAL (
                    SELECT
                        max(known.environment) AS environment,
                        coalesce(bool_or(known.session_id IS NOT NULL), false) AS is_open,
                        array_agg(DISTINCT label.tag) FILTER (WHERE label.tag IS NOT NULL) AS tags,
                        array_agg(DISTINCT label.capability) FILTER (WHERE label.capability IS NOT NULL)
                            AS capabilities
                    FROM \(ExplainFragments.robots) AS known
                    LEFT JOIN LATERAL unnest(known.tags, known.capabilities) AS label (tag, capability) ON true
                    WHERE known.robot_id = needed.robot_id
                ) AS named
                WHERE NOT EXISTS (SELECT FROM robot WHERE fits)
                UNION ALL
                \(ExplainFragments.robotReasons(queue: "(SELECT queue FROM queue)"))
                UNION ALL
                \(Self.lineOfJob)
                UNION ALL
                -- Only what has never been begun can be too late.
                SELECT 14, 'expires', json_build_object('at', \(ExplainFragments.moment("job.expires_at"))), NULL
                FROM job
                WHERE expires_at IS NOT NULL AND (
                    EXISTS (SELECT FROM waiting WHERE waiting.attempt = 0)
                    OR EXISTS (
                        SELECT FROM scheduled
                        WHERE scheduled.tenant_id = casare_tenant() AND scheduled.job_id = job.job_id AND attempt = 0)
                    OR EXISTS (
                        SELECT FROM paused
                        WHERE paused.tenant_id = casare_tenant() AND paused.job_id = job.job_id AND attempt = 0)
                ) AND NOT (\(ExpiryQueries.isBegun("job.job_id")))
            )
            SELECT reason, json_strip_nulls(detail) AS detail, clears FROM reason
            -- A place in line is worth knowing where it is only a matter of time.
            WHERE reason <> 'in_line' OR NOT EXISTS (
                SELECT FROM reason AS other
                WHERE place BETWEEN 5 AND 9 AND reason NOT IN ('robots_busy', 'queue_limit'))
            ORDER BY place
            """)

    /// Where the job is.
    private static let placesOfJob = """
        SELECT 1, 'ended',
            json_build_object(
                'kind', kind, 'at', \(ExplainFragments.moment("finished_at")), 'failure', outcomes.failure_kind,
                'message', outcomes.message, 'replayed_as', letter.replayed_as),
            CASE WHEN letter.job_id IS NOT NULL AND letter.replayed_as IS NULL THEN
                \(ExplainFragments.command("retry", "job.job_id")) END
        FROM job JOIN outcomes USING (tenant_id, job_id)
        LEFT JOIN dead_letters AS letter ON letter.tenant_id = casare_tenant() AND letter.job_id = job.job_id
        UNION ALL
        SELECT 2, CASE
                WHEN session.ended_at IS NULL AND session.is_in_time THEN 'running'
                WHEN session.ended_at IS NULL AND session.lost_at IS NULL
                    AND session.alive_until > (SELECT now FROM at) THEN 'robot_stale'
                ELSE 'robot_lost'
            END,
            json_build_object(
                'robot', session.robot_id, 'since', \(ExplainFragments.moment("leases.since")),
                'attempt', leases.attempt, 'until', \(ExplainFragments.moment(ExplainFragments.timeLimit)),
                'seen_at', \(ExplainFragments.moment("session.seen_at")),
                'alive_until', \(ExplainFragments.moment("session.alive_until")),
                'lost_at', \(ExplainFragments.moment("session.lost_at"))),
            NULL
        FROM job JOIN leases USING (tenant_id, job_id) LEFT JOIN LATERAL (
            SELECT known.*,
                lost_at IS NULL AND alive_until > (SELECT now FROM at)
                    AND seen_at > (SELECT now FROM at) - lease_seconds * interval '1 second' * 2 / 3 AS is_in_time
            FROM robot_sessions AS known
            WHERE known.tenant_id = casare_tenant() AND known.session_id = leases.session_id
        ) AS session ON true
        UNION ALL
        SELECT 2.5, 'wedged',
            json_build_object(
                'cause', 'job_overdue', 'job', job_id, 'robot', robot_id,
                'since', \(ExplainFragments.moment("overdue_since"))),
            CASE WHEN ending IS DISTINCT FROM 'stop' THEN \(ExplainFragments.command("robot stop", "robot_id")) END
        FROM job JOIN leases USING (tenant_id, job_id) JOIN robot_sessions USING (tenant_id, session_id)
        WHERE overdue_job = job_id AND ended_at IS NULL
        UNION ALL
        SELECT 3, 'asked',
            json_build_object('question', question, 'node', node, 'since', \(ExplainFragments.moment("since"))),
            \(ExplainFragments.command("job resolve", "job_id"))
        FROM job JOIN blocked USING (tenant_id, job_id)
        UNION ALL
        SELECT 2.7, 'pausing',
            json_build_object(
                'by', pause_asked_by, 'reason', pause_reason, 'since', \(ExplainFragments.moment("pause_asked_at"))),
            \(ExplainFragments.command("job resume", "job_id"))
        FROM job JOIN leases USING (tenant_id, job_id)
        WHERE pause_asked_at IS NOT NULL
        UNION ALL
        SELECT 3.5, 'paused',
            json_build_object(
                'by', paused_by, 'reason', reason, 'since', \(ExplainFragments.moment("since")),
                'due_at', \(ExplainFragments.moment("due_at"))),
            \(ExplainFragments.command("job resume", "job_id"))
        FROM job JOIN paused USING (tenant_id, job_id)
        UNION ALL
        SELECT 4, CASE WHEN due_at <= (SELECT now FROM at) THEN 'due_not_moved' WHEN attempt > 0 THEN 'retry_due'
                ELSE 'due_later' END,
            json_build_object(
                'due_at', \(ExplainFragments.moment("due_at")), 'attempt', attempt,
                'error', (
                    SELECT attempts.message FROM attempts
                    WHERE attempts.tenant_id = casare_tenant() AND attempts.job_id = job.job_id
                        AND attempts.attempt = scheduled.attempt)),
            NULL
        FROM job JOIN scheduled USING (tenant_id, job_id)
        UNION ALL
        -- Never, unless a statement went wrong.
        SELECT 15, 'nowhere', NULL, NULL
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
            AND NOT EXISTS (
                SELECT FROM paused WHERE paused.tenant_id = casare_tenant() AND paused.job_id = job.job_id)
        """

    /// What comes before the job. No more than a thousand of each are counted.
    private static let lineOfJob = """
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
                -- Among those that any robot may run, and those that need the same as this one.
                'more_urgent', (
                    SELECT count(*) FROM (
                        SELECT FROM (
                            SELECT job.queue_id AS lane_id, level::int2 AS priority
                            FROM generate_series(waiting.priority + 1, 20) AS urgency (level)
                            UNION ALL (
                                SELECT lanes.lane_id, lanes.priority FROM lanes
                                WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = job.queue_id
                                    AND lanes.lane_id < 0 AND lanes.priority > waiting.priority
                                    AND lanes.requirement_id IN (0, coalesce(job.requirement_id, 0))
                                LIMIT 10000
                            )
                        ) AS urgent
                        JOIN ready ON ready.tenant_id = casare_tenant() AND ready.queue_id = urgent.lane_id
                            AND ready.priority = urgent.priority
                        LIMIT 1001
                    ) AS before),
                'keys_before', (
                    SELECT count(DISTINCT before.key_id) FROM (
                        SELECT other.key_id FROM lanes AS own JOIN lanes AS other
                            ON other.tenant_id = casare_tenant() AND other.queue_id = own.queue_id
                            AND other.requirement_id = own.requirement_id AND other.priority = own.priority
                            AND other.key_id > 0 AND other.key_id <> own.key_id AND other.turn_at < own.turn_at
                            AND (other.parked_until IS NULL OR other.parked_until <= (SELECT now FROM at))
                        WHERE own.tenant_id = casare_tenant() AND own.lane_id = waiting.lane_id
                            AND own.priority = waiting.priority
                            AND EXISTS (
                                SELECT FROM ready
                                WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = other.lane_id
                                    AND ready.priority = other.priority)
                        LIMIT 1001
                    ) AS before),
                -- The clock ticks every few seconds: the moment before the job got its place.
                'ready_since', \(ExplainFragments.moment("""
                    greatest(job.created_at, (
                        SELECT ready_clock.at FROM ready_clock WHERE ready_clock.seq < waiting.seq
                        ORDER BY ready_clock.at DESC LIMIT 1))
                    """))),
            NULL
        FROM job JOIN waiting ON true
        """
}
