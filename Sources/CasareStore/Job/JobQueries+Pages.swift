import CasarePostgres

/// Pages of jobs, the newest first. They begin under `before` (exclusive) and end at `from` (inclusive). Each finds its
/// jobs in the one table that holds them, so that none of them reads the others.
extension JobQueries {
    static let page = Self.details(
        of: """
            SELECT tenant_id, job_id FROM jobs
            WHERE tenant_id = casare_tenant() AND job_id >= @from AND job_id < @before
            ORDER BY job_id DESC LIMIT @limit
            """)

    static let pageOfWorkflow = Self.details(
        of: """
            SELECT tenant_id, job_id FROM jobs
            WHERE tenant_id = casare_tenant() AND workflow_id = @workflow AND job_id >= @from AND job_id < @before
            ORDER BY job_id DESC LIMIT @limit
            """)

    static let pageOfPending = Self.details(
        of: """
            (\(Self.jobs(in: "ready"))) UNION ALL (\(Self.jobs(in: "scheduled")))
            ORDER BY job_id DESC LIMIT @limit
            """)

    static let pageOfRunning = Self.details(of: Self.jobs(in: "leases"))
    static let pageOfBlocked = Self.details(of: Self.jobs(in: "blocked"))
    static let pageOfPaused = Self.details(of: Self.jobs(in: "paused"))

    static let pageOfCompleted = Self.details(
        of: """
            SELECT tenant_id, job_id FROM outcomes
            WHERE tenant_id = casare_tenant() AND kind = 'completed' AND job_id >= @from AND job_id < @before
            ORDER BY job_id DESC LIMIT @limit
            """)

    /// Most jobs of a workflow are completed, and most that are completed belong to others: so its jobs come first.
    static let pageOfCompletedOfWorkflow = Self.details(
        of: """
            SELECT asked.tenant_id, asked.job_id
            FROM (
                SELECT tenant_id, job_id FROM jobs
                WHERE tenant_id = casare_tenant() AND workflow_id = @workflow
                    AND job_id >= @from AND job_id < @before
                ORDER BY job_id DESC OFFSET 0
            ) AS asked
            CROSS JOIN LATERAL (
                SELECT FROM outcomes AS outcome
                WHERE outcome.tenant_id = asked.tenant_id AND outcome.job_id = asked.job_id
                    AND outcome.kind = 'completed'
                LIMIT 1
            ) AS completed
            ORDER BY asked.job_id DESC LIMIT @limit
            """)

    /// `kind` is `failed` or `cancelled`; saying that it is not `completed` lets the plan use the index of the others.
    static let pageOfUnsuccessful = Self.details(
        of: """
            SELECT tenant_id, job_id FROM outcomes JOIN jobs USING (tenant_id, job_id)
            WHERE tenant_id = casare_tenant() AND kind = @kind AND kind <> 'completed'
                AND job_id >= @from AND job_id < @before
                AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
            ORDER BY job_id DESC LIMIT @limit
            """)

    /// Those that stand in a table for a status, of one workflow or of any.
    private static func jobs(in table: String) -> String {
        """
        SELECT tenant_id, job_id FROM \(table) JOIN jobs USING (tenant_id, job_id)
        WHERE tenant_id = casare_tenant() AND job_id >= @from AND job_id < @before
            AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
        ORDER BY job_id DESC LIMIT @limit
        """
    }

    /// The details are looked up job by job: joined as a whole, the view would be computed for all jobs that there are.
    private static func details(of jobs: String) -> Query {
        Query(
            assembled: """
                SELECT job_details.*
                FROM (
                    \(jobs)
                ) AS page
                CROSS JOIN LATERAL (
                    SELECT * FROM job_details AS detail
                    WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
                    LIMIT 1
                ) AS job_details
                ORDER BY job_id DESC
                """)
    }
}
