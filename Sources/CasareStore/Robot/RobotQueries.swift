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

    /// Nothing more is leased to the robot, or it is again. Its sessions follow in a statement of their own, so that one
    /// which was opened just before is seen.
    static let cordon = Query(
        """
        UPDATE robots
        SET cordoned_at = CASE WHEN @is_cordoned THEN coalesce(cordoned_at, @now::timestamptz, now()) END
        WHERE tenant_id = casare_tenant() AND robot_id = @robot
        RETURNING cordoned_at
        """)

    static let cordonSessions = Query(
        """
        UPDATE robot_sessions SET cordoned_at = @cordoned_at::timestamptz
        WHERE tenant_id = casare_tenant() AND robot_id = @robot AND ended_at IS NULL
        """)

    /// One robot, or a page of them in the order of their IDs; with what its sessions say about it.
    ///
    /// Sessions are looked up robot by robot; the leases, of which there are no more than slots, are counted once.
    static let list = Query(
        """
        WITH held AS MATERIALIZED (
            SELECT session_id, count(*) AS leases FROM leases WHERE tenant_id = casare_tenant() GROUP BY session_id
        ), page AS MATERIALIZED (
            SELECT robot_id, environment, tags, capabilities, slots, registered_at, cordoned_at
            FROM robots
            WHERE tenant_id = casare_tenant()
                AND (@robot::text IS NULL OR robot_id = @robot) AND robot_id > @after
            ORDER BY robot_id LIMIT @limit
        )
        SELECT
            page.*, known.last_seen_at, known.is_alive,
            (SELECT coalesce(sum(leases), 0)::int8 FROM held WHERE session_id = ANY (known.open)) AS slots_in_use
        FROM page
        CROSS JOIN LATERAL (
            SELECT
                max(seen_at) AS last_seen_at,
                coalesce(
                    bool_or(ended_at IS NULL AND alive_until > coalesce(@now::timestamptz, now())), false
                ) AS is_alive,
                array_agg(session_id) FILTER (WHERE ended_at IS NULL) AS open
            FROM robot_sessions AS session
            WHERE session.tenant_id = casare_tenant() AND session.robot_id = page.robot_id
        ) AS known
        ORDER BY page.robot_id
        """)
}
