import CasarePostgres

enum DeadLetterChangeQueries {
    /// Locks a letter, to say what becomes of it.
    static let status = Query(
        assembled: """
            SELECT \(DeadLetterFragments.status) AS status FROM dead_letters
            WHERE tenant_id = casare_tenant() AND job_id = @job AND purged_at IS NULL
            FOR UPDATE
            """)

    static let acknowledge = Query(
        """
        WITH letter AS (
            UPDATE dead_letters
            SET acknowledged_at = coalesce(@now::timestamptz, now()), acknowledged_by = @by,
                acknowledged_reason = @reason
            WHERE tenant_id = casare_tenant() AND job_id = @job
            RETURNING job_id, acknowledged_at
        )
        INSERT INTO events (job_id, at, kind, detail)
        SELECT
            job_id, acknowledged_at, 'acknowledged',
            json_strip_nulls(
                json_build_object('by', @by::text, 'reason', @reason::text, 'operation', @operation::uuid))
        FROM letter
        """)

    /// Who acknowledged the letter before stays with it; that somebody resolves it acknowledges nothing.
    static let resolve = Query(
        """
        WITH letter AS (
            UPDATE dead_letters
            SET resolved_at = coalesce(@now::timestamptz, now()), resolved_by = @by, resolved_reason = @reason
            WHERE tenant_id = casare_tenant() AND job_id = @job
            RETURNING job_id, resolved_at
        )
        INSERT INTO events (job_id, at, kind, detail)
        SELECT
            job_id, resolved_at, 'acknowledged',
            json_strip_nulls(
                json_build_object(
                    'by', @by::text, 'reason', @reason::text, 'resolved', true, 'operation', @operation::uuid))
        FROM letter
        """)

    /// No row: there is none, or it is purged already.
    static let purge = Query(
        """
        WITH letter AS (
            UPDATE dead_letters
            SET purged_at = coalesce(@now::timestamptz, now()), purge_operation = @operation,
                purged_until = coalesce(@now::timestamptz, now()) + @seconds::float8 * interval '1 second'
            WHERE tenant_id = casare_tenant() AND job_id = @job AND purged_at IS NULL
            RETURNING job_id, purged_at
        ), noted AS (
            INSERT INTO events (job_id, at, kind, detail)
            SELECT
                job_id, purged_at, 'purged',
                json_strip_nulls(
                    json_build_object('by', @by::text, 'reason', @reason::text, 'operation', @operation::uuid))
            FROM letter
        )
        SELECT job_id FROM letter
        """)

    /// No row: it is gone, or is not purged, or something else has purged it.
    static let restore = Query(
        """
        WITH letter AS (
            UPDATE dead_letters SET purged_at = NULL, purged_until = NULL, purge_operation = NULL
            WHERE tenant_id = casare_tenant() AND job_id = @job AND purged_at IS NOT NULL
                AND purge_operation IS NOT DISTINCT FROM @operation::uuid
            RETURNING job_id
        ), noted AS (
            INSERT INTO events (job_id, at, kind, detail)
            SELECT
                job_id, coalesce(@now::timestamptz, now()), 'restored',
                json_strip_nulls(
                    json_build_object('by', @by::text, 'reason', @reason::text, 'operation', @operation::uuid))
            FROM letter
        )
        SELECT job_id FROM letter
        """)
}
