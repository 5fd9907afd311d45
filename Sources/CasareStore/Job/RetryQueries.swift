import CasarePostgres

enum RetryQueries {
    /// Of a dead letter whose job may be run again: nobody has done that, or what came of it has ended without completing.
    private static let isReplayable = DeadLetterFragments.mayBeReplayed

    /// The unique key that a failed job had, where it may be retried. Its letter is locked until the commit.
    static let uniqueKey = Query(
        assembled: """
            SELECT unique_key, unique_scope, unique_seconds FROM dead_letters
            WHERE tenant_id = casare_tenant() AND job_id = @job AND \(RetryQueries.isReplayable)
                AND unique_key IS NOT NULL
            FOR UPDATE
            """)

    /// No more letters wait for the same job.
    private static let chainMax = "100"

    /// Marks a dead letter as replayed and submits its job anew, for nobody else to do it again. Letters of which its
    /// job was the replay wait for the new job from then on, as that is to do their work.
    static let replay = Query(
        assembled: """
            WITH RECURSIVE origin AS (
                UPDATE dead_letters
                SET replayed_as = @new, replayed_at = coalesce(@now::timestamptz, now()), replayed_by = @by,
                    replay_ended_at = NULL
                WHERE tenant_id = casare_tenant() AND job_id = @job AND \(RetryQueries.isReplayable)
                RETURNING *, replayed_at AS at
            ), chain (job_id, length) AS (
                SELECT job_id, 1 FROM origin
                UNION ALL
                SELECT before.job_id, chain.length + 1
                FROM chain
                CROSS JOIN LATERAL (
                    SELECT retry_of FROM jobs
                    WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = chain.job_id LIMIT 1
                ) AS again
                CROSS JOIN LATERAL (
                    SELECT job_id FROM dead_letters
                    WHERE dead_letters.tenant_id = casare_tenant() AND dead_letters.job_id = again.retry_of
                        AND dead_letters.replayed_as = @job AND dead_letters.resolved_at IS NULL
                    LIMIT 1
                ) AS before
                WHERE chain.length < \(RetryQueries.chainMax)
            ), followed AS (
                UPDATE dead_letters
                SET replayed_as = @new, replayed_at = coalesce(@now::timestamptz, now()), replayed_by = @by,
                    replay_ended_at = NULL
                WHERE tenant_id = casare_tenant() AND job_id = ANY (ARRAY(SELECT job_id FROM chain WHERE length > 1))
                    AND replayed_as = @job AND resolved_at IS NULL
            ), \(RetryQueries.submitting)
            SELECT job_id FROM origin
            """)

    /// Submits a job anew that has ended, and of which no dead letter waits to be dealt with.
    static let rerun = Query(
        assembled: """
            WITH origin AS (
                SELECT *, coalesce(@now::timestamptz, now()) AS at
                FROM jobs WHERE tenant_id = casare_tenant() AND job_id = @job
            ), \(RetryQueries.submitting)
            SELECT job_id FROM origin
            """)

    /// Members of a `WITH` list that submit the job in `origin` once more, as `@new`. It asks for the same key, robots
    /// and uniqueness; a deadline is not asked for again. Where it goes on `from` a step, the steps before it are copied
    /// beside this.
    private static let submitting = """
        stored AS (
            INSERT INTO jobs (
                job_id, workflow_id, workflow_version, queue_id, priority, variables, options, retry_of, created_at,
                created_by, queue_key, requirement_id, unique_key, unique_scope, unique_seconds, forked_from,
                forked_step, seed_id, trace, tracestate, baggage
            )
            SELECT
                @new::uuid, workflow_id,
                CASE WHEN @latest::boolean THEN (
                    SELECT latest_version FROM workflows
                    WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = origin.workflow_id
                ) ELSE workflow_version END,
                queue_id, priority, coalesce(@variables::text::json, variables), options, job_id, at, @by::text,
                queue_key, requirement_id, unique_key, unique_scope, unique_seconds,
                CASE WHEN @from::int4 IS NOT NULL THEN job_id END, @from::int4,
                CASE WHEN @from::int4 IS NOT NULL THEN (
                    SELECT coalesce(first.seed_id, first.job_id) FROM jobs AS first
                    WHERE first.tenant_id = casare_tenant() AND first.job_id = @job
                ) END,
                @trace::bytea, @tracestate::text, @baggage::text
            FROM origin
        ), queued AS (
            INSERT INTO ready (job_id, queue_id, attempt, priority)
            SELECT @new::uuid, \(LeaseFragments.place(of: "origin")), 0, priority
            FROM origin
        ), noted AS (
            INSERT INTO events (job_id, at, kind, detail)
            SELECT
                job_id, at, 'retried',
                json_strip_nulls(
                    json_build_object(
                        'as', @new::uuid, 'by', @by::text, 'reason', @reason::text, 'operation', @operation::uuid))
            FROM origin
            UNION ALL
            SELECT
                @new::uuid, at, 'submitted',
                json_strip_nulls(
                    json_build_object(
                        'retry_of', job_id, 'from_step', @from::int4, 'operation', @operation::uuid))
            FROM origin
        )
        """
}
