package import CasareDomain
package import CasarePostgres

/// A job that ended without a robot's word, for whoever counts it after the commit.
package struct EndedJob: Hashable, Sendable {
    package let queue: String
    package let workflow: String
    /// `nil`: it was cancelled. A failure has opened a dead letter.
    package let failure: Failure.Kind?
    /// Since it was due for the first time; zero when it never was.
    package let duration: Duration

    package init(queue: String, workflow: String, failure: Failure.Kind?, duration: Duration) {
        self.queue = queue
        self.workflow = workflow
        self.failure = failure
        self.duration = duration
    }

    fileprivate init?(row: Row) throws {
        let kind = try row.string("kind")
        let failure = try row.optionalString("failure_kind").flatMap(Failure.Kind.init(rawValue:))
        // The first is a robot's word. Who counts undoes no work for a kind that only a newer version knows.
        guard kind == "cancelled" || kind == "failed" && failure != nil else { return nil }
        self.init(
            queue: try row.string("queue"), workflow: try row.string("workflow"), failure: failure,
            duration: .seconds(try row.double("seconds")))
    }
}

extension JobStore {
    /// Looks those of these jobs up that have ended; others are left out. Call within `Database.asTenant`, with jobs that
    /// the same transaction has taken from wherever they were.
    package static func ended(_ jobs: [Job.ID], on connection: isolated PostgresConnection) throws -> [EndedJob] {
        guard !jobs.isEmpty else { return [] }
        return try connection.execute(EndedQueries.ofTenant, ["jobs": .uuidArray(jobs.map(\.rawValue))])
            .compactMap(EndedJob.init(row:))
    }

    /// The same of all tenants, within `Database.asSystem`.
    package static func ended(_ jobs: [TenantJob], on connection: isolated PostgresConnection) throws -> [EndedJob] {
        guard !jobs.isEmpty else { return [] }
        return try connection.execute(
            EndedQueries.ofAll,
            ["tenants": .int4Array(jobs.map(\.tenant.rawValue)), "jobs": .uuidArray(jobs.map(\.job.rawValue))]
        ).compactMap(EndedJob.init(row:))
    }
}

private enum EndedQueries {
    static let ofTenant = Query(
        assembled: Self.ended(
            "SELECT DISTINCT job_id FROM unnest(@jobs::uuid[]) AS asked (job_id)", tenant: "casare_tenant()"))

    static let ofAll = Query(
        assembled: Self.ended(
            """
            SELECT DISTINCT tenant_id, job_id FROM unnest(@tenants::int4[], @jobs::uuid[]) AS asked (tenant_id, job_id)
            """, tenant: "given.tenant_id"))

    /// Each table by its primary key: what the planner thinks of the size of arrays does not matter.
    private static func ended(_ given: String, tenant: String) -> String {
        """
        SELECT
            queue.name AS queue, workflow.name AS workflow, outcome.kind, outcome.failure_kind,
            greatest(
                0, extract(epoch FROM outcome.finished_at - \(LeaseFragments.firstDue(of: "job", tenant: tenant)))
            )::float8 AS seconds
        FROM (\(given)) AS given
        CROSS JOIN LATERAL (
            SELECT kind, failure_kind, finished_at FROM outcomes
            WHERE outcomes.tenant_id = \(tenant) AND outcomes.job_id = given.job_id
            LIMIT 1
        ) AS outcome
        CROSS JOIN LATERAL (
            SELECT job_id, queue_id, workflow_id, created_at FROM jobs
            WHERE jobs.tenant_id = \(tenant) AND jobs.job_id = given.job_id
            LIMIT 1
        ) AS job
        CROSS JOIN LATERAL (
            SELECT name FROM queues
            WHERE queues.tenant_id = \(tenant) AND queues.queue_id = job.queue_id LIMIT 1
        ) AS queue
        CROSS JOIN LATERAL (
            SELECT name FROM workflows
            WHERE workflows.tenant_id = \(tenant) AND workflows.workflow_id = job.workflow_id LIMIT 1
        ) AS workflow
        """
    }
}
