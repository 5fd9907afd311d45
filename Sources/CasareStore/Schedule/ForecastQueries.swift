import CasarePostgres

/// What is known of schedules about the time to come.
enum ForecastQueries {
    /// The median of how long the last jobs ran, of the schedules of which any is known. Only so many of the last ticks
    /// are looked at, whatever became of them.
    static let expectedSeconds = Query(
        """
        SELECT asked.id AS schedule_id, recent.median
        FROM unnest(@schedules::uuid[]) AS asked (id)
        CROSS JOIN LATERAL (
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY run.seconds) AS median
            FROM (
                SELECT extract(epoch FROM last.ended_at - last.started_at)::float8 AS seconds
                FROM (
                    SELECT tick_at, started_at, ended_at, ended_as FROM schedule_ticks
                    WHERE schedule_ticks.tenant_id = casare_tenant() AND schedule_ticks.schedule_id = asked.id
                    ORDER BY tick_at DESC LIMIT @ticks_max
                ) AS last
                WHERE last.ended_as = 'completed' AND last.started_at IS NOT NULL
                ORDER BY last.tick_at DESC LIMIT @runs_max
            ) AS run
        ) AS recent
        WHERE recent.median IS NOT NULL
        """)

    /// Those that have a next tick and nobody pauses, in the order of names.
    static let active = Query(
        """
        SELECT * FROM schedules
        WHERE tenant_id = casare_tenant() AND paused_at IS NULL AND next_at IS NOT NULL
            AND (@workflow::text IS NULL OR workflow = @workflow)
        ORDER BY name LIMIT @limit
        """)

    /// How many jobs the robots that are there can run at once. Those that take nothing more do not count.
    static let slots = Query(
        """
        SELECT coalesce(sum(robot.slots), 0)::int8 AS slots
        FROM (SELECT robot_id, slots, cordoned_at FROM robots WHERE tenant_id = casare_tenant()) AS robot
        WHERE robot.cordoned_at IS NULL AND EXISTS (
            SELECT FROM robot_sessions
            WHERE robot_sessions.tenant_id = casare_tenant() AND robot_sessions.robot_id = robot.robot_id
                AND ended_at IS NULL AND lost_at IS NULL AND alive_until > coalesce(@now::timestamptz, now())
        )
        """)
}
