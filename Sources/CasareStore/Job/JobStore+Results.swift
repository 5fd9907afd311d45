package import CasareDomain
package import CasarePostgres

extension JobStore {
    /// How those of some jobs went that have ended with a result, as far as they fit: all together take about
    /// `bytesMax` as they are stored. The first ones come first; who wants another one asks for its job.
    package static func results(
        of jobs: [Job.ID], bytesMax: Int, on connection: isolated PostgresConnection
    ) throws -> [Job.ID: RunResult] {
        var results: [Job.ID: RunResult] = [:]
        let rows = try connection.execute(
            ResultQueries.results, ["jobs": .uuidArray(jobs.map(\.rawValue)), "bytes_max": .int(bytesMax)])
        for row in rows {
            let job = Job.ID(rawValue: try row.uuid("job_id"))
            results[job] = try RunResult(stored: try row.string("result"), job: job)
        }
        return results
    }
}

enum ResultQueries {
    /// Sizes are those of the rows, which are known without a look at the results themselves.
    static let results = Query(
        """
        WITH sized AS MATERIALIZED (
            SELECT asked.job_id, sum(known.bytes) OVER (ORDER BY asked.position) AS bytes
            FROM unnest(@jobs::uuid[]) WITH ORDINALITY AS asked (job_id, position)
            CROSS JOIN LATERAL (
                SELECT pg_column_size(job_results.result) AS bytes FROM job_results
                WHERE job_results.tenant_id = casare_tenant() AND job_results.job_id = asked.job_id
                LIMIT 1
            ) AS known
        )
        SELECT sized.job_id, found.result
        FROM sized
        CROSS JOIN LATERAL (
            SELECT job_results.result::text AS result FROM job_results
            WHERE job_results.tenant_id = casare_tenant() AND job_results.job_id = sized.job_id
            LIMIT 1
        ) AS found
        WHERE sized.bytes <= @bytes_max::int8
        """)
}
