import CasarePostgres

/// Statements of the background loops, which work for all tenants.
enum SweepQueries {
    /// Notes since when the connections of sessions of kind sql are gone, and forgets it of those that came back.
    ///
    /// Such a session becomes visible with its lock already held, so one whose lock is free has lost it. The sessions
    /// that were lost just now have a `lost_at` in the answer.
    static let noteLostSessions = Query(
        """
        UPDATE robot_sessions
        SET lost_at = CASE WHEN lost_at IS NULL THEN coalesce(@now::timestamptz, now()) END
        WHERE (tenant_id, session_id) IN (
            SELECT tenant_id, session_id FROM robot_sessions
            WHERE ended_at IS NULL AND kind = 'sql' AND (lost_at IS NULL) = (session_id <> ALL (ARRAY(
                SELECT objid::int8 FROM pg_locks
                WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid = @class::int8::oid
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            )))
            FOR UPDATE SKIP LOCKED
        )
        RETURNING lost_at
        """)

    /// Ends the sessions that have not been heard of in time, and those whose connection has been gone for a moment.
    static let endDeadSessions = Query(
        """
        UPDATE robot_sessions SET ended_at = coalesce(@now::timestamptz, now())
        WHERE (tenant_id, session_id) IN (
            SELECT tenant_id, session_id FROM robot_sessions
            WHERE ended_at IS NULL AND (
                alive_until <= coalesce(@now::timestamptz, now())
                OR lost_at <= coalesce(@now::timestamptz, now()) - @grace_seconds * interval '1 second'
            )
            FOR UPDATE SKIP LOCKED
        )
        RETURNING tenant_id, session_id
        """)

    /// Leases of ended sessions, in pages.
    static let orphanedLeases = Query(
        """
        SELECT leases.tenant_id, leases.job_id, leases.token
        FROM leases JOIN robot_sessions USING (tenant_id, session_id)
        WHERE robot_sessions.ended_at IS NOT NULL
            AND (leases.tenant_id, leases.job_id) > (@after_tenant::int4, @after_job::uuid)
        ORDER BY leases.tenant_id, leases.job_id
        LIMIT @limit
        """)

    static let dueJobs = Query(
        """
        SELECT tenant_id, job_id FROM scheduled
        WHERE due_at <= coalesce(@now::timestamptz, now())
            AND (tenant_id, job_id) > (@after_tenant::int4, @after_job::uuid)
        ORDER BY tenant_id, job_id
        LIMIT @limit
        """)

    /// Moves due jobs to `ready`, the longest due first.
    static let promoteDue = Query(
        """
        WITH due AS (
            SELECT tenant_id, job_id FROM scheduled
            WHERE due_at <= coalesce(@now::timestamptz, now())
            ORDER BY due_at
            LIMIT @limit
            FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM scheduled USING due
            WHERE scheduled.tenant_id = due.tenant_id AND scheduled.job_id = due.job_id
            RETURNING scheduled.tenant_id, scheduled.job_id, queue_id, priority, attempt, due_at
        )
        INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt)
        SELECT tenant_id, job_id, queue_id, priority, attempt FROM gone ORDER BY due_at, job_id
        RETURNING tenant_id
        """)

    static let promote = Query(
        """
        WITH gone AS (
            DELETE FROM scheduled WHERE tenant_id = @tenant AND job_id = @job
            RETURNING tenant_id, job_id, queue_id, priority, attempt
        )
        INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt)
        SELECT tenant_id, job_id, queue_id, priority, attempt FROM gone
        RETURNING tenant_id
        """)

    static let createPartitions = Query(
        "SELECT casare_create_partitions(@weeks::int4, coalesce(@now::timestamptz, now())) AS created")

    static let purgeKeys = Query(
        """
        DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM idempotency_keys
            WHERE expires_at <= coalesce(@now::timestamptz, now()) LIMIT @limit FOR UPDATE SKIP LOCKED
        ))
        """)

    /// Sessions that ended a day ago and hold no lease any more.
    static let purgeSessions = Query(
        """
        DELETE FROM robot_sessions
        WHERE ended_at <= coalesce(@now::timestamptz, now()) - interval '1 day'
            AND NOT EXISTS (
                SELECT FROM leases
                WHERE leases.tenant_id = robot_sessions.tenant_id AND leases.session_id = robot_sessions.session_id
            )
        """)
}
