import CasarePostgres

/// What one look at everything reads. Each statement stops at a bound, whatever there is: it is asked for every few
/// seconds, and often when things go badly.
enum OverviewQueries {
    /// The first queues by name. Counts of waiting jobs stop at `count_max` + 1, those of the ready at twice as many.
    static let queues = Query(
        """
        WITH held AS MATERIALIZED (
            SELECT robot_sessions.queue_id, count(*) AS leases
            FROM leases JOIN robot_sessions USING (tenant_id, session_id)
            WHERE leases.tenant_id = casare_tenant()
            GROUP BY robot_sessions.queue_id
        ), kept AS MATERIALIZED (
            -- Paused jobs do not know their queue. The count stops when so many were looked at, of all queues.
            SELECT job.queue_id, count(*) AS jobs
            FROM (
                SELECT job_id FROM paused WHERE paused.tenant_id = casare_tenant() LIMIT @count_max + 1
            ) AS one
            CROSS JOIN LATERAL (
                SELECT queue_id FROM jobs
                WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = one.job_id LIMIT 1
            ) AS job
            GROUP BY job.queue_id
        )
        SELECT
            queues.name,
            EXISTS (
                SELECT FROM queue_rules
                WHERE queue_rules.tenant_id = casare_tenant() AND queue_rules.queue_id = queues.queue_id
                    AND paused_at IS NOT NULL
                    AND (paused_until IS NULL OR paused_until > coalesce(@now::timestamptz, now()))
            ) AS is_paused,
            (
                SELECT count(*) FROM (
                    SELECT FROM ready
                    WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = queues.queue_id
                    LIMIT @count_max + 1
                ) AS counted
            ) + (
                SELECT count(*) FROM (
                    SELECT FROM (
                        SELECT lane_id, priority FROM lanes
                        WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = queues.queue_id
                            AND lane_id < 0
                        LIMIT @lanes_max
                    ) AS lane
                    JOIN ready ON ready.tenant_id = casare_tenant() AND ready.queue_id = lane.lane_id
                        AND ready.priority = lane.priority
                    LIMIT @count_max + 1
                ) AS counted
            ) AS ready,
            (
                SELECT count(*) FROM (
                    SELECT FROM scheduled
                    WHERE scheduled.tenant_id = casare_tenant() AND scheduled.queue_id = queues.queue_id
                    LIMIT @count_max + 1
                ) AS counted
            ) AS scheduled,
            coalesce((SELECT leases FROM held WHERE held.queue_id = queues.queue_id), 0) AS running,
            coalesce((SELECT jobs FROM kept WHERE kept.queue_id = queues.queue_id), 0) AS paused_jobs,
            (SELECT coalesce(sum(jobs), 0)::int8 FROM kept) AS paused_in_all
        FROM queues
        WHERE queues.tenant_id = casare_tenant()
        ORDER BY queues.name LIMIT @limit
        """)

    /// Of the jobs that failed for good within the last hour, as many as `letters_max`, the latest first: the workflows
    /// of which most are. A letter is opened when its job fails, however long ago the job was submitted.
    ///
    /// The share is of a sample: a workflow's newest jobs, and those before the latest that failed, where many that
    /// are newer still wait. Jobs have no index by their end: it would cost each of them a write.
    static let failing = Query(
        """
        WITH recent AS MATERIALIZED (
            SELECT workflow_id, job_id FROM dead_letters
            WHERE tenant_id = casare_tenant() AND purged_at IS NULL
                AND opened_at > (SELECT coalesce(@now::timestamptz, now()) - interval '1 hour')
            ORDER BY opened_at DESC, job_id DESC LIMIT @letters_max + 1
        ), failing AS MATERIALIZED (
            SELECT workflow_id, count(*) AS failed FROM recent GROUP BY workflow_id
            ORDER BY failed DESC, workflow_id LIMIT @limit
        )
        SELECT
            workflow.name AS workflow_name, failing.failed, (SELECT count(*) FROM recent) AS letters,
            sample.failed AS sample_failed, sample.ended AS sample_ended
        FROM failing
        CROSS JOIN LATERAL (
            SELECT name FROM workflows
            WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = failing.workflow_id LIMIT 1
        ) AS workflow
        CROSS JOIN LATERAL (
            SELECT job_id FROM recent WHERE recent.workflow_id = failing.workflow_id ORDER BY job_id DESC LIMIT 1
        ) AS last
        CROSS JOIN LATERAL (
            SELECT count(*) AS ended, count(*) FILTER (WHERE outcome.kind = 'failed') AS failed
            FROM (
                (
                    SELECT job_id FROM jobs
                    WHERE jobs.tenant_id = casare_tenant() AND jobs.workflow_id = failing.workflow_id
                    ORDER BY job_id DESC LIMIT @sample
                ) UNION (
                    SELECT job_id FROM jobs
                    WHERE jobs.tenant_id = casare_tenant() AND jobs.workflow_id = failing.workflow_id
                        AND jobs.job_id <= last.job_id
                    ORDER BY job_id DESC LIMIT @sample
                )
            ) AS job
            CROSS JOIN LATERAL (
                SELECT kind, finished_at FROM outcomes
                WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = job.job_id LIMIT 1
            ) AS outcome
            WHERE outcome.kind <> 'cancelled'
                AND outcome.finished_at > (SELECT coalesce(@now::timestamptz, now()) - interval '1 hour')
        ) AS sample
        ORDER BY failing.failed DESC, failing.workflow_id
        """)
}
