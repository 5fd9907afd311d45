import CasarePostgres

enum TallyQueries {
    /// A job's time is that of the transaction that made it, to the microsecond. A letter knows its replay, and a tick its
    /// job.
    static let made = Query(
        """
        SELECT
            job.job_id, queue.name AS queue, workflow.name AS workflow, letter.is_replay, schedule.name AS schedule,
            job.trace, job.tracestate, job.baggage
        FROM (SELECT DISTINCT job_id FROM unnest(@jobs::uuid[]) AS given (job_id)) AS given
        CROSS JOIN LATERAL (
            SELECT job_id, queue_id, workflow_id, trace, tracestate, baggage FROM jobs
            WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = given.job_id
                AND jobs.created_at = coalesce(@now::timestamptz, now())
            LIMIT 1
        ) AS job
        CROSS JOIN LATERAL (
            SELECT name FROM queues
            WHERE queues.tenant_id = casare_tenant() AND queues.queue_id = job.queue_id LIMIT 1
        ) AS queue
        CROSS JOIN LATERAL (
            SELECT name FROM workflows
            WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = job.workflow_id LIMIT 1
        ) AS workflow
        CROSS JOIN LATERAL (
            SELECT EXISTS (
                SELECT FROM dead_letters
                WHERE dead_letters.tenant_id = casare_tenant() AND dead_letters.replayed_as = job.job_id
                    AND replayed_as IS NOT NULL AND replay_ended_at IS NULL
            ) AS is_replay
        ) AS letter
        LEFT JOIN LATERAL (
            SELECT schedules.name
            FROM schedule_ticks
            JOIN schedules ON schedules.tenant_id = schedule_ticks.tenant_id
                AND schedules.schedule_id = schedule_ticks.schedule_id
            WHERE schedule_ticks.tenant_id = casare_tenant() AND schedule_ticks.job_id = job.job_id
                AND schedule_ticks.job_id IS NOT NULL AND schedule_ticks.ended_at IS NULL
            LIMIT 1
        ) AS schedule ON true
        ORDER BY queue.name, workflow.name, job.job_id
        """)
}
