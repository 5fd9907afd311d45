import CasarePostgres

enum ResolveQueries {
    /// Answers the question of a blocked job and puts the job back into its queue. No row: the job does not ask this,
    /// or somebody has answered just now.
    ///
    /// The intent becomes a result, or with no result is forgotten, so that the step is performed. A recorded result
    /// stays. The attempt stays used up: a job that was begun in time is out of its deadline's reach, and each question
    /// of a step has a number of its own.
    static let resolve = Query(
        assembled: """
            WITH asked AS (
                DELETE FROM blocked
                WHERE tenant_id = casare_tenant() AND job_id = @job AND step = @step::int4 AND attempt = @attempt::int4
                RETURNING tenant_id, job_id, attempt, step, node, node_type, robot_id, since
            ), answered AS (
                INSERT INTO journal AS known (
                    tenant_id, job_id, step, token, started_at, finished_at, node, node_type, effect, result
                )
                SELECT
                    tenant_id, job_id, step, 0, since, coalesce(@now::timestamptz, now()), node, node_type, 'effect',
                    @result::text::json
                FROM asked WHERE @result::text IS NOT NULL
                ON CONFLICT (tenant_id, job_id, step) DO UPDATE SET
                    finished_at = excluded.finished_at, result = excluded.result
                WHERE known.result IS NULL
            ), forgotten AS (
                DELETE FROM journal
                WHERE tenant_id = casare_tenant() AND job_id = @job AND step = @step::int4 AND result IS NULL
                    AND @result::text IS NULL AND EXISTS (SELECT FROM asked)
            ), back AS (
                INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt, crashes)
                SELECT
                    asked.tenant_id, asked.job_id,
                    \(LeaseFragments.place(of: "jobs")),
                    jobs.priority, asked.attempt, 0
                FROM asked JOIN jobs ON jobs.tenant_id = asked.tenant_id AND jobs.job_id = @job
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, coalesce(@now::timestamptz, now()), 'resolved',
                    json_strip_nulls(json_build_object(
                        'step', step, 'node', node, 'attempt', attempt, 'answer', @answer::text, 'by', @by::text,
                        'reason', @reason::text, 'robot', robot_id))
                FROM asked
            )
            SELECT job_id FROM asked
            """)

    /// The last answer that a person gave about the job.
    static let lastAnswer = Query(
        """
        SELECT
            (detail ->> 'step')::int4 AS step, (detail ->> 'attempt')::int4 AS attempt, detail ->> 'answer' AS answer,
            detail ->> 'by' AS answered_by
        FROM events
        WHERE tenant_id = casare_tenant() AND job_id = @job AND kind = 'resolved'
        ORDER BY event_id DESC
        LIMIT 1
        """)

    /// The blocked jobs that wait longest.
    static let longestBlocked = Query(
        """
        SELECT waiting.*, workflows.name AS workflow_name
        FROM (
            SELECT job_id, step, node, node_type, question, since FROM blocked
            WHERE tenant_id = casare_tenant()
            ORDER BY since, job_id LIMIT @limit
        ) AS waiting
        CROSS JOIN LATERAL (
            SELECT workflow_id FROM jobs
            WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = waiting.job_id LIMIT 1
        ) AS jobs
        CROSS JOIN LATERAL (
            SELECT name FROM workflows
            WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = jobs.workflow_id LIMIT 1
        ) AS workflows
        ORDER BY waiting.since, waiting.job_id
        """)
}
