import CasarePostgres

/// What one look at everything says of letters. Each statement stops at a bound.
extension DeadLetterQueries {
    /// Open letters are those that nobody has dealt with, and `JobQueries.counts` counts them; acknowledged ones are
    /// known to somebody, and not done yet.
    static let overview = Query(
        """
        SELECT
            (
                SELECT count(*) FROM (
                    SELECT FROM dead_letters
                    WHERE tenant_id = casare_tenant() AND acknowledged_at IS NOT NULL AND replayed_as IS NULL
                        AND resolved_at IS NULL AND purged_at IS NULL
                    LIMIT @count_max + 1
                ) AS counted
            ) AS acknowledged,
            (
                SELECT opened_at FROM dead_letters
                WHERE tenant_id = casare_tenant() AND acknowledged_at IS NULL AND replayed_as IS NULL
                    AND resolved_at IS NULL AND purged_at IS NULL
                ORDER BY opened_at, job_id LIMIT 1
            ) AS oldest_open_at
        """)

    /// The largest groups among the newest open letters, with the newest letter of each.
    static let largestGroups = Query(
        """
        WITH newest AS MATERIALIZED (
            SELECT job_id, workflow_id, fingerprint, opened_at FROM dead_letters
            WHERE tenant_id = casare_tenant() AND acknowledged_at IS NULL AND replayed_as IS NULL
                AND resolved_at IS NULL AND purged_at IS NULL
            ORDER BY opened_at DESC, job_id DESC LIMIT @letters_max
        ), largest AS MATERIALIZED (
            SELECT workflow_id, fingerprint, count(*) AS letters FROM newest
            GROUP BY workflow_id, fingerprint
            ORDER BY letters DESC, workflow_id, fingerprint LIMIT @limit
        )
        SELECT
            workflow.name AS workflow_name, largest.fingerprint, largest.letters, letter.job_id, letter.failure_kind,
            letter.failure_type, letter.message, letter.node, letter.opened_at
        FROM largest
        CROSS JOIN LATERAL (
            SELECT name FROM workflows
            WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = largest.workflow_id LIMIT 1
        ) AS workflow
        CROSS JOIN LATERAL (
            SELECT job_id FROM newest
            WHERE newest.workflow_id = largest.workflow_id AND newest.fingerprint = largest.fingerprint
            ORDER BY opened_at DESC, job_id DESC LIMIT 1
        ) AS last
        CROSS JOIN LATERAL (
            SELECT job_id, failure_kind, failure_type, message, node, opened_at FROM dead_letters
            WHERE dead_letters.tenant_id = casare_tenant() AND dead_letters.job_id = last.job_id LIMIT 1
        ) AS letter
        ORDER BY largest.letters DESC, largest.workflow_id, largest.fingerprint
        """)
}
