import CasarePostgres

enum EventQueries {
    /// The last number that was given out.
    static let last = Query("SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS event_id FROM event_ids")

    /// The transactions that have written events or are about to, and the mark. To be run after `last`.
    static let writers = Query(
        """
        SELECT
            ARRAY(
                SELECT pg_locks.virtualtransaction FROM pg_locks
                WHERE pg_locks.locktype = 'relation' AND pg_locks.relation = 'events'::regclass
                    AND pg_locks.database = (
                        SELECT pg_database.oid FROM pg_database WHERE pg_database.datname = current_database())
                    AND pg_locks.mode = 'RowExclusiveLock' AND pg_locks.granted
            ) AS writers,
            (SELECT event_mark.event_id FROM event_mark WHERE event_mark.is_single) AS mark
        """)

    /// The last event of the tenant up to a number; 0: there is none.
    static let reached = Query(
        """
        SELECT coalesce(
            (
                SELECT event_id FROM events
                WHERE tenant_id = casare_tenant() AND event_id <= @through
                ORDER BY event_id DESC LIMIT 1
            ), 0) AS event_id
        """)

    /// Nothing is written where the mark is there already, or further on.
    static let advanceMark = Query(
        """
        UPDATE event_mark SET event_id = @event_id, at = now() WHERE is_single AND event_id < @event_id
        """)

    /// What is told of the events of a page, in order, and of their jobs: null for jobs that are not kept any more, and for
    /// what happened to no job.
    private static let columns = """
        page.event_id, page.at, page.kind, page.detail::text AS detail, page.job_id, job.workflow_version,
        job.workflow, job.environment
        """

    private static let jobs = """
        LEFT JOIN LATERAL (
            SELECT
                jobs.workflow_version,
                (
                    SELECT workflows.name FROM workflows
                    WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = jobs.workflow_id
                ) AS workflow,
                (
                    SELECT queues.name FROM queues
                    WHERE queues.tenant_id = casare_tenant() AND queues.queue_id = jobs.queue_id
                ) AS environment
            FROM jobs
            WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = page.job_id LIMIT 1
        ) AS job ON true
        ORDER BY page.event_id
        """

    /// The events of the tenant in a span.
    static let page = Query(
        assembled: """
            SELECT \(columns)
            FROM (
                SELECT event_id, at, kind, detail, job_id FROM events
                WHERE tenant_id = casare_tenant() AND event_id > @after AND event_id <= @through
                ORDER BY event_id LIMIT @limit::int8
            ) AS page
            \(jobs)
            """)

    /// The same of one job.
    static let pageOfJob = Query(
        assembled: """
            SELECT \(columns)
            FROM (
                SELECT event_id, at, kind, detail, job_id FROM events
                WHERE tenant_id = casare_tenant() AND job_id = @job AND event_id > @after AND event_id <= @through
                ORDER BY event_id LIMIT @limit::int8
            ) AS page
            \(jobs)
            """)

    /// The first event of the tenant from a number on.
    static let first = Query(
        """
        SELECT event_id, at FROM events
        WHERE tenant_id = casare_tenant() AND event_id >= @from AND event_id <= @through
        ORDER BY event_id LIMIT 1
        """)

    /// The first event of the tenant in a span that is not before a time.
    static let firstSince = Query(
        """
        SELECT event_id FROM events
        WHERE tenant_id = casare_tenant() AND event_id > @after AND event_id <= @through AND at >= @since::timestamptz
        ORDER BY event_id LIMIT 1
        """)

    // MARK: - Of what is no job

    /// The kind is a case of `EventKind`.
    static let write = Query(
        """
        INSERT INTO events (job_id, at, kind, detail)
        SELECT @event::uuid, coalesce(@now::timestamptz, now()), @kind::text, @detail::text::json
        """)

    /// The same as the system, which has no tenant.
    static let writeOfInstallation = Query(
        """
        INSERT INTO events (tenant_id, job_id, at, kind, detail)
        SELECT
            @tenant::integer, @event::uuid, coalesce(@now::timestamptz, now()), @kind::text, @detail::text::json
        """)
}
