import CasarePostgres

enum DeadLetterQueries {
    static let get = Query(
        """
        SELECT dead_letters.*, workflows.name AS workflow_name
        FROM dead_letters JOIN workflows USING (tenant_id, workflow_id)
        WHERE tenant_id = casare_tenant() AND job_id = @job
        """)

    /// Newest job first, below the cursor's.
    static let list = Query(
        """
        SELECT dead_letters.*, workflows.name AS workflow_name
        FROM dead_letters JOIN workflows USING (tenant_id, workflow_id)
        WHERE tenant_id = casare_tenant() AND job_id < @before
            AND (@is_replayed::boolean IS NULL OR (replayed_as IS NOT NULL) = @is_replayed)
            AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
            AND (@kind::text IS NULL OR failure_kind = @kind)
        ORDER BY job_id DESC LIMIT @limit
        """)

    /// The same for open letters, which may be few among many that were replayed.
    static let listOpen = Query(
        """
        SELECT dead_letters.*, workflows.name AS workflow_name
        FROM dead_letters JOIN workflows USING (tenant_id, workflow_id)
        WHERE tenant_id = casare_tenant() AND job_id < @before AND replayed_as IS NULL
            AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
            AND (@kind::text IS NULL OR failure_kind = @kind)
        ORDER BY job_id DESC LIMIT @limit
        """)

    static let attempts = Query(
        """
        SELECT job_id, attempt, robot_id, started_at, finished_at, failure_kind, failure_type, message, node
        FROM attempts
        WHERE tenant_id = casare_tenant() AND job_id = ANY (@jobs::uuid[])
        ORDER BY job_id, attempt
        """)
}
