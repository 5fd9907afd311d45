import CasarePostgres

/// Statements of the loops that look after dead letters. They work for all tenants, each bounded and without waiting
/// for anybody.
enum DeadLetterUpkeepQueries {
    /// Notes that replays have ended; a letter whose replay has completed is resolved. A new job that is no longer kept
    /// has ended, and nobody knows how.
    static let settle = Query(
        """
        WITH page AS MATERIALIZED (
            SELECT tenant_id, job_id, replayed_as FROM dead_letters
            WHERE replayed_as IS NOT NULL AND replay_ended_at IS NULL AND replayed_as > @after
            ORDER BY replayed_as LIMIT @limit
            FOR UPDATE SKIP LOCKED
        ), ended AS MATERIALIZED (
            SELECT page.tenant_id, page.job_id, how.kind, how.at
            FROM page CROSS JOIN LATERAL (
                SELECT kind, finished_at AS at FROM outcomes
                WHERE outcomes.tenant_id = page.tenant_id AND outcomes.job_id = page.replayed_as
                UNION ALL
                SELECT NULL, coalesce(@now::timestamptz, now()) WHERE NOT EXISTS (
                    SELECT FROM jobs WHERE jobs.tenant_id = page.tenant_id AND jobs.job_id = page.replayed_as)
                LIMIT 1
            ) AS how
        ), settled AS (
            UPDATE dead_letters SET
                replay_ended_at = ended.at,
                resolved_at = CASE
                    WHEN ended.kind = 'completed' THEN coalesce(resolved_at, ended.at) ELSE resolved_at
                END,
                resolved_by = CASE
                    WHEN ended.kind = 'completed' THEN coalesce(resolved_by, @by) ELSE resolved_by
                END
            FROM ended
            WHERE dead_letters.tenant_id = ended.tenant_id AND dead_letters.job_id = ended.job_id
            RETURNING dead_letters.job_id
        )
        SELECT
            (SELECT count(*) FROM page) AS looked, (SELECT count(*) FROM settled) AS settled,
            (SELECT replayed_as FROM page ORDER BY replayed_as DESC LIMIT 1) AS last
        """)

    static let deletePurged = Query(
        """
        DELETE FROM dead_letters WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM dead_letters
            WHERE purged_until <= coalesce(@now::timestamptz, now())
            ORDER BY purged_until LIMIT @limit FOR UPDATE SKIP LOCKED
        ))
        """)

    static let tenants = Query("SELECT tenant_id FROM tenants ORDER BY tenant_id")

    /// How many letters a tenant has beyond so many, counted up to a limit.
    ///
    /// To count a million takes a tenth of a second, so it is done only where the whole table may hold three quarters of
    /// that many: as the server reckons when it plans, from how dense the table was at its last look and its size now. A
    /// table that was never looked at is counted, and so is what is quickly counted.
    static let excess = Query(
        """
        SELECT count(*) AS letters FROM (
            SELECT FROM dead_letters
            WHERE tenant_id = @tenant AND purged_at IS NULL AND (
                SELECT
                    @kept::int8 < 100000 OR reltuples <= 0 OR relpages = 0 OR (
                        reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::int8)
                            >= @kept::int8 * 0.75
                    )
                FROM pg_class WHERE oid = 'dead_letters'::regclass
            )
            ORDER BY opened_at DESC, job_id DESC OFFSET @kept LIMIT @limit
        ) AS beyond
        """)

    // The oldest of a tenant's letters that stand so, at most so many. Of those dealt with only
    // what was so many days ago; null: any.

    static let deleteResolved = Query(
        """
        DELETE FROM dead_letters WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM dead_letters
            WHERE tenant_id = @tenant AND resolved_at IS NOT NULL AND purged_at IS NULL
                AND resolved_at <= coalesce(
                    coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day', 'infinity')
            ORDER BY resolved_at, job_id LIMIT @limit FOR UPDATE SKIP LOCKED
        ))
        """)

    static let deleteReplayed = Query(
        """
        DELETE FROM dead_letters WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM dead_letters
            WHERE tenant_id = @tenant AND replay_ended_at IS NOT NULL AND resolved_at IS NULL AND purged_at IS NULL
                AND replay_ended_at <= coalesce(
                    coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day', 'infinity')
            ORDER BY replay_ended_at, job_id LIMIT @limit FOR UPDATE SKIP LOCKED
        ))
        """)

    static let deleteAcknowledged = Query(
        """
        DELETE FROM dead_letters WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM dead_letters
            WHERE tenant_id = @tenant AND acknowledged_at IS NOT NULL AND replayed_as IS NULL
                AND resolved_at IS NULL AND purged_at IS NULL
            ORDER BY opened_at, job_id LIMIT @limit FOR UPDATE SKIP LOCKED
        ))
        """)

    static let deleteOpen = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM dead_letters WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM dead_letters
                    WHERE tenant_id = @tenant AND \(DeadLetterFragments.isOpen)
                    ORDER BY opened_at, job_id LIMIT @limit FOR UPDATE SKIP LOCKED
                ))
                RETURNING opened_at
            )
            SELECT count(*) AS letters, min(opened_at) AS first_opened_at, max(opened_at) AS last_opened_at FROM gone
            """)
}
