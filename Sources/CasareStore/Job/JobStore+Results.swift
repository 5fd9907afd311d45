package import CasareDomain
package import CasarePostgres

extension JobStore {
    /// How those of some jobs went that have ended with a result, as far as they fit: all together take `bytesMax` at
    /// the most. The first ones come first; who wants another one asks for its job.
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
    /// By the sizes of the rows, which are known without a look at the results, most of what does not fit is left
    /// alone. What is read of the others counts by its text: one that repeats itself takes a hundredth of it in a row.
    static let results = Query(
        """
        WITH sized AS MATERIALIZED (
            SELECT asked.job_id, asked.position, sum(known.bytes) OVER (ORDER BY asked.position) AS bytes
            FROM unnest(@jobs::uuid[]) WITH ORDINALITY AS asked (job_id, position)
            CROSS JOIN LATERAL (
                SELECT pg_column_size(job_results.result) AS bytes FROM job_results
                WHERE job_results.tenant_id = casare_tenant() AND job_results.job_id = asked.job_id
                LIMIT 1
            ) AS known
        )
        SELECT fitting.job_id, fitting.result
        FROM (
            SELECT
                sized.job_id, found.result, sum(octet_length(found.result)) OVER (ORDER BY sized.position) AS bytes
            FROM sized
            CROSS JOIN LATERAL (
                SELECT job_results.result::text AS result FROM job_results
                WHERE job_results.tenant_id = casare_tenant() AND job_results.job_id = sized.job_id
                LIMIT 1
            ) AS found
            WHERE sized.bytes <= @bytes_max::int8
        ) AS fitting
        WHERE fitting.bytes <= @bytes_max::int8
        """)
}
