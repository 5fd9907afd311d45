import CasarePostgres

enum JobLogQueries {
    /// Appends to the log of a job whose lease is still held, and says how many lines it has then; no row when the
    /// lease has passed on. Locking the lease keeps anyone from ending it before the lines are there.
    ///
    /// Lines that the log has of this lease already are left out, and so are those beyond its end.
    static let append = Query(
        """
        WITH held AS (
            SELECT leases.tenant_id, leases.job_id, leases.token FROM leases
            WHERE leases.tenant_id = casare_tenant() AND leases.job_id = @job AND leases.token = @token
            FOR KEY SHARE
        ), known AS MATERIALIZED (
            SELECT
                held.tenant_id, held.job_id, held.token, coalesce(last.line, 0) AS line,
                CASE WHEN last.token = held.token THEN last.number ELSE 0 END AS number
            FROM held
            LEFT JOIN LATERAL (
                SELECT job_logs.line, job_logs.token, job_logs.number FROM job_logs
                WHERE job_logs.tenant_id = casare_tenant() AND job_logs.job_id = @job
                ORDER BY job_logs.line DESC LIMIT 1
            ) AS last ON true
        ), placed AS MATERIALIZED (
            SELECT
                known.tenant_id, known.job_id, known.token,
                known.line + row_number() OVER (ORDER BY entry.number) AS line,
                entry.number, entry.at, entry.level, entry.node, entry.message
            FROM known
            JOIN unnest(
                @numbers::int4[], @times::timestamptz[], @levels::text[], @nodes::text[], @messages::text[]
            ) AS entry (number, at, level, node, message) ON entry.number > known.number
        ), written AS (
            INSERT INTO job_logs (tenant_id, job_id, line, token, at, number, level, node, message)
            SELECT
                placed.tenant_id, placed.job_id, placed.line, placed.token, placed.at, placed.number,
                CASE WHEN placed.line < @lines_max::int8 THEN placed.level ELSE 'warning' END,
                CASE WHEN placed.line < @lines_max::int8 THEN placed.node END,
                CASE WHEN placed.line < @lines_max::int8 THEN placed.message ELSE @full::text END
            FROM placed
            WHERE placed.line <= @lines_max::int8
            ON CONFLICT (tenant_id, job_id, line) DO NOTHING
            RETURNING line
        )
        SELECT greatest(known.line, (SELECT max(written.line) FROM written)) AS lines FROM known
        """)

    /// Lines of a job's log after one of them, in order.
    static let page = Query(
        """
        SELECT line, at, level, node, message FROM job_logs
        WHERE tenant_id = casare_tenant() AND job_id = @job AND line > @after
        ORDER BY line LIMIT @limit::int8
        """)
}
