import CasarePostgres

enum RobotQueries {
    static let register = Query(
        """
        INSERT INTO robots (robot_id, environment, tags, capabilities, slots, registered_at)
        VALUES (
            @robot, @environment, @tags::text[], @capabilities::text[], @slots, coalesce(@now::timestamptz, now())
        )
        ON CONFLICT (tenant_id, robot_id) DO UPDATE SET
            environment = excluded.environment, tags = excluded.tags, capabilities = excluded.capabilities,
            slots = excluded.slots
        """)

    /// One robot, or a page of them in the order of their IDs; with what its sessions say about it.
    static let list = Query(
        """
        WITH held AS (
            SELECT session_id, count(*) AS leases FROM leases WHERE tenant_id = casare_tenant() GROUP BY session_id
        ), known AS (
            SELECT
                robot_id, max(seen_at) AS last_seen_at,
                bool_or(ended_at IS NULL AND alive_until > coalesce(@now::timestamptz, now())) AS is_alive,
                coalesce(sum(leases), 0)::int8 AS slots_in_use
            FROM robot_sessions LEFT JOIN held USING (session_id)
            WHERE tenant_id = casare_tenant()
            GROUP BY robot_id
        )
        SELECT
            robots.robot_id, environment, tags, capabilities, slots, registered_at, last_seen_at,
            coalesce(is_alive, false) AS is_alive, coalesce(slots_in_use, 0) AS slots_in_use
        FROM robots LEFT JOIN known USING (robot_id)
        WHERE robots.tenant_id = casare_tenant()
            AND (@robot::text IS NULL OR robots.robot_id = @robot) AND robots.robot_id > @after
        ORDER BY robots.robot_id LIMIT @limit
        """)
}
