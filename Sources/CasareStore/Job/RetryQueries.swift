import CasarePostgres

enum RetryQueries {
    /// The unique key that a failed job had, where nobody has retried it yet. Its letter is locked until the commit.
    static let uniqueKey = Query(
        """
        SELECT unique_key, unique_scope, unique_seconds FROM dead_letters
        WHERE tenant_id = casare_tenant() AND job_id = @job AND replayed_as IS NULL AND unique_key IS NOT NULL
        FOR UPDATE
        """)

    /// Marks a dead letter as replayed and submits its job anew, for nobody else to do it again. The new job asks for
    /// the same key, robots and uniqueness; a deadline is not asked for again. Where it goes on `from` a step, the
    /// steps before it are copied beside this.
    static let retry = Query(
        assembled: """
            WITH letter AS (
                UPDATE dead_letters
                SET replayed_as = @new, replayed_at = coalesce(@now::timestamptz, now()), replayed_by = @by
                WHERE tenant_id = casare_tenant() AND job_id = @job AND replayed_as IS NULL
                RETURNING *
            ), stored AS (
                INSERT INTO jobs (
                    job_id, workflow_id, workflow_version, queue_id, priority, variables, options, retry_of, created_at,
                    created_by, queue_key, requirement_id, unique_key, unique_scope, unique_seconds, forked_from,
                    forked_step, seed_id
                )
                SELECT
                    replayed_as, workflow_id, workflow_version, queue_id, priority,
                    coalesce(@variables::text::json, variables), options, job_id, replayed_at, replayed_by, queue_key,
                    requirement_id, unique_key, unique_scope, unique_seconds,
                    CASE WHEN @from::int4 IS NOT NULL THEN job_id END, @from::int4,
                    CASE WHEN @from::int4 IS NOT NULL THEN (
                        SELECT coalesce(origin.seed_id, origin.job_id) FROM jobs AS origin
                        WHERE origin.tenant_id = casare_tenant() AND origin.job_id = @job
                    ) END
                FROM letter
            ), queued AS (
                INSERT INTO ready (job_id, queue_id, attempt, priority)
                SELECT
                    replayed_as,
                    \(LeaseFragments.place(of: "letter")),
                    0, priority
                FROM letter
            ), noted AS (
                INSERT INTO events (job_id, at, kind, detail)
                SELECT
                    job_id, replayed_at, 'retried',
                    json_strip_nulls(
                        json_build_object('as', replayed_as, 'by', replayed_by, 'reason', @reason::text))
                FROM letter
                UNION ALL
                SELECT
                    replayed_as, replayed_at, 'submitted',
                    json_strip_nulls(json_build_object('retry_of', job_id, 'from_step', @from::int4))
                FROM letter
            )
            SELECT job_id FROM letter
            """)
}
