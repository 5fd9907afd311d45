import CasarePostgres

enum SessionQueries {
    /// Opens a session for a registered robot; a process that opens another one has lost its earlier ones.
    static let open = Query(
        """
        WITH robot AS (
            SELECT environment, cordoned_at FROM robots WHERE tenant_id = casare_tenant() AND robot_id = @robot
            -- Whoever cordons the robot just now comes before or after.
            FOR SHARE
        ), superseded AS (
            UPDATE robot_sessions SET ended_at = coalesce(@now::timestamptz, now())
            WHERE tenant_id = casare_tenant() AND robot_id = @robot AND boot_id = @boot AND ended_at IS NULL
        ), queue AS (
            INSERT INTO queues (name) SELECT environment FROM robot
            ON CONFLICT (tenant_id, name) DO UPDATE SET name = excluded.name
            RETURNING queue_id
        )
        INSERT INTO robot_sessions (
            robot_id, boot_id, kind, queue_id, slots, lease_seconds, opened_at, seen_at, alive_until, cordoned_at
        )
        SELECT
            @robot, @boot, @kind, queue_id, @slots, @lease_seconds, coalesce(@now::timestamptz, now()),
            coalesce(@now::timestamptz, now()),
            coalesce(@now::timestamptz, now()) + @lease_seconds * interval '1 second', robot.cordoned_at
        FROM queue CROSS JOIN robot
        RETURNING session_id
        """)

    /// Held by the connection for as long as it lasts: while it is, the session is alive.
    static let lock = Query("SELECT pg_advisory_lock(@class::int4, @session::int4)")

    /// Takes the lock of a session whose connection was lost, unless the old connection still has it.
    static let tryLock = Query("SELECT pg_try_advisory_lock(@class::int4, @session::int4) AS is_locked")

    /// The session's connection is back.
    static let resume = Query(
        """
        UPDATE robot_sessions SET lost_at = NULL
        WHERE tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL
        RETURNING session_id
        """)

    /// Trusts a session for another lease's length. No row: it has ended.
    static let renew = Query(
        """
        UPDATE robot_sessions
        SET seen_at = coalesce(@now::timestamptz, now()),
            alive_until = coalesce(@now::timestamptz, now()) + lease_seconds * interval '1 second'
        WHERE tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL
        RETURNING lease_seconds, slots, ending
        """)

    /// The same, with what the robot says of its progress.
    static let renewWithProgress = Query(
        """
        UPDATE robot_sessions
        SET seen_at = at.now, alive_until = at.now + lease_seconds * interval '1 second',
            unasked_since = at.now - @unasked::float8 * interval '1 second',
            progress_at = at.now - @silent::float8 * interval '1 second', overdue_job = @overdue_job::uuid,
            overdue_since = at.now - @overdue::float8 * interval '1 second'
        FROM (SELECT coalesce(@now::timestamptz, now()) AS now) AS at
        WHERE tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL
        RETURNING lease_seconds, slots, ending
        """)

    static let order = Query(
        """
        SELECT ending FROM robot_sessions
        WHERE tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL AND ending IS NOT NULL
        """)

    /// Which of the leases that a session believes to hold are no longer its own, and which are of jobs that are to be
    /// paused.
    static let changed = Query(
        """
        SELECT job_id, is_to_pause IS NULL AS is_lost
        FROM (
            SELECT held.job_id, (
                SELECT leases.pause_asked_by IS NOT NULL FROM leases
                WHERE leases.tenant_id = casare_tenant() AND leases.job_id = held.job_id
                    AND leases.token = held.token AND leases.session_id = @session
            ) AS is_to_pause
            FROM unnest(@jobs::uuid[], @tokens::int8[]) AS held (job_id, token)
            OFFSET 0
        ) AS known
        WHERE is_to_pause IS NOT FALSE
        """)

    static let isOpen = Query(
        """
        SELECT FROM robot_sessions WHERE tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL
        """)

    static let close = Query(
        """
        UPDATE robot_sessions SET ended_at = coalesce(@now::timestamptz, now())
        WHERE tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL
        RETURNING session_id
        """)
}
