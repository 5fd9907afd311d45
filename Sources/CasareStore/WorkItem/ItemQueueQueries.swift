import CasarePostgres

/// The SQL of queues of items, and of the jobs that are made for them.
enum ItemQueueQueries {
    /// Two that create at once must not both be the last that there is room for.
    static let lock = Query(
        "SELECT pg_advisory_xact_lock(hashtextextended('casare item queues ' || casare_tenant(), 0))")

    static let count = Query(
        """
        SELECT count(*) AS queues FROM (
            SELECT FROM item_queues WHERE tenant_id = casare_tenant() AND deleted_at IS NULL LIMIT @limit
        ) AS counted
        """)

    /// No row where the name is taken.
    static let create = Query(
        """
        INSERT INTO item_queues (
            item_queue_id, name, max_retries, retry_delay_seconds, unique_reference, description, performer_workflow,
            performer_variables, performer_environment, performer_jobs_max, performer_at, created_at, created_by,
            updated_at, updated_by
        ) VALUES (
            @queue, @name, @max_retries, @retry_delay_seconds, @unique_reference, @description, @workflow,
            @variables::text::json, @environment, @jobs_max,
            CASE WHEN @workflow::text IS NOT NULL THEN coalesce(@now::timestamptz, now()) END,
            coalesce(@now::timestamptz, now()), @by, coalesce(@now::timestamptz, now()), @by
        )
        ON CONFLICT (tenant_id, name) WHERE deleted_at IS NULL DO NOTHING
        RETURNING *
        """)

