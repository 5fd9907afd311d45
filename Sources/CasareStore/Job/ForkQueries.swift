import CasarePostgres

enum ForkQueries {
    /// Keeps a blocked job where it is until the commit. No row: it is not blocked.
    static let holdBlocked = Query(
        "SELECT FROM blocked WHERE tenant_id = casare_tenant() AND job_id = @job FOR KEY SHARE")

    /// Submits a job anew that is to take over the steps before `from`. A deadline is not asked for again.
    static let fork = Query(
        assembled: """
            WITH origin AS (
                SELECT
                    job_id, workflow_id, workflow_version, queue_id, priority, variables, options, queue_key,
                    requirement_id, unique_key, unique_scope, unique_seconds, seed_id,
                    coalesce(@now::timestamptz, now()) AS at
                FROM jobs WHERE tenant_id = casare_tenant() AND job_id = @job
            ), stored AS (
                INSERT INTO jobs (
                    job_id, workflow_id, workflow_version, queue_id, priority, variables, options, created_at,
                    created_by, queue_key, requirement_id, unique_key, unique_scope, unique_seconds, forked_from,
                    forked_step, seed_id, trace, tracestate, baggage
                )
                SELECT
                    @new::uuid, workflow_id, workflow_version, queue_id, priority,
                    coalesce(@variables::text::json, variables), options, at, @by::text, queue_key, requirement_id,
                    unique_key, unique_scope, unique_seconds, job_id, @from::int4, coalesce(seed_id, job_id),
                    @trace::bytea, @tracestate::text, @baggage::text
                FROM origin
            ), queued AS (
                INSERT INTO ready (job_id, queue_id, attempt, priority)
                SELECT @new::uuid, \(LeaseFragments.place(of: "origin")), 0, priority
                FROM origin
            ), noted AS (
                INSERT INTO events (job_id, at, kind, detail)
                SELECT
                    job_id, at, 'forked',
                    json_strip_nulls(
                        json_build_object(
                            'as', @new::uuid, 'from_step', @from::int4, 'by', @by::text, 'reason', @reason::text))
                FROM origin
                UNION ALL
                SELECT
                    @new::uuid, at, 'submitted',
                    json_build_object('forked_from', job_id, 'from_step', @from::int4)
                FROM origin
            )
            SELECT job_id FROM origin
            """)

    /// Which steps a job has recorded, in order. Of the results only failures are told: the others are empty.
    static let steps = Query(
        assembled: """
            SELECT
                step, node, node_type, effect, started_at, finished_at,
                CASE
                    WHEN \(JournalFragments.isFailure("result")) THEN result
                    WHEN result IS NOT NULL THEN '{}'::json
                END AS result
            FROM (\(JournalFragments.stored("@job"))) AS stored
            ORDER BY step
            """)

    /// Steps of class effect from `from` on that have happened, or may have, and are not taken over: the first of them,
    /// and how many there are. `from` is -1 for a job that takes nothing over.
    static let repeated = Query(
        assembled: """
            SELECT step, node, node_type, in_doubt, count(*) OVER () AS count
            FROM (
                SELECT
                    step, node, node_type,
                    result IS NULL OR coalesce(\(JournalFragments.isDoubt("result")), false) AS in_doubt,
                    CASE
                        WHEN effect <> 'effect' THEN false
                        WHEN result IS NULL THEN step > @from::int4
                        ELSE NOT (\(JournalFragments.isFailure("result"))) OR (\(JournalFragments.isDoubt("result")))
                    END AS is_repeated
                FROM (\(JournalFragments.stored("@job", page: "AND step >= @from::int4"))) AS stored
            ) AS known
            WHERE is_repeated
            ORDER BY step LIMIT @limit::int8
            """)

    /// Copies a job's steps before `from` into the journal of another one, and that one too if it is in doubt. A wait at
    /// which the other one begins is waited anew: its beginning stays behind. A copy belongs to no lease: no token is 0.
    static let takeOver = Query(
        assembled: """
            WITH taken AS MATERIALIZED (
                SELECT * FROM (\(JournalFragments.stored("@job"))) AS stored
                WHERE step < @from::int4 OR step = @from::int4 AND result IS NULL AND effect = 'effect'
            ), values_taken AS (
                INSERT INTO journal_values (tenant_id, job_id, step, value)
                SELECT casare_tenant(), @new::uuid, stored.step, large.value
                FROM taken AS stored
                \(JournalFragments.large("@job", if: "stored.is_aside"))
                WHERE large.value IS NOT NULL
            )
            INSERT INTO journal (
                tenant_id, job_id, step, token, started_at, finished_at, node, node_type, effect, result
            )
            SELECT
                casare_tenant(), @new::uuid, step, 0, started_at, finished_at, node, node_type, effect, result
            FROM taken
            """)
}
