import CasarePostgres

/// The SQL of what robots watch for triggers.
///
/// Whoever takes a watch, reports of it or pauses its trigger locks the trigger's row first: so no two of them wait for
/// each other.
enum WatchQueries {
    /// Of an open session: whose it is, and what may be handed to it. Its queue has the name of its environment.
    static let asker = Query(
        """
        SELECT robot_sessions.robot_id, queues.name AS environment, robot_sessions.cordoned_at IS NOT NULL AS is_cordoned
        FROM robot_sessions JOIN queues ON queues.queue_id = robot_sessions.queue_id
        WHERE robot_sessions.tenant_id = casare_tenant() AND robot_sessions.session_id = @session
            AND robot_sessions.ended_at IS NULL AND queues.tenant_id = casare_tenant()
        """)

    /// Lets go of what a session holds and its robot does not name, and of what has changed since.
    static let release = Query(
        """
        UPDATE trigger_watches SET session_id = NULL, since = NULL
        WHERE trigger_watches.tenant_id = casare_tenant() AND trigger_watches.session_id = @session
            AND NOT EXISTS (
                SELECT FROM unnest(@triggers::uuid[], @revisions::int8[]) AS named (trigger_id, revision)
                WHERE named.trigger_id = trigger_watches.trigger_id
                    AND named.revision = (
                        SELECT triggers.revision FROM triggers
                        WHERE triggers.tenant_id = casare_tenant()
                            AND triggers.trigger_id = trigger_watches.trigger_id AND triggers.paused_at IS NULL)
            )
        """)

    static let held = Query(
        """
        SELECT trigger_id FROM trigger_watches WHERE tenant_id = casare_tenant() AND session_id = @session
        """)

    /// Hands watches that nobody holds to a session. Triggers that somebody else has at hand just now are skipped.
    ///
    /// Whether a watch is free is looked at twice: the second time when its row is written, since another session may
    /// have taken it after the first look.
    static let take = Query(
        """
        WITH free AS (
            SELECT triggers.trigger_id FROM triggers
            WHERE triggers.tenant_id = casare_tenant() AND triggers.kind IN ('file', 'feed')
                AND triggers.paused_at IS NULL
                AND coalesce(triggers.spec ->> 'environment', @environment_default) = @environment
                AND coalesce(triggers.spec #>> '{file,robot}', triggers.spec #>> '{feed,robot}', @robot) = @robot
                AND (
                    @opens_secrets::boolean
                    OR NOT EXISTS (
                        SELECT FROM trigger_secrets
                        WHERE trigger_secrets.tenant_id = casare_tenant()
                            AND trigger_secrets.trigger_id = triggers.trigger_id)
                )
                AND NOT EXISTS (
                    SELECT FROM trigger_watches
                    JOIN robot_sessions ON robot_sessions.session_id = trigger_watches.session_id
                    WHERE trigger_watches.tenant_id = casare_tenant()
                        AND trigger_watches.trigger_id = triggers.trigger_id
                        AND robot_sessions.tenant_id = casare_tenant() AND robot_sessions.ended_at IS NULL
                )
            ORDER BY triggers.trigger_id
            LIMIT @limit
            FOR NO KEY UPDATE OF triggers SKIP LOCKED
        )
        INSERT INTO trigger_watches (trigger_id, session_id, since)
        SELECT free.trigger_id, @session::int8, coalesce(@now::timestamptz, now()) FROM free
        ON CONFLICT (tenant_id, trigger_id) DO UPDATE
        SET session_id = excluded.session_id, since = excluded.since
        WHERE trigger_watches.session_id IS NULL OR NOT EXISTS (
            SELECT FROM robot_sessions
            WHERE robot_sessions.tenant_id = casare_tenant()
                AND robot_sessions.session_id = trigger_watches.session_id AND robot_sessions.ended_at IS NULL
        )
        RETURNING tenant_id, trigger_id, version, state::text, state_of
        """)

    /// The trigger's revision; no row where it is gone or paused.
    static let trigger = Query(
        """
        SELECT revision FROM triggers
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND paused_at IS NULL
        FOR NO KEY UPDATE
        """)

    /// Keeps what was seen. No row: the session holds the watch no longer, or that was reported already.
    static let report = Query(
        """
        UPDATE trigger_watches
        SET version = version + 1, state = coalesce(@state::text::json, state),
            state_of = CASE WHEN @state::text IS NULL THEN state_of ELSE @state_of END,
            reported_at = coalesce(@now::timestamptz, now()), error = @error,
            error_since = CASE
                WHEN @error::text IS NULL THEN NULL
                ELSE coalesce(error_since, @now::timestamptz, now())
            END
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND session_id = @session AND version = @version
        RETURNING version
        """)

    /// Lets go of a watch that cannot be handed out.
    static let refuse = Query(
        """
        UPDATE trigger_watches
        SET session_id = NULL, since = NULL, error = @error,
            error_since = coalesce(error_since, @now::timestamptz, now())
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND session_id = @session
        """)

    /// Has whoever watches begin anew.
    static let restart = Query(
        """
        UPDATE trigger_watches SET session_id = NULL, since = NULL
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        """)

    static let status = Query(
        """
        SELECT
            trigger_watches.reported_at, trigger_watches.error, trigger_watches.error_since,
            robot_sessions.robot_id, CASE WHEN robot_sessions.robot_id IS NOT NULL THEN trigger_watches.since END AS since
        FROM trigger_watches
        LEFT JOIN robot_sessions
            ON robot_sessions.tenant_id = casare_tenant()
            AND robot_sessions.session_id = trigger_watches.session_id AND robot_sessions.ended_at IS NULL
        WHERE trigger_watches.tenant_id = casare_tenant() AND trigger_watches.trigger_id = @trigger
        """)
}
