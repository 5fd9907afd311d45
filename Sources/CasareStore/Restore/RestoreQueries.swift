import CasarePostgres

/// Statements about the database as a whole and about what a restore from a backup leaves behind. They run as the
/// system.
enum RestoreQueries {
    static let get = Query("SELECT * FROM installation")

    static let epochs = Query("SELECT * FROM installation_epochs ORDER BY epoch DESC LIMIT @limit")

    /// Where the numbers stand that only grow. What was seen before and is not there any more was lost.
    static let marks = Query(
        """
        SELECT
            (SELECT epoch FROM installation) AS epoch, casare_timeline() AS timeline,
            (SELECT last_value FROM lease_tokens) AS token, (SELECT last_value FROM event_ids) AS event
        """)

    static let seen = Query(
        """
        UPDATE installation SET
            timeline = casare_timeline(), backup = coalesce(casare_backup(), backup),
            seen_at = coalesce(@now::timestamptz, now())
        """)

    static let suspect = Query(
        """
        UPDATE installation SET suspected_at = coalesce(@now::timestamptz, now()), suspected_why = @why
        WHERE suspected_at IS NULL
        """)

    /// Nobody says any more that something was lost.
    static let dismiss = Query(
        """
        UPDATE installation SET
            suspected_at = NULL, suspected_why = NULL, timeline = casare_timeline(),
            backup = coalesce(casare_backup(), backup)
        """)

    /// The server itself tells that it was started from a backup, and nobody has said so.
    static let restoredFrom = Query("SELECT casare_restored_from() AS backup")

    /// As a tenant or as the system.
    static let witness = Query("SELECT casare_witness(@token::int8)")

    // MARK: - A new epoch

    /// For this transaction alone: the tables below are in use.
    static let wait = Query("SELECT set_config('lock_timeout', '15s', true)")

    /// Nobody leases, submits, fires or rotates until the commit; and two that declare the same come one after the
    /// other.
    static let lockInstallation = Query("LOCK TABLE installation IN SHARE ROW EXCLUSIVE MODE")

    /// Whoever has locked a row of it, and means to change it, has done so before; the others would be waited for below
    /// while they wait for this table.
    static let lockRotations = Query("LOCK TABLE secret_rotations IN EXCLUSIVE MODE")

    static let lockTables = Query(
        "LOCK TABLE schedules, robot_sessions, leases, ready, scheduled IN SHARE ROW EXCLUSIVE MODE")

    /// The last moment that the restored state knows of.
    static let stateOf = Query(
        """
        SELECT greatest(
            (SELECT seen_at FROM installation), (SELECT max(seen_at) FROM robot_sessions WHERE ended_at IS NULL)
        ) AS state_of
        """)

    static let begin = Query(
        "SELECT epoch, token_before, secret_leases_dropped FROM casare_begin_epoch(@token_seen::int8)")

    static let record = Query(
        """
        INSERT INTO installation_epochs (
            epoch, at, declared_by, why, state_of, token_before, jobs_blocked, jobs_held, schedules_moved,
            secret_leases_dropped
        )
        VALUES (
            @epoch, coalesce(@now::timestamptz, now()), @by, @why, @state_of, @token_before, @blocked, @held,
            @schedules, @secret_leases
        )
        RETURNING *
        """)

    /// No robot goes on under a session of before: it opens another one.
    static let endSessions = Query(
        "UPDATE robot_sessions SET ended_at = coalesce(@now::timestamptz, now()) WHERE ended_at IS NULL")

