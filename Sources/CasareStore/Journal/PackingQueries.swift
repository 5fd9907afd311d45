import CasarePostgres

/// Statements that put the journals of ended jobs together. They work as the system, for one tenant at a time.
enum PackingQueries {
    /// The next jobs that have rows in `journal` and were submitted long enough ago, by their IDs, and whether they
    /// have ended so long ago, too. Of `rows` rows that were read for it.
    static let page = Query(
        """
        WITH page AS MATERIALIZED (
            SELECT job_id FROM journal
            WHERE tenant_id = @tenant AND job_id > @after
                AND job_id < casare_uuid_floor(
                    coalesce(@now::timestamptz, now()) - @seconds::float8 * interval '1 second')
            ORDER BY job_id LIMIT @limit
        )
        SELECT
            asked.job_id, coalesce(ended.is_due, false) AS is_due, (SELECT count(*) FROM page) AS rows
        FROM (SELECT DISTINCT job_id FROM page) AS asked
        LEFT JOIN LATERAL (
            SELECT finished_at <= coalesce(@now::timestamptz, now()) - @seconds::float8 * interval '1 second' AS is_due
            FROM outcomes
            WHERE outcomes.tenant_id = @tenant AND outcomes.job_id = asked.job_id
            LIMIT 1
        ) AS ended ON true
        ORDER BY asked.job_id
        """)

    /// Moves the rows of jobs that have ended to one row each. Journals that would make a very large row stay as they
    /// are. Somebody else who does the same finds no rows any more.
    ///
    /// `first` and `last` are the bounds of `jobs`, from which the server sees which weeks it need not look at.
    static let pack = Query(
        """
        WITH due AS MATERIALIZED (
            SELECT asked.job_id
            FROM unnest(@jobs::uuid[]) AS asked (job_id)
            CROSS JOIN LATERAL (
                SELECT count(*) AS steps, coalesce(sum(octet_length(known.result::text)), 0) AS bytes
                FROM (
                    SELECT result FROM journal
                    WHERE journal.tenant_id = @tenant AND journal.job_id = asked.job_id
                    LIMIT @steps_max + 1
                ) AS known
            ) AS size
            WHERE size.steps <= @steps_max AND size.bytes <= @bytes_max
        ), gone AS (
            DELETE FROM journal
            WHERE tenant_id = @tenant AND job_id >= @first AND job_id <= @last
                AND job_id = ANY (ARRAY(SELECT due.job_id FROM due))
            RETURNING job_id, step, token, started_at, finished_at, node, node_type, effect, result
        ), packed AS (
            INSERT INTO journal_packed (
                tenant_id, job_id, steps, tokens, started, finished, nodes, node_types, effects, results
            )
            SELECT
                @tenant, job_id, array_agg(step ORDER BY step), array_agg(token ORDER BY step),
                array_agg(started_at ORDER BY step), array_agg(finished_at ORDER BY step),
                array_agg(node ORDER BY step), array_agg(node_type ORDER BY step), array_agg(effect ORDER BY step),
                array_agg(result ORDER BY step)
            FROM gone GROUP BY job_id
            RETURNING job_id
        )
        SELECT count(*) AS packed FROM packed
        """)
}