    static let named = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM item_queues
        WHERE tenant_id = casare_tenant() AND name = @name AND deleted_at IS NULL
        """)

    /// The same for whoever changes it.
    static let hold = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM item_queues
        WHERE tenant_id = casare_tenant() AND name = @name AND deleted_at IS NULL
        FOR UPDATE
        """)

    /// In the order of names, behind the cursor's.
    static let list = Query(
        """
        SELECT * FROM item_queues
        WHERE tenant_id = casare_tenant() AND name > @after AND deleted_at IS NULL
        ORDER BY name LIMIT @limit
        """)

    static let update = Query(
        """
        UPDATE item_queues
        SET max_retries = @max_retries, retry_delay_seconds = @retry_delay_seconds,
            unique_reference = @unique_reference, description = @description, performer_workflow = @workflow,
            performer_variables = @variables::text::json, performer_environment = @environment,
            performer_jobs_max = @jobs_max,
            performer_at = CASE WHEN @workflow::text IS NOT NULL THEN coalesce(@now::timestamptz, now()) END,
            updated_at = coalesce(@now::timestamptz, now()), updated_by = @by
        WHERE tenant_id = casare_tenant() AND item_queue_id = @queue
        RETURNING *
        """)

    /// Its items go later; its name is free at once.
    static let delete = Query(
        """
        UPDATE item_queues
        SET deleted_at = coalesce(@now::timestamptz, now()), updated_at = coalesce(@now::timestamptz, now()),
            updated_by = @by, performer_at = NULL
        WHERE tenant_id = casare_tenant() AND item_queue_id = @queue
        """)

    /// Items by their status, counted up to a limit.
    static let counts = Query(
        """
        SELECT
            asked.status,
            (
                SELECT count(*) FROM (
                    SELECT FROM work_items
                    WHERE work_items.tenant_id = casare_tenant() AND work_items.item_queue_id = @queue
                        AND work_items.status = asked.status
                    LIMIT @limit
                ) AS counted
            ) AS items
        FROM unnest(@statuses::text[]) AS asked (status)
        """)

    /// Items that are ready, counted up to a limit, and when others will be.
    static let readiness = Query(
        """
        SELECT
            count(*) AS items, min(ready.created_at) AS oldest,
            (
                SELECT postpone_until FROM work_items
                WHERE tenant_id = casare_tenant() AND item_queue_id = @queue AND postpone_until IS NOT NULL
                ORDER BY postpone_until LIMIT 1
            ) AS next_at
        FROM (
            SELECT created_at FROM work_items
            WHERE tenant_id = casare_tenant() AND item_queue_id = @queue AND is_ready
            ORDER BY priority DESC, item_id LIMIT @limit
        ) AS ready
        """)

    // MARK: - Performers

    /// Of all tenants, those that somebody is to look at, which have waited longest first.
    static let performing = Query(
        assembled: """
            SELECT tenant_id, item_queue_id FROM item_queues
            WHERE performer_at <= coalesce(@now::timestamptz, now()) AND \(TenantQueries.mayBegin("item_queues"))
            ORDER BY performer_at LIMIT @limit
            """)

    /// No row: somebody else is at it, or has just been.
    static let takePerformer = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM item_queues
        WHERE tenant_id = casare_tenant() AND item_queue_id = @queue
            AND performer_at <= coalesce(@now::timestamptz, now())
        FOR UPDATE SKIP LOCKED
        """)

    /// Forgets jobs that have ended, or are kept no longer, and says whether one of them failed.
    static let endedJobs = Query(
        """
        WITH gone AS (
            DELETE FROM item_queue_jobs
            WHERE tenant_id = casare_tenant() AND item_queue_id = @queue
                AND (
                    EXISTS (
                        SELECT FROM outcomes
                        WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = item_queue_jobs.job_id)
                    OR NOT EXISTS (
                        SELECT FROM jobs
                        WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = item_queue_jobs.job_id)
                )
            RETURNING job_id
        )
        SELECT
            count(*) AS ended,
            count(*) FILTER (
                WHERE EXISTS (
                    SELECT FROM outcomes
                    WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = gone.job_id
                        AND outcomes.kind <> 'completed')
            ) AS failed
        FROM gone
        """)

    /// Jobs of the performer that are under way, and items that are worked on or ready, each up to the jobs that may be.
    static let load = Query(
        """
        SELECT
            (
                SELECT count(*) FROM item_queue_jobs
                WHERE tenant_id = casare_tenant() AND item_queue_id = @queue
            ) AS jobs,
            (
                SELECT count(*) FROM (
                    SELECT FROM work_items
                    WHERE tenant_id = casare_tenant() AND item_queue_id = @queue AND is_ready LIMIT @limit
                ) AS counted
            ) AS ready,
            (
                SELECT count(*) FROM (
                    SELECT FROM work_items
                    WHERE tenant_id = casare_tenant() AND item_queue_id = @queue AND status = 'in_progress'
                    LIMIT @limit
                ) AS counted
            ) AS held
        """)

    static let noteJobs = Query(
        """
        INSERT INTO item_queue_jobs (item_queue_id, job_id)
        SELECT @queue::uuid, made.job_id FROM unnest(@jobs::uuid[]) AS made (job_id)
        """)

    static let lookAgain = Query(
        """
        UPDATE item_queues
        SET performer_at = coalesce(@now::timestamptz, now()) + @seconds::double precision * interval '1 second'
        WHERE tenant_id = casare_tenant() AND item_queue_id = @queue AND performer_at IS NOT NULL
        """)

    // MARK: - What goes, of all tenants

    static let deleted = Query(
        """
        SELECT tenant_id, item_queue_id FROM item_queues
        WHERE deleted_at IS NOT NULL
        ORDER BY deleted_at LIMIT @limit
        """)

    static let remove = Query(
        """
        WITH jobs AS (
            DELETE FROM item_queue_jobs WHERE tenant_id = @tenant AND item_queue_id = @queue
        )
        DELETE FROM item_queues
        WHERE tenant_id = @tenant AND item_queue_id = @queue AND deleted_at IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM work_items WHERE work_items.tenant_id = @tenant AND work_items.item_queue_id = @queue)
        """)
}
