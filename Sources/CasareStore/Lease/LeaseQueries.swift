import CasarePostgres

enum LeaseQueries {
    /// Hands the next ready jobs of a plain queue to a session of it, scan by scan: each of one priority, above a
    /// watermark and up to an end, in the order in which the jobs became ready. Rows that another transaction is
    /// leasing are skipped, not waited for.
    ///
    /// It finds nothing once the queue has rules or the robot is cordoned: `kind` tells which. A document comes with
    /// the first job of its workflow version only; the others have none.
    static let lease = Query(
        assembled: """
            WITH \(LeaseFragments.taking())
            SELECT
                \(LeaseFragments.leasedColumns)
            \(LeaseFragments.leasedRows)
            """)

    /// The same for a tenant that may run so many jobs at once, after `lockTenant`.
    static let leaseBounded = Query(
        assembled: """
            WITH \(LeaseFragments.taking(where: "true"))
            SELECT
                \(LeaseFragments.leasedColumns)
            \(LeaseFragments.leasedRows)
            """)

    /// For how long jobs have been due for the first time, of those of which a lease does not say it.
    static let due = Query(
        assembled: """
            SELECT
                job.job_id,
                extract(
                    epoch FROM coalesce(@now::timestamptz, now())
                        - \(LeaseFragments.firstDue(of: "job", tenant: "casare_tenant()"))
                )::float8 AS seconds
            FROM unnest(@jobs::uuid[]) AS asked (job_id)
            CROSS JOIN LATERAL (
                SELECT job_id, created_at FROM jobs
                WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = asked.job_id LIMIT 1
            ) AS job
            """)

    /// Of which priorities a plain queue has jobs above a watermark that have waited for `step_seconds` times as many
    /// steps as their priority is below the highest, and the place up to which they have.
    static let aged = Query(
        """
        SELECT mark.priority, clock.seq
        FROM robot_sessions AS session
        CROSS JOIN unnest(@priorities::int2[], @watermarks::int8[]) AS mark (priority, seq)
        CROSS JOIN LATERAL (
            SELECT ready_clock.seq FROM ready_clock
            WHERE ready_clock.at <= coalesce(@now::timestamptz, now())
                - (20 - mark.priority) * @step_seconds::float8 * interval '1 second'
            ORDER BY ready_clock.at DESC LIMIT 1
        ) AS clock
        WHERE session.tenant_id = casare_tenant() AND session.session_id = @session AND mark.priority < 20
            AND EXISTS (
                SELECT FROM ready
                WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = session.queue_id
                    AND ready.priority = mark.priority AND ready.seq > mark.seq AND ready.seq <= clock.seq
            )
        """)

    static let holds = Query(
        """
        SELECT FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
        """)
}
