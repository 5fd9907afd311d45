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
    static let statuses = Query(
        """
        SELECT job_details.job_id, job_details.status
        FROM unnest(@jobs::uuid[]) AS asked (job_id)
        JOIN job_details ON job_details.tenant_id = casare_tenant() AND job_details.job_id = asked.job_id
        """)
}
