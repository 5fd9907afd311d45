import CasarePostgres

/// Why things do not get on. Each asks for a row per reason that holds now, what decides first comes first; `detail` is
/// a JSON object, and `clears` a command in which {queue}, {key}, {job} and {robot} stand for the names in `detail`.
enum ExplainQueries {
    /// What a queue's jobs require that nobody who is alive and may lease meets, with the number of lanes.
    static let unmet = Query(
        """
        WITH alive AS MATERIALIZED (
            SELECT robots.robot_id, robots.tags, robots.capabilities
            FROM robots JOIN robot_sessions USING (tenant_id, robot_id)
            WHERE robots.tenant_id = casare_tenant() AND robots.environment = @queue AND robots.cordoned_at IS NULL
                AND robot_sessions.ended_at IS NULL AND alive_until > coalesce(@now::timestamptz, now())
        )
        SELECT
            needed.tags, needed.capabilities, needed.robot_id, needed.workflow_id::text AS workflow, counted.lanes
        FROM (
            SELECT requirement_id, count(*) AS lanes
            FROM (
                SELECT requirement_id FROM lanes
                WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = @queue_id AND requirement_id > 0
                LIMIT @lanes_max
            ) AS lane
            GROUP BY requirement_id
        ) AS counted
        JOIN requirements AS needed USING (requirement_id)
        WHERE NOT EXISTS (
            SELECT FROM alive
            WHERE needed.tags <@ alive.tags AND needed.capabilities <@ alive.capabilities
                AND coalesce(needed.robot_id, alive.robot_id) = alive.robot_id
                AND (
                    needed.workflow_id IS NULL
                    OR NOT EXISTS (
                        SELECT FROM workflow_robots AS assigned
                        WHERE assigned.tenant_id = casare_tenant() AND assigned.workflow_id = needed.workflow_id)
                    OR EXISTS (
                        SELECT FROM workflow_robots AS assigned
                        WHERE assigned.tenant_id = casare_tenant() AND assigned.workflow_id = needed.workflow_id
                            AND assigned.robot_id = alive.robot_id)
                )
        )
        ORDER BY counted.lanes DESC
        LIMIT 20
        """)
}
