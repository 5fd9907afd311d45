import CasarePostgres

enum ChildQueries {
    /// What a child takes over from the job that submits it, while that is leased. The lease is held until the commit:
    /// nobody else submits for the same step meanwhile.
    static let parent = Query(
        """
        SELECT
            queues.name AS environment, jobs.priority, jobs.workflow_id, jobs.workflow_version, jobs.trace,
            jobs.tracestate, jobs.baggage,
            (SELECT count(*) FROM attempts
            WHERE attempts.tenant_id = leases.tenant_id AND attempts.job_id = leases.job_id AND NOT crashed)
                AS failures
        FROM leases
        JOIN jobs ON jobs.tenant_id = leases.tenant_id AND jobs.job_id = leases.job_id
        JOIN queues ON queues.queue_id = jobs.queue_id
        WHERE leases.tenant_id = casare_tenant() AND leases.job_id = @job AND leases.token = @token
        FOR KEY SHARE OF leases
        """)
}
