package import CasareDomain
package import CasarePostgres

extension JobStore {
    /// Where jobs stand; those that there are not are missing.
    package static func statuses(
        of jobs: [Job.ID], on connection: isolated PostgresConnection
    ) throws -> [Job.ID: Job.Status] {
        var statuses: [Job.ID: Job.Status] = [:]
        for row in try connection.execute(StatusQueries.statuses, ["jobs": .uuidArray(jobs.map(\.rawValue))]) {
            let text = try row.string("status")
            guard let status = Job.Status(rawValue: text) else {
                throw StoreError.unreadable("a job has the unknown status \"\(text)\"")
            }
            statuses[Job.ID(rawValue: try row.uuid("job_id"))] = status
        }
        return statuses
    }
}

enum StatusQueries {
    /// Looked up job by job: joined as a whole, the view would be computed for all jobs that there are.
    static let statuses = Query(
        """
        SELECT known.job_id, known.status
        FROM unnest(@jobs::uuid[]) AS asked (job_id)
        CROSS JOIN LATERAL (
            SELECT job_id, status FROM job_details AS detail
            WHERE detail.tenant_id = casare_tenant() AND detail.job_id = asked.job_id
            LIMIT 1
        ) AS known
        """)
}
