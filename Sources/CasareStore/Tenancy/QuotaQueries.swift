import CasarePostgres

/// Statements about what a tenant may have, and what it has. Their counts are of the transaction's tenant.
enum QuotaQueries {
    /// What bounds the tenant, locked until the commit: whoever else adds to it comes before, and is counted, or after.
    /// No row: nothing does.
    static let lock = Query(
        """
        SELECT
            tenant_limits.*, coalesce(@now::timestamptz, now()) AS now,
            CASE WHEN hour_at = date_trunc('hour', coalesce(@now::timestamptz, now()), 'UTC') THEN hour_jobs ELSE 0 END
                AS jobs_this_hour,
            extract(
                epoch FROM date_trunc('hour', coalesce(@now::timestamptz, now()), 'UTC') + interval '1 hour'
                    - coalesce(@now::timestamptz, now()))::float8 AS seconds_left
        FROM tenant_limits WHERE tenant_id = casare_tenant() FOR NO KEY UPDATE
        """)

    /// Counts jobs and bytes that this transaction adds.
    static let add = Query(
        """
        UPDATE tenant_limits
        SET open_jobs_most = @open_most,
            hour_at = date_trunc('hour', coalesce(@now::timestamptz, now()), 'UTC'), hour_jobs = @hour_jobs,
            stored_bytes = stored_bytes + @bytes
        WHERE tenant_id = casare_tenant()
        """)

    static let addBytes = Query(
        "UPDATE tenant_limits SET stored_bytes = stored_bytes + @bytes WHERE tenant_id = casare_tenant()")

    /// Jobs that wait, and those that robots or people are at. Each part stops at `limit`.
    static let openJobs = Query(
        """
        SELECT
            (
                SELECT count(*) FROM (
                    SELECT FROM queues CROSS JOIN LATERAL (
                        SELECT FROM ready
                        WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = queues.queue_id
                        LIMIT @limit
                    ) AS waiting
                    WHERE queues.tenant_id = casare_tenant()
                    LIMIT @limit
                ) AS counted
            ) + (
                SELECT count(*) FROM (
                    SELECT FROM lanes CROSS JOIN LATERAL (
                        SELECT FROM ready
                        WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = lanes.lane_id
                            AND ready.priority = lanes.priority
                        LIMIT @limit
                    ) AS waiting
                    WHERE lanes.tenant_id = casare_tenant() AND lanes.lane_id < 0
                    LIMIT @limit
                ) AS counted
            ) + (
                SELECT count(*) FROM (
                    SELECT FROM scheduled WHERE scheduled.tenant_id = casare_tenant() LIMIT @limit
                ) AS counted
            ) + (
                SELECT count(*) FROM (
                    SELECT FROM paused WHERE paused.tenant_id = casare_tenant() LIMIT @limit
                ) AS counted
            ) AS waiting,
            (
                SELECT count(*) FROM (
                    SELECT FROM leases WHERE leases.tenant_id = casare_tenant() LIMIT @limit
                ) AS counted
            ) AS running,
            (
                SELECT count(*) FROM (
                    SELECT FROM blocked WHERE blocked.tenant_id = casare_tenant() LIMIT @limit
                ) AS counted
            ) AS blocked
        """)

    static let workflows = Query("SELECT count(*) AS used FROM workflows WHERE tenant_id = casare_tenant()")
    static let robots = Query("SELECT count(*) AS used FROM robots WHERE tenant_id = casare_tenant()")
    static let schedules = Query("SELECT count(*) AS used FROM schedules WHERE tenant_id = casare_tenant()")
    /// Those that were deleted take no room until they come back.
    static let secrets = Query(
        "SELECT count(*) AS used FROM secrets WHERE tenant_id = casare_tenant() AND deleted_at IS NULL")

    /// Of the hour of the clock; by their IDs, which tell when they were made.
    static let jobsThisHour = Query(
        """
        SELECT count(*) AS used FROM jobs
        WHERE tenant_id = casare_tenant()
            AND job_id >= casare_uuid_floor(date_trunc('hour', coalesce(@now::timestamptz, now()), 'UTC'))
        """)

    // MARK: - Storage

