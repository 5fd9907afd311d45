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

    /// Ends the sessions that have not been heard of in time, and those whose connection has been gone for a moment in
    /// which the server was there to come back to. After a start of the server that is a longer one: all of its robots
    /// come back at once, and to a server that has much to do.
    static let endDeadSessions = Query(
        """
        UPDATE robot_sessions SET ended_at = coalesce(@now::timestamptz, now())
        WHERE (tenant_id, session_id) IN (
            SELECT tenant_id, session_id FROM robot_sessions
            WHERE ended_at IS NULL AND (
                alive_until <= coalesce(@now::timestamptz, now())
                OR lost_at <= coalesce(@now::timestamptz, now()) - @grace_seconds * interval '1 second'
                    AND (
                        @now::timestamptz IS NOT NULL
                        OR pg_postmaster_start_time() <= now() - @start_grace_seconds * interval '1 second'
                    )
            )
            FOR UPDATE SKIP LOCKED
        )
        RETURNING tenant_id, session_id
        """)

    /// Leases without an open session, in pages: it has ended, or is forgotten together with its robot while a lease of
    /// it was under way.
    ///
    /// All pages together go over the leases once, in the order of their index. The open sessions are read once for
    /// each page, into a hash table, instead of being looked up lease by lease.
    static let orphanedLeases = Query(
        """
        SELECT
            tenant_id, job_id, token,
            (
                SELECT queues.name FROM robot_sessions AS session JOIN queues ON queues.queue_id = session.queue_id
                WHERE session.tenant_id = leases.tenant_id AND session.session_id = leases.session_id LIMIT 1
            ) AS queue
        FROM leases
        WHERE job_id > @after::uuid
            AND session_id NOT IN (SELECT session.session_id FROM robot_sessions AS session WHERE session.ended_at IS NULL)
        ORDER BY job_id
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

    /// Moves due jobs to `ready`: of each queue the longest due first and no more than its share of `limit`, so that
    /// one tenant's million due jobs do not keep the others waiting. Queues are hopped over by the index.
    ///
    /// A row for each queue that jobs were moved of; a queue that used its share up may have more of them.
    static let promoteDue = Query(
        assembled: """
            WITH RECURSIVE due_queue AS (
                (
                    SELECT queue_id FROM scheduled ORDER BY queue_id LIMIT 1
                ) UNION ALL
                SELECT (
                    SELECT scheduled.queue_id FROM scheduled
                    WHERE scheduled.queue_id > due_queue.queue_id ORDER BY scheduled.queue_id LIMIT 1
                )
                FROM due_queue WHERE due_queue.queue_id IS NOT NULL
            ), asked AS MATERIALIZED (
                SELECT due_queue.queue_id
                FROM due_queue
                WHERE EXISTS (
                    SELECT FROM scheduled
                    WHERE scheduled.queue_id = due_queue.queue_id AND due_at <= coalesce(@now::timestamptz, now())
                )
            ), due AS (
                SELECT next.tenant_id, next.job_id
                FROM asked CROSS JOIN LATERAL (
                    SELECT tenant_id, job_id FROM scheduled
                    WHERE scheduled.queue_id = asked.queue_id AND due_at <= coalesce(@now::timestamptz, now())
                    ORDER BY due_at
                    LIMIT greatest(1, @limit::int8 / (SELECT count(*) FROM asked))
                    FOR UPDATE SKIP LOCKED
                ) AS next
            ), gone AS (
                DELETE FROM scheduled USING due
                WHERE scheduled.tenant_id = due.tenant_id AND scheduled.job_id = due.job_id
                RETURNING
                    scheduled.tenant_id, scheduled.job_id, queue_id, queue_key, requirement_id, priority, attempt, due_at
            ), moved AS (
                INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt)
                SELECT
                    tenant_id, job_id,
                    \(LeaseFragments.place(of: "gone")),
                    priority, attempt
                FROM (
                    SELECT * FROM gone ORDER BY queue_id, queue_key, requirement_id, priority, due_at, job_id OFFSET 0
                ) AS gone
            )
            SELECT
                tenant_id, count(*) AS jobs,
                count(*) >= greatest(1, @limit::int8 / (SELECT count(*) FROM asked)) AS is_full
            FROM gone GROUP BY tenant_id, queue_id
            """)

    static let promote = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM scheduled WHERE tenant_id = @tenant AND job_id = @job
                RETURNING tenant_id, job_id, queue_id, queue_key, requirement_id, priority, attempt
            )
            INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt)
            SELECT
                tenant_id, job_id,
                \(LeaseFragments.place(of: "gone")),
                priority, attempt
            FROM gone
            RETURNING tenant_id
            """)

    static let createPartitions = Query(
        "SELECT casare_create_partitions(@weeks::int4, coalesce(@now::timestamptz, now())) AS created")
}
