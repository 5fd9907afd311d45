import CasarePostgres

/// Why things do not get on. Each asks for a row per reason that holds now, what decides first comes first.
enum ExplainQueries {
    /// What holds a queue up. What it has is told elsewhere.
    static let queue = Query(
        assembled: """
            WITH at AS MATERIALIZED (
                SELECT coalesce(@now::timestamptz, now()) AS now
            ), queue AS MATERIALIZED (
                SELECT queue_id, name AS queue FROM queues WHERE tenant_id = casare_tenant() AND name = @queue
            ), \(ExplainFragments.inUse), robot AS MATERIALIZED (
                SELECT known.*, true AS fits FROM \(ExplainFragments.robots) AS known
                WHERE known.queue_id = (SELECT queue_id FROM queue)
            ), \(ExplainFragments.rules), \(ExplainFragments.lanes), waiting AS MATERIALIZED (
                SELECT EXISTS (SELECT FROM lane) OR EXISTS (
                    SELECT FROM queue JOIN ready
                        ON ready.tenant_id = casare_tenant() AND ready.queue_id = queue.queue_id
                ) AS is_there
            ), needed AS MATERIALIZED (
                SELECT requirements.*, workflows.name AS workflow, counted.waiting
                FROM (
                    SELECT requirement_id, sum(jobs)::int8 AS waiting FROM lane WHERE requirement_id > 0
                    GROUP BY requirement_id
                ) AS counted
                JOIN requirements USING (requirement_id)
                LEFT JOIN workflows ON workflows.tenant_id = casare_tenant()
                    AND workflows.workflow_id = requirements.workflow_id
            ), \(ExplainFragments.nearest), \(ExplainFragments.keys(
                "SELECT key_id, sum(jobs)::int8 AS waiting FROM lane WHERE key_id > 0 GROUP BY key_id")),
            reason (place, reason, detail, clears) AS (
                \(ExplainFragments.ruleReasons)
                UNION ALL
                \(ExplainFragments.keyReasons)
                UNION ALL
                SELECT 7, 'no_robot_registered', json_build_object('queue', queue.queue), NULL
                FROM queue WHERE NOT EXISTS (SELECT FROM robot)
                UNION ALL
                \(ExplainFragments.robotReasons(queue: "(SELECT queue FROM queue)"))
                UNION ALL
                \(ExplainFragments.unmetNeeds(queue: "(SELECT queue FROM queue)"))
            )
            SELECT reason, json_strip_nulls(detail) AS detail, clears FROM reason
            WHERE reason <> 'robots_busy' OR (SELECT is_there FROM waiting)
            ORDER BY place
            """)
}
