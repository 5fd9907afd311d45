import CasarePostgres

/// Deadlines by which a robot must have begun a job. One that has been begun in time is out of their reach, also when it
/// waits for another attempt; one that was handed back without using its attempt up is not.
enum ExpiryQueries {
    static let due = Query(
        """
        SELECT tenant_id, job_id FROM deadlines
        WHERE expires_at <= coalesce(@now::timestamptz, now())
        ORDER BY expires_at LIMIT @limit
        """)

    /// Ends those of these jobs that nobody has begun as failed, with a dead letter, and forgets the deadlines of all.
    /// What somebody else is ending just now is skipped.
    static let expire = Query(
        assembled: """
            WITH due AS (
                DELETE FROM deadlines
                WHERE (tenant_id, job_id) IN (
                    SELECT deadlines.tenant_id, deadlines.job_id
                    FROM unnest(@tenants::int4[], @jobs::uuid[]) AS asked (tenant_id, job_id)
                    CROSS JOIN LATERAL (
                        SELECT tenant_id, job_id FROM deadlines
                        WHERE deadlines.tenant_id = asked.tenant_id AND deadlines.job_id = asked.job_id
                        FOR UPDATE SKIP LOCKED
                    ) AS deadlines
                )
                RETURNING tenant_id, job_id
            ), from_ready AS (
                DELETE FROM ready USING due WHERE ready.job_id = due.job_id AND ready.attempt = 0
                RETURNING ready.tenant_id, ready.job_id
            ), from_scheduled AS (
                DELETE FROM scheduled USING due
                WHERE scheduled.tenant_id = due.tenant_id AND scheduled.job_id = due.job_id AND scheduled.attempt = 0
                RETURNING scheduled.tenant_id, scheduled.job_id
            ), expired AS MATERIALIZED (
                SELECT waiting.*, coalesce(@now::timestamptz, now()) AS at
                FROM (SELECT * FROM from_ready UNION ALL SELECT * FROM from_scheduled) AS waiting
            ), \(LeaseFragments.expiring("expired"))
            SELECT tenant_id, job_id FROM expired
            """)

    /// Ends a job that was leased a moment too late in the same way: it is not run, and no attempt was made.
    static let expireLeased = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
                RETURNING tenant_id, job_id, gate, coalesce(@now::timestamptz, now()) AS at
            ), forgotten AS (
                DELETE FROM deadlines USING gone
                WHERE deadlines.tenant_id = gone.tenant_id AND deadlines.job_id = gone.job_id
            ), \(LeaseFragments.expiring("gone")), \(LeaseFragments.woken)
            SELECT job_id FROM gone
            """)
}
