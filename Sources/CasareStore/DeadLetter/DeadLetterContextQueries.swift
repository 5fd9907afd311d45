import CasarePostgres

enum DeadLetterContextQueries {
    /// Letters of a fingerprint around a moment, at most so many and one more of them.
    static let similar = Query(
        """
        SELECT count(*) AS letters, min(opened_at) AS first_opened_at, max(opened_at) AS last_opened_at
        FROM (
            SELECT opened_at FROM dead_letters
            WHERE tenant_id = casare_tenant() AND purged_at IS NULL AND fingerprint = @fingerprint
                AND opened_at >= @at::timestamptz - interval '1 day'
                AND opened_at <= @at::timestamptz + interval '1 day'
            ORDER BY opened_at DESC LIMIT @count_max::int8 + 1
        ) AS alike
        """)

    /// The job of a workflow that completed before a moment and was submitted last, if it is among so many that were.
    static let lastSuccess = Query(
        """
        SELECT
            submitted.job_id, submitted.workflow_version, submitted.variables, ended.robot_id, ended.finished_at, (
                SELECT name FROM queues WHERE queues.queue_id = submitted.queue_id
            ) AS environment
        FROM (
            SELECT job_id, workflow_version, variables, queue_id FROM jobs
            WHERE jobs.tenant_id = casare_tenant() AND jobs.workflow_id = @workflow
                AND jobs.job_id < casare_uuid_floor(@at)
            ORDER BY jobs.job_id DESC LIMIT @sample_max
        ) AS submitted
        CROSS JOIN LATERAL (
            SELECT robot_id, finished_at FROM outcomes
            WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = submitted.job_id
                AND outcomes.kind = 'completed' AND outcomes.finished_at < @at
            LIMIT 1
        ) AS ended
        ORDER BY submitted.job_id DESC LIMIT 1
        """)
}
