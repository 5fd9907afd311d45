import CasarePostgres

/// Deadlines by which a robot must have begun a job. One that has been begun is out of their reach, also when it waits
/// for another attempt, or was handed back without using its attempt up. Begun is what has used an attempt up, and in
/// the first one what has something in its journal, as it has before an effect begins, or has submitted another job. A
/// job that a robot handed back with nothing recorded has not been begun, and expires.
///
/// A job's deadline is said in `jobs`; `deadlines` has when to look at it, and has no row of a job that is known to be
/// begun.
enum ExpiryQueries {
    /// Whether a job with a deadline, of which no attempt was used up, has been begun. In a tenant's transaction only.
    ///
    /// - Parameter job: an expression for the job's ID: `@job`, or a column.
    static func isBegun(_ job: String) -> String {
        """
        \(JournalFragments.isBegun(job)) OR (
            SELECT true FROM deadlines AS known
            WHERE known.tenant_id = casare_tenant() AND known.job_id = \(job)
            LIMIT 1
        ) IS NULL
        """
    }

    /// The job is known to be begun, whatever is recorded of it.
    static let forget = Query("DELETE FROM deadlines WHERE tenant_id = casare_tenant() AND job_id = @job")

    static let due = Query(
        """
        SELECT tenant_id, job_id FROM deadlines
        WHERE expires_at <= coalesce(@now::timestamptz, now())
        ORDER BY expires_at LIMIT @limit
        """)

    /// Ends those of these jobs that nobody has begun as failed, with a dead letter. What somebody else works on just
    /// then is left alone.
    ///
    /// The deadlines of these are forgotten, and of those that have ended or been begun. All others are looked at again
    /// in a minute: a job's first attempt, which may be handed back unbegun, and a job that changes its place just now,
    /// of which this statement sees neither. A row that it finds and locks where a job waits says that no robot has had
    /// the job since the statement began: what it saw of the journal holds.
    static let expire = Query(
        assembled: """
            WITH due AS MATERIALIZED (
                SELECT
                    deadlines.tenant_id, deadlines.job_id,
                    \(JournalFragments.isBegun("deadlines.job_id", of: "deadlines.tenant_id")) AS is_begun
                FROM unnest(@tenants::int4[], @jobs::uuid[]) AS asked (tenant_id, job_id)
                CROSS JOIN LATERAL (
                    SELECT tenant_id, job_id FROM deadlines
                    WHERE deadlines.tenant_id = asked.tenant_id AND deadlines.job_id = asked.job_id
                    FOR UPDATE SKIP LOCKED
                ) AS deadlines
            ), from_ready AS (
                DELETE FROM ready WHERE ctid = ANY (ARRAY(
                    SELECT free.ctid FROM due CROSS JOIN LATERAL (
                        SELECT ctid FROM ready WHERE ready.job_id = due.job_id AND ready.attempt = 0
                        FOR UPDATE SKIP LOCKED
                    ) AS free
                    WHERE NOT due.is_begun
                ))
                RETURNING tenant_id, job_id
            ), from_scheduled AS (
                DELETE FROM scheduled WHERE ctid = ANY (ARRAY(
                    SELECT free.ctid FROM due CROSS JOIN LATERAL (
                        SELECT ctid FROM scheduled
                        WHERE scheduled.tenant_id = due.tenant_id AND scheduled.job_id = due.job_id
                            AND scheduled.attempt = 0
                        FOR UPDATE SKIP LOCKED
                    ) AS free
                    WHERE NOT due.is_begun
                ))
                RETURNING tenant_id, job_id
            ), from_paused AS (
                DELETE FROM paused WHERE ctid = ANY (ARRAY(
                    SELECT free.ctid FROM due CROSS JOIN LATERAL (
                        SELECT ctid FROM paused
                        WHERE paused.tenant_id = due.tenant_id AND paused.job_id = due.job_id
                            AND paused.attempt = 0
                        FOR UPDATE SKIP LOCKED
                    ) AS free
                    WHERE NOT due.is_begun
                ))
                RETURNING tenant_id, job_id
            ), expired AS MATERIALIZED (
                SELECT waiting.*, coalesce(@now::timestamptz, now()) AS at
                FROM (
                    SELECT * FROM from_ready UNION ALL SELECT * FROM from_scheduled UNION ALL SELECT * FROM from_paused
                ) AS waiting
            ), judged AS MATERIALIZED (
                SELECT
                    due.tenant_id, due.job_id,
                    due.is_begun OR due.job_id IN (SELECT expired.job_id FROM expired) OR coalesce(
                        (SELECT true FROM outcomes
                        WHERE outcomes.tenant_id = due.tenant_id AND outcomes.job_id = due.job_id),
                        (SELECT true FROM blocked
                        WHERE blocked.tenant_id = due.tenant_id AND blocked.job_id = due.job_id),
                        (SELECT true FROM ready WHERE ready.job_id = due.job_id AND ready.attempt > 0),
                        (SELECT true FROM scheduled
                        WHERE scheduled.tenant_id = due.tenant_id AND scheduled.job_id = due.job_id
                            AND scheduled.attempt > 0),
                        (SELECT true FROM paused
                        WHERE paused.tenant_id = due.tenant_id AND paused.job_id = due.job_id AND paused.attempt > 0),
                        (SELECT true FROM leases WHERE leases.job_id = due.job_id AND leases.attempt > 1),
                        -- Or it is not kept any more.
                        (SELECT count(*) FROM jobs
                        WHERE jobs.tenant_id = due.tenant_id AND jobs.job_id = due.job_id) = 0
                    ) AS is_over
                FROM due
            ), forgotten AS (
                DELETE FROM deadlines USING judged
                WHERE deadlines.tenant_id = judged.tenant_id AND deadlines.job_id = judged.job_id AND judged.is_over
            ), put_off AS (
                UPDATE deadlines SET expires_at = coalesce(@now::timestamptz, now()) + interval '1 minute'
                FROM judged
                WHERE deadlines.tenant_id = judged.tenant_id AND deadlines.job_id = judged.job_id
                    AND NOT judged.is_over
            ), \(LeaseFragments.expiring("expired"))
            SELECT tenant_id, job_id FROM expired
            """)

    /// Ends a job that was leased a moment too late in the same way: it is not run, and no attempt was made. No row: it
    /// has been begun before and stays leased, or the lease has passed on.
    ///
    /// Leasing leaves the look into the journal to this, so that only late jobs pay for it.
    static let expireLeased = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases
                WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
                    AND NOT (\(ExpiryQueries.isBegun("@job")))
                RETURNING tenant_id, job_id, gate, coalesce(@now::timestamptz, now()) AS at
            ), forgotten AS (
                DELETE FROM deadlines USING gone
                WHERE deadlines.tenant_id = gone.tenant_id AND deadlines.job_id = gone.job_id
            ), \(LeaseFragments.expiring("gone")), \(LeaseFragments.woken)
            SELECT job_id FROM gone
            """)
}