    /// What a tenant's rows hold, as they are stored; what each of them takes beside that is a guess.
    static let storedBytes = Query(
        """
        SELECT (
            (
                SELECT coalesce(sum(pg_column_size(document) + 120), 0) FROM workflow_versions
                WHERE workflow_versions.tenant_id = casare_tenant()
            ) + (
                SELECT coalesce(sum(pg_column_size(variables) + pg_column_size(options) + 200), 0) FROM jobs
                WHERE jobs.tenant_id = casare_tenant()
            ) + (
                SELECT coalesce(sum(pg_column_size(result) + 60), 0) FROM job_results
                WHERE job_results.tenant_id = casare_tenant()
            ) + (
                SELECT coalesce(sum(coalesce(pg_column_size(result), 0) + 120), 0) FROM journal
                WHERE journal.tenant_id = casare_tenant()
            ) + (
                SELECT coalesce(sum(pg_column_size(value) + 60), 0) FROM journal_values
                WHERE journal_values.tenant_id = casare_tenant()
            ) + (
                SELECT coalesce(sum(pg_column_size(results) + pg_column_size(nodes) + 200), 0) FROM journal_packed
                WHERE journal_packed.tenant_id = casare_tenant()
            ) + (
                SELECT coalesce(sum(pg_column_size(message) + 90), 0) FROM job_logs
                WHERE job_logs.tenant_id = casare_tenant()
            ) + (
                SELECT coalesce(sum(pg_column_size(variables) + pg_column_size(options) + 300), 0) FROM dead_letters
                WHERE dead_letters.tenant_id = casare_tenant()
            )
        )::int8 AS bytes
        """)

    static let measured = Query(
        """
        UPDATE tenant_limits SET stored_bytes = @bytes, measured_at = coalesce(@now::timestamptz, now())
        WHERE tenant_id = @tenant
        """)

    /// Tenants with a bound of what they store whose measure is older than that, the oldest first.
    static let unmeasured = Query(
        """
        SELECT tenant_id FROM tenant_limits
        WHERE storage_bytes IS NOT NULL AND NOT is_suspended
            AND (measured_at IS NULL
                OR measured_at < coalesce(@now::timestamptz, now()) - @seconds * interval '1 second')
        ORDER BY measured_at NULLS FIRST LIMIT @limit
        """)

    // MARK: - As the system

    static let get = Query("SELECT * FROM tenant_limits WHERE tenant_id = @tenant")

    static let mine = Query("SELECT * FROM tenant_limits WHERE tenant_id = casare_tenant()")

    /// All of them at once. What was counted of what is bounded anew is counted from the beginning.
    static let set = Query(
        """
        INSERT INTO tenant_limits AS known (
            tenant_id, workflows, robots, queued_jobs, executions_per_hour, concurrency, storage_bytes, schedules,
            secrets, hour_at, hour_jobs
        )
        VALUES (
            @tenant, @workflows, @robots, @queued_jobs, @executions_per_hour, @concurrency, @storage_bytes, @schedules,
            @secrets, date_trunc('hour', coalesce(@now::timestamptz, now()), 'UTC'), @hour_jobs
        )
        ON CONFLICT (tenant_id) DO UPDATE SET
            workflows = excluded.workflows, robots = excluded.robots, queued_jobs = excluded.queued_jobs,
            executions_per_hour = excluded.executions_per_hour, concurrency = excluded.concurrency,
            storage_bytes = excluded.storage_bytes, schedules = excluded.schedules, secrets = excluded.secrets,
            hour_at = excluded.hour_at, hour_jobs = excluded.hour_jobs, open_jobs_most = NULL
        """)

    static let suspend = Query(
        """
        INSERT INTO tenant_limits (tenant_id, is_suspended) VALUES (@tenant, true)
        ON CONFLICT (tenant_id) DO UPDATE SET is_suspended = true
        """)

    static let resume = Query(
        "UPDATE tenant_limits SET is_suspended = false, open_jobs_most = NULL WHERE tenant_id = @tenant")

    /// A tenant that nothing holds back has no row, and pays for nothing.
    static let tidy = Query(
        """
        DELETE FROM tenant_limits
        WHERE tenant_id = @tenant AND NOT is_suspended AND workflows IS NULL AND robots IS NULL AND queued_jobs IS NULL
            AND executions_per_hour IS NULL AND concurrency IS NULL AND storage_bytes IS NULL AND schedules IS NULL
            AND secrets IS NULL
        """)
}