    /// Jobs that ran in the restored state: they may have ended since, and what they did may have happened. They wait
    /// for a person, at the step that is in doubt, or the one that comes next.
    static let blockLeases = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases WHERE token <= @token_before
                RETURNING tenant_id, job_id, session_id, attempt
            ), asked AS (
                INSERT INTO blocked (tenant_id, job_id, attempt, step, node, node_type, question, robot_id, since)
                SELECT
                    gone.tenant_id, gone.job_id, gone.attempt,
                    coalesce(doubtful.step, last.step + 1, 0), coalesce(doubtful.node, '(restored)'),
                    coalesce(doubtful.node_type, 'restored'), @question, robot_sessions.robot_id,
                    coalesce(@now::timestamptz, now())
                FROM gone
                \(LeaseFragments.robotOfGone)
                LEFT JOIN LATERAL (
                    SELECT step, node, node_type FROM journal
                    WHERE journal.tenant_id = gone.tenant_id AND journal.job_id = gone.job_id
                        AND journal.result IS NULL
                    ORDER BY step DESC LIMIT 1
                ) AS doubtful ON true
                LEFT JOIN LATERAL (
                    SELECT step FROM journal
                    WHERE journal.tenant_id = gone.tenant_id AND journal.job_id = gone.job_id
                    ORDER BY step DESC LIMIT 1
                ) AS last ON true
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, coalesce(@now::timestamptz, now()), 'blocked',
                    json_build_object('question', @question::text, 'restored', true)
                FROM gone
            )
            SELECT count(*) AS jobs FROM gone
            """)

    /// Jobs that waited in the restored state, or whose time came since: they may have run, and stand still until
    /// somebody resumes them. Those that are due later cannot have.
    static let holdWaiting = Query(
        """
        WITH from_ready AS (
            DELETE FROM ready RETURNING tenant_id, job_id, attempt, crashes
        ), from_scheduled AS (
            DELETE FROM scheduled WHERE due_at <= coalesce(@now::timestamptz, now())
            RETURNING tenant_id, job_id, attempt
        ), gone AS (
            SELECT tenant_id, job_id, attempt, crashes FROM from_ready
            UNION ALL
            SELECT tenant_id, job_id, attempt, 0 FROM from_scheduled
        ), held AS (
            INSERT INTO paused (tenant_id, job_id, attempt, crashes, since, paused_by, reason)
            SELECT tenant_id, job_id, attempt, crashes, coalesce(@now::timestamptz, now()), @by, @reason FROM gone
        ), noted AS (
            INSERT INTO events (tenant_id, job_id, at, kind, detail)
            SELECT
                tenant_id, job_id, coalesce(@now::timestamptz, now()), 'paused',
                json_build_object('by', @by::text, 'reason', @reason::text)
            FROM gone
        )
        SELECT count(*) AS jobs FROM gone
        """)

    /// Rotations that were under way: the version that waits may be the one that is in use. None is given up by a time;
    /// one with a job ends with that.
    static let keepRotations = Query(
        """
        UPDATE secret_rotations
        SET until = 'infinity', look_at = CASE WHEN job_id IS NULL THEN 'infinity' ELSE look_at END
        WHERE state = 'running'
        """)

    /// Secrets whose policies would rotate them now, of all tenants: they may have been rotated in the time that was
    /// lost, and stand still until a person has said which value counts. Also those that are deleted, as somebody may
    /// undelete them.
    static let holdRotations = Query(
        """
        INSERT INTO secret_rotations (
            tenant_id, secret_id, state, overlap_seconds, why, started_at, started_by, until, look_at
        )
        SELECT
            tenant_id, secret_id, 'waiting', 0, @why::text, coalesce(@now::timestamptz, now()), @by::text,
            coalesce(@now::timestamptz, now()), 'infinity'
        FROM secrets
        WHERE rotation_due_at <= coalesce(@now::timestamptz, now()) AND rotation ->> 'hook' IS NOT NULL
        ON CONFLICT (tenant_id, secret_id) DO UPDATE
        SET why = excluded.why, started_at = excluded.started_at, started_by = excluded.started_by,
            until = excluded.until, look_at = excluded.look_at
        WHERE secret_rotations.state = 'waiting'
        """)

    /// Schedules whose moment has come, of all tenants and in pages: their ticks may have fired in the time that was
    /// lost.
    static let dueSchedules = Query(
        """
        SELECT tenant_id, schedule_id FROM schedules
        WHERE due_at <= coalesce(@now::timestamptz, now()) AND paused_at IS NULL
            AND (tenant_id, schedule_id) > (@after_tenant::int4, @after_schedule::uuid)
        ORDER BY tenant_id, schedule_id LIMIT @limit
        """)
}
