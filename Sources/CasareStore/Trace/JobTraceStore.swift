package import CasareDomain
package import CasarePostgres

/// Where in its trace a job was run.
package enum JobTraceStore {
    private static let query = Query(
        """
        SELECT
            kept.trace,
            (
                SELECT token FROM attempts
                WHERE attempts.tenant_id = casare_tenant() AND attempts.job_id = @job
                ORDER BY attempt DESC LIMIT 1
            ) AS token
        FROM (
            -- A letter outlives its job's partition.
            SELECT trace FROM dead_letters WHERE tenant_id = casare_tenant() AND job_id = @job
            UNION ALL
            SELECT trace FROM jobs WHERE tenant_id = casare_tenant() AND job_id = @job
        ) AS kept
        WHERE kept.trace IS NOT NULL
        LIMIT 1
        """)

    /// The span that the last failed attempt of a job was made in, for others to link to; where none has failed the
    /// span that asked for the job.
    ///
    /// - Returns: `nil` for a job that nobody knows, or whose trace nobody has kept.
    package static func lastAttempt(
        of job: Job.ID, on connection: isolated PostgresConnection
    ) throws -> TraceContext? {
        guard let row = try connection.execute(self.query, ["job": .uuid(job.rawValue)]).first,
            let bytes = try row.optionalBytes("trace"), let context = TraceContext(bytes: bytes)
        else { return nil }
        guard let token = try row.optionalInt64("token") else { return context }
        let lease = Lease(job: job, token: Lease.Token(rawValue: token))
        return TraceContext(traceID: context.traceID, spanID: SpanID(of: lease), flags: context.flags)
    }
}
