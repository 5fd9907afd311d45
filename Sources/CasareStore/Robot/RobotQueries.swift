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
        -- A row that was there has been locked by this transaction.
        RETURNING xmax = 0 AS is_new
        """)

    /// Tells open sessions how many slots their robot has now; they hear of it with the next renewal.
    static let changeSlots = Query(
        """
        UPDATE robot_sessions SET slots = @slots
        WHERE tenant_id = casare_tenant() AND robot_id = @robot AND ended_at IS NULL AND slots <> @slots
        """)

    /// One robot, or a page of them in the order of their IDs; with what its sessions say about it.
    ///
    /// Sessions are looked up robot by robot; the leases, of which there are no more than slots, are counted once. A
    /// session is in time as long as it has not missed two of the three renewals that fit into a lease. Of the sessions
    /// that are in time the newest counts, unless an older one is wedged.
    static let list = Query(
        """
        WITH at AS MATERIALIZED (
            SELECT coalesce(@now::timestamptz, now()) AS now
        ), held AS MATERIALIZED (
            SELECT session_id, count(*) AS leases FROM leases WHERE tenant_id = casare_tenant() GROUP BY session_id
        ), page AS MATERIALIZED (
            SELECT
                robot_id, environment, tags, capabilities, slots, registered_at, cordoned_at, cordoned_by, cordon_reason
            FROM robots
            WHERE tenant_id = casare_tenant()
                AND (@robot::text IS NULL OR robot_id = @robot) AND robot_id > @after
            ORDER BY robot_id LIMIT @limit
        )
        SELECT
            page.*, known.last_seen_at, known.is_open, known.sessions, current.*,
            (SELECT coalesce(sum(leases), 0)::int8 FROM held WHERE session_id = ANY (known.open)) AS slots_in_use
        FROM page
        CROSS JOIN LATERAL (
            SELECT
                max(seen_at) AS last_seen_at, coalesce(bool_or(ended_at IS NULL), false) AS is_open,
                array_agg(session_id) FILTER (WHERE ended_at IS NULL) AS open,
                count(*) FILTER (
                    WHERE ended_at IS NULL AND lost_at IS NULL AND alive_until > (SELECT now FROM at)
                        AND seen_at > (SELECT now FROM at) - lease_seconds * interval '1 second' * 2 / 3
                ) AS sessions
            FROM robot_sessions AS session
            WHERE session.tenant_id = casare_tenant() AND session.robot_id = page.robot_id
        ) AS known
        LEFT JOIN LATERAL (
            SELECT
                true AS is_in_time, ending, ending_asked_at, ending_asked_by, ending_reason, progress_at,
                overdue_job, overdue_since,
                CASE
                    WHEN unasked_since <= (SELECT now FROM at) - 2 * lease_seconds * interval '1 second'
                        AND cordoned_at IS NULL THEN unasked_since
                END AS unasked_since
            FROM robot_sessions AS session
            WHERE session.tenant_id = casare_tenant() AND session.robot_id = page.robot_id AND ended_at IS NULL
                AND lost_at IS NULL AND alive_until > (SELECT now FROM at)
                AND seen_at > (SELECT now FROM at) - lease_seconds * interval '1 second' * 2 / 3
            ORDER BY overdue_job IS NULL, session_id DESC LIMIT 1
        ) AS current ON true
        ORDER BY page.robot_id
        """)

    // MARK: Control

    /// Nothing more is leased to the robot from the commit on. Its sessions follow in a statement of their own, so that
    /// one which was opened just before is seen.
    static let cordon = Query(
        """
        UPDATE robots
        SET cordoned_at = coalesce(cordoned_at, @now::timestamptz, now()), cordoned_by = @by, cordon_reason = @reason
        WHERE tenant_id = casare_tenant() AND robot_id = @robot
        RETURNING cordoned_at
        """)

    static let cordonSessions = Query(
        """
        UPDATE robot_sessions SET cordoned_at = @cordoned_at::timestamptz
        WHERE tenant_id = casare_tenant() AND robot_id = @robot AND ended_at IS NULL AND cordoned_at IS NULL
        """)

    static let uncordon = Query(
        """
        UPDATE robots SET cordoned_at = NULL, cordoned_by = NULL, cordon_reason = NULL
        WHERE tenant_id = casare_tenant() AND robot_id = @robot
        RETURNING robot_id
        """)

    /// A session that is to end has its own reason to be cordoned.
    static let uncordonSessions = Query(
        """
        UPDATE robot_sessions SET cordoned_at = NULL
        WHERE tenant_id = casare_tenant() AND robot_id = @robot AND ended_at IS NULL AND ending IS NULL
        """)

    /// Asks the robot's open sessions to end. A stop goes before a drain; what was asked already stays as it was.
    static let end = Query(
        """
        UPDATE robot_sessions
        SET ending = @order, ending_asked_at = coalesce(@now::timestamptz, now()), ending_asked_by = @by,
            ending_reason = @reason, cordoned_at = coalesce(cordoned_at, @now::timestamptz, now())
        WHERE tenant_id = casare_tenant() AND robot_id = @robot AND ended_at IS NULL
            AND (ending IS NULL OR ending = 'drain' AND @order = 'stop')
        """)

    static let openSessions = Query(
        """
        SELECT session_id FROM robot_sessions
        WHERE tenant_id = casare_tenant() AND robot_id = @robot AND ended_at IS NULL
        """)

    // MARK: Removal

    /// Locks the robot, so that it opens no session meanwhile.
    static let lock = Query(
        "SELECT robot_id FROM robots WHERE tenant_id = casare_tenant() AND robot_id = @robot FOR UPDATE")

    /// What keeps the robot from being removed. Jobs that only it may run and that wait, for their turn, their time or
    /// a person, are counted up to `count_max` + 1.
    static let ties = Query(
        """
        SELECT
            EXISTS (
                SELECT FROM robot_sessions
                WHERE tenant_id = casare_tenant() AND robot_id = @robot AND ended_at IS NULL
            ) AS has_session,
            EXISTS (
                SELECT FROM leases JOIN robot_sessions USING (tenant_id, session_id)
                WHERE leases.tenant_id = casare_tenant() AND robot_sessions.robot_id = @robot
            ) AS has_leases,
            ARRAY(
                SELECT name FROM workflow_robots JOIN workflows USING (tenant_id, workflow_id)
                WHERE workflow_robots.tenant_id = casare_tenant() AND robot_id = @robot ORDER BY name LIMIT 10
            ) AS workflows,
            (
                SELECT count(*) FROM (
                    SELECT ready.job_id FROM requirements
                    JOIN lanes USING (queue_id, requirement_id)
                    JOIN ready ON ready.queue_id = lanes.lane_id AND ready.priority = lanes.priority
                    WHERE requirements.tenant_id = casare_tenant() AND requirements.robot_id = @robot
                    UNION ALL
                    SELECT scheduled.job_id FROM requirements JOIN scheduled USING (queue_id, requirement_id)
                    WHERE requirements.tenant_id = casare_tenant() AND requirements.robot_id = @robot
                    UNION ALL
                    SELECT blocked.job_id FROM blocked
                    JOIN jobs ON jobs.tenant_id = blocked.tenant_id AND jobs.job_id = blocked.job_id
                    JOIN requirements USING (requirement_id)
                    WHERE blocked.tenant_id = casare_tenant() AND requirements.robot_id = @robot
                    UNION ALL
                    SELECT paused.job_id FROM paused
                    JOIN jobs ON jobs.tenant_id = paused.tenant_id AND jobs.job_id = paused.job_id
                    JOIN requirements USING (requirement_id)
                    WHERE paused.tenant_id = casare_tenant() AND requirements.robot_id = @robot
                    LIMIT @count_max + 1
                ) AS counted
            ) AS jobs
        """)

    static let remove = Query(
        """
        WITH revoked AS (
            UPDATE tokens SET revoked_at = coalesce(@now::timestamptz, now())
            WHERE tenant_id = casare_tenant() AND robot_id = @robot AND revoked_at IS NULL
        ), sessions AS (
            DELETE FROM robot_sessions WHERE tenant_id = casare_tenant() AND robot_id = @robot
        )
        DELETE FROM robots WHERE tenant_id = casare_tenant() AND robot_id = @robot
        """)
}
