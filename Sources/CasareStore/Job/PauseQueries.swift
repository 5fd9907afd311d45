import CasarePostgres

enum PauseQueries {
    /// Parks a job that waits; one that runs is marked, and goes to `paused` when its robot hands it back. No row: it
    /// is in none of these places, or is marked already.
    static let pause = Query(
        assembled: """
            WITH from_ready AS (
                DELETE FROM ready WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING job_id, attempt, crashes, NULL::timestamptz AS due_at
            ), from_scheduled AS (
                DELETE FROM scheduled WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING job_id, attempt, 0::int2 AS crashes, due_at
            ), gone AS (
                SELECT * FROM from_ready UNION ALL SELECT * FROM from_scheduled
            ), parked AS (
                INSERT INTO paused (job_id, attempt, crashes, due_at, since, paused_by, reason)
                SELECT
                    job_id, attempt, crashes, due_at, coalesce(@now::timestamptz, now()), @by::text, @reason::text
                FROM gone
            ), noted AS (
                INSERT INTO events (job_id, at, kind, detail)
                SELECT
                    job_id, coalesce(@now::timestamptz, now()), 'paused',
                    \(OperationFragments.detail)
                FROM gone
            ), asked AS (
                UPDATE leases
                SET pause_asked_at = coalesce(@now::timestamptz, now()), pause_asked_by = @by::text,
                    pause_reason = @reason::text
                WHERE tenant_id = casare_tenant() AND job_id = @job AND pause_asked_by IS NULL
                RETURNING job_id, session_id
            )
            SELECT job_id, NULL::int8 AS session_id FROM gone
            UNION ALL
            SELECT job_id, session_id FROM asked
            """)

    /// Puts a paused job back behind those that wait already, or to its time; one that is only to be paused is so no
    /// longer. No row: it is neither.
    static let resume = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM paused WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING tenant_id, job_id, attempt, crashes, due_at,
                    coalesce(due_at > coalesce(@now::timestamptz, now()), false) AS is_later
            ), back AS (
                INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt, crashes)
                SELECT
                    gone.tenant_id, gone.job_id,
                    \(LeaseFragments.place(of: "jobs")),
                    jobs.priority, gone.attempt, gone.crashes
                FROM gone JOIN jobs ON jobs.tenant_id = gone.tenant_id AND jobs.job_id = @job
                WHERE NOT gone.is_later
            ), later AS (
                INSERT INTO scheduled (
                    tenant_id, job_id, queue_id, priority, attempt, due_at, queue_key, requirement_id
                )
                SELECT
                    gone.tenant_id, gone.job_id, jobs.queue_id, jobs.priority, gone.attempt, gone.due_at,
                    jobs.queue_key, jobs.requirement_id
                FROM gone JOIN jobs ON jobs.tenant_id = gone.tenant_id AND jobs.job_id = @job
                WHERE gone.is_later
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, coalesce(@now::timestamptz, now()), 'resumed',
                    json_strip_nulls(
                        json_build_object('by', @by::text, 'reason', @reason::text, 'operation', @operation::uuid))
                FROM gone
            ), kept AS (
                UPDATE leases SET pause_asked_at = NULL, pause_asked_by = NULL, pause_reason = NULL
                WHERE tenant_id = casare_tenant() AND job_id = @job AND pause_asked_by IS NOT NULL
                RETURNING job_id, session_id
            )
            SELECT job_id, NULL::int8 AS session_id FROM gone
            UNION ALL
            SELECT job_id, session_id FROM kept
            """)
}
