import CasarePostgres

enum TimeSpentQueries {
    /// The time between each lease of a job and what ended it, by the database's clock. A failed attempt that another
    /// follows begins anew, as does what a person has answered for; the lease that runs now has no end yet, and counts
    /// for nothing.
    static let secondsSpent = Query(
        """
        SELECT coalesce(extract(epoch FROM sum(greatest(span.ended_at - span.at, interval '0'))), 0)::float8 AS seconds
        FROM (
            SELECT kind, at, lead(at) OVER (ORDER BY event_id) AS ended_at
            FROM events
            WHERE tenant_id = casare_tenant() AND job_id = @job
                AND kind IN ('leased', 'released', 'lease_expired', 'blocked', 'paused')
                AND event_id > coalesce((
                    SELECT max(failed.event_id) FROM events AS failed
                    WHERE failed.tenant_id = casare_tenant() AND failed.job_id = @job
                        AND failed.kind IN ('retrying', 'resolved')
                ), 0)
        ) AS span
        WHERE span.kind = 'leased'
        """)
}
