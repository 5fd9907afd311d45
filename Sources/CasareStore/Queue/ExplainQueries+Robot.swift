import CasarePostgres

extension ExplainQueries {
    /// The last reason says whether work is there. No row at all: ask whether there is such a robot.
    static let robot = Query(
        assembled: """
            WITH at AS MATERIALIZED (
                SELECT coalesce(@now::timestamptz, now()) AS now
            ), \(ExplainFragments.inUse), robot AS MATERIALIZED (
                SELECT * FROM \(ExplainFragments.robots) AS known WHERE known.robot_id = @robot
            ), queue AS MATERIALIZED (
                SELECT robot.queue_id, coalesce(queues.name, robot.environment) AS queue
                FROM robot LEFT JOIN queues USING (queue_id)
            ), \(ExplainFragments.rules), \(ExplainFragments.lanes), asked AS MATERIALIZED (
                SELECT requirements.*, workflows.name AS workflow, counted.waiting,
                    \(ExplainFragments.fits("requirements", "robot")) AS fits
                FROM robot CROSS JOIN (
                    SELECT requirement_id, sum(jobs)::int8 AS waiting FROM lane WHERE requirement_id > 0
                    GROUP BY requirement_id
                ) AS counted
                JOIN requirements USING (requirement_id)
                LEFT JOIN workflows ON workflows.tenant_id = casare_tenant()
                    AND workflows.workflow_id = requirements.workflow_id
            ), needed AS MATERIALIZED (
                SELECT * FROM asked WHERE NOT fits
            ), \(ExplainFragments.nearest), fitting AS MATERIALIZED (
                SELECT lane.* FROM lane
                WHERE requirement_id = 0 OR requirement_id IN (SELECT asked.requirement_id FROM asked WHERE fits)
            ), \(ExplainFragments.keys(
                "SELECT key_id, sum(jobs)::int8 AS waiting FROM fitting WHERE key_id > 0 GROUP BY key_id")),
            holding (place, reason, detail, clears) AS (
                SELECT 1, 'offline',
                    json_build_object('environment', environment, 'seen_at', (
                        SELECT \(ExplainFragments.moment("max(seen_at)")) FROM robot_sessions AS known
                        WHERE known.tenant_id = casare_tenant() AND known.robot_id = robot.robot_id)),
                    NULL::json
                FROM robot WHERE session_id IS NULL
                UNION ALL
                SELECT 2, 'stale',
                    json_build_object(
                        'seen_at', \(ExplainFragments.moment("seen_at")),
                        'alive_until', \(ExplainFragments.moment("alive_until")),
                        'lost_at', \(ExplainFragments.moment("lost_at")),
                        'is_over', alive_until <= (SELECT now FROM at)),
                    NULL
                FROM robot WHERE state = 'stale'
                UNION ALL
                SELECT 2, 'wedged',
                    json_build_object(
                        'cause', 'job_overdue', 'job', overdue_job,
                        'since', \(ExplainFragments.moment("overdue_since"))),
                    CASE WHEN ending IS DISTINCT FROM 'stop' THEN
                        \(ExplainFragments.command("robot stop", "robot_id")) END
                FROM robot WHERE overdue_job IS NOT NULL AND is_in_time
                UNION ALL
                SELECT 2, 'wedged',
                    json_build_object('cause', 'not_asking', 'since', \(ExplainFragments.moment("unasked_since"))),
                    CASE WHEN ending IS DISTINCT FROM 'stop' THEN
                        \(ExplainFragments.command("robot stop", "robot_id")) END
                FROM robot WHERE unasked_since IS NOT NULL AND overdue_job IS NULL AND is_in_time
                UNION ALL
                SELECT 3, 'cordoned',
                    json_build_object(
                        'since', \(ExplainFragments.moment("cordoned_at")), 'by', cordoned_by,
                        'reason', cordon_reason),
                    \(ExplainFragments.command("robot uncordon", "robot_id"))
                FROM robot WHERE cordoned_at IS NOT NULL
                UNION ALL
                SELECT 3, 'draining',
                    json_build_object(
                        'order', ending, 'by', ending_asked_by, 'reason', ending_reason,
                        'since', \(ExplainFragments.moment("ending_asked_at"))),
                    NULL
                FROM robot WHERE ending IS NOT NULL
                UNION ALL
                SELECT 4, 'slots_full', json_build_object('slots', slots, 'in_use', slots_in_use),
                    CASE WHEN slots_wanted <= 1000 THEN
                        \(ExplainFragments.command("robot register", "robot_id", ("slots", "slots_wanted"))) END
                FROM robot WHERE free_slots = 0
                UNION ALL
                \(ExplainFragments.ruleReasons)
                UNION ALL
                \(ExplainFragments.keyReasons)
            ), reason AS (
                SELECT * FROM holding
                UNION ALL
                SELECT 13 + needed.number * 0.001, 'requirement_unmet',
                    json_build_object(
                        'queue', (SELECT queue FROM queue), \(ExplainFragments.need), 'waiting', needed.waiting,
                        'nearest', needed.nearest),
                    needed.clears
                FROM (
                    SELECT needed.*, near.nearest, near.clears,
                        row_number() OVER (ORDER BY needed.waiting DESC, needed.requirement_id) AS number
                    FROM needed LEFT JOIN near USING (requirement_id)
                    ORDER BY number LIMIT 20
                ) AS needed
                UNION ALL
                SELECT 14, CASE WHEN known.is_there THEN 'work_waits' ELSE 'no_work' END,
                    json_build_object(
                        'queue', queue.queue,
                        -- Whether anything above keeps the robot from all that waits.
                        'held', CASE WHEN known.is_there THEN NOT known.is_open OR EXISTS (
                            SELECT FROM holding WHERE place < 6 OR reason IN ('queue_limit', 'queue_rate')) END,
                        'elsewhere', CASE WHEN NOT known.is_there THEN EXISTS (SELECT FROM lane) END),
                    NULL
                FROM robot CROSS JOIN queue CROSS JOIN LATERAL (
                    SELECT
                        EXISTS (SELECT FROM fitting) OR plain.is_there AS is_there,
                        plain.is_there OR EXISTS (
                            SELECT FROM fitting LEFT JOIN key USING (key_id)
                            WHERE (key.is_paused OR key.running >= key.concurrency OR key.rate_room = 0) IS NOT TRUE
                        ) AS is_open
                    FROM (
                        SELECT EXISTS (
                            SELECT FROM ready
                            WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = robot.queue_id
                        ) AS is_there
                    ) AS plain
                ) AS known
                WHERE robot.session_id IS NOT NULL
            )
            SELECT reason, json_strip_nulls(detail) AS detail, clears FROM reason ORDER BY place
            """)
}
