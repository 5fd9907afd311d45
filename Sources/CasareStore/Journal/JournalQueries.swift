import CasarePostgres

enum JournalQueries {
    /// Appends to the journals of the jobs whose leases are still held, and says which those are. Locking the leases
    /// keeps anyone from ending them before the entries are there. A recorded result is never overwritten.
    static let checkpoint = Query(
        assembled: """
            WITH \(JournalQueries.held), written AS (
                INSERT INTO journal AS known (
                    tenant_id, job_id, step, token, started_at, finished_at, node, node_type, effect, result
                )
                SELECT
                    held.tenant_id, held.job_id, entry.step, held.token, entry.started_at, entry.finished_at,
                    entry.node, entry.node_type, entry.effect, entry.result::json
                FROM held
                JOIN \(JournalQueries.entries) USING (job_id)
                \(JournalQueries.onlyOverIntents)
            )
            SELECT job_id FROM held
            """)

    /// The same where some results may be large: those of steps that went well stand aside.
    static let checkpointLarge = Query(
        assembled: """
            WITH \(JournalQueries.held), entries AS MATERIALIZED (
                SELECT
                    held.tenant_id, held.job_id, entry.step, held.token, entry.started_at, entry.finished_at,
                    entry.node, entry.node_type, entry.effect, entry.result,
                    octet_length(entry.result) > \(JournalFragments.inlineBytesMax)
                        AND NOT (\(JournalFragments.isFailure("entry.result"))) AS is_large
                FROM held
                JOIN \(JournalQueries.entries) USING (job_id)
            ), written AS (
                INSERT INTO journal AS known (
                    tenant_id, job_id, step, token, started_at, finished_at, node, node_type, effect, result
                )
                SELECT
                    tenant_id, job_id, step, token, started_at, finished_at, node, node_type, effect,
                    CASE
                        WHEN is_large THEN \(JournalFragments.marker(of: "octet_length(result)"))
                        ELSE result::json
                    END
                FROM entries
                \(JournalQueries.onlyOverIntents)
                RETURNING job_id, step
            ), aside AS (
                INSERT INTO journal_values (tenant_id, job_id, step, value)
                SELECT entries.tenant_id, entries.job_id, entries.step, entries.result::json
                FROM entries JOIN written USING (job_id, step)
                WHERE entries.is_large
                ON CONFLICT (tenant_id, job_id, step) DO UPDATE SET value = excluded.value
            )
            SELECT job_id FROM held
            """)

    private static let held = """
        held AS (
            SELECT held.tenant_id, held.job_id, held.token
            FROM unnest(@jobs::uuid[], @tokens::int8[]) AS asked (job_id, token)
            CROSS JOIN LATERAL (
                SELECT leases.tenant_id, leases.job_id, leases.token FROM leases
                WHERE leases.tenant_id = casare_tenant() AND leases.job_id = asked.job_id
                    AND leases.token = asked.token
                FOR KEY SHARE
            ) AS held
        )
        """

    private static let entries = """
        unnest(
            @entry_jobs::uuid[], @steps::int4[], @started::timestamptz[], @finished::timestamptz[], @nodes::text[],
            @node_types::text[], @effects::text[], @results::text[]
        ) AS entry (job_id, step, started_at, finished_at, node, node_type, effect, result)
        """

    private static let onlyOverIntents = """
        ON CONFLICT (tenant_id, job_id, step) DO UPDATE SET
            token = excluded.token, started_at = excluded.started_at, finished_at = excluded.finished_at,
            node = excluded.node, node_type = excluded.node_type, effect = excluded.effect, result = excluded.result
        WHERE known.result IS NULL
        """

    /// A job's whole journal, in order.
    static let rows = Query(
        assembled: """
            SELECT step, node, node_type, effect, result, started_at, finished_at
            FROM (\(JournalFragments.rows(of: "@job"))) AS whole
            ORDER BY step
            """)

    /// A page of a job's journal for people, after a step, in order: with the sizes of results, and with the results
    /// themselves if they are asked for. Failures are there in any case.
    ///
    /// `limit` is one more than the page has at most. A page ends before a step with which its results would have more
    /// than `bytes` bytes, but never before its first. Either table gives `limit` rows at most, and large results are
    /// looked up for the page alone. `has_more` says whether anything of these rows was left out.
    static let page = Query(
        assembled: """
            SELECT
                stored.step, stored.node, stored.node_type, stored.effect, stored.started_at, stored.finished_at,
                stored.result_bytes,
                stored.rows >= @limit::int8 OR stored.rows > 1 AND stored.bytes_all > @bytes::int8 AS has_more,
                CASE WHEN stored.is_shown THEN coalesce(large.value, stored.result) END AS result
            FROM (
                SELECT
                    sized.*, row_number() OVER in_order AS number, count(*) OVER () AS rows,
                    sum(sized.bytes) OVER in_order AS bytes_so_far, sum(sized.bytes) OVER () AS bytes_all
                FROM (
                    SELECT
                        shown.*,
                        CASE WHEN shown.is_shown THEN shown.result_bytes ELSE 0 END + @step_bytes::int8 AS bytes
                    FROM (
                        SELECT
                            known.*, \(JournalFragments.bytes(of: "known.result")) AS result_bytes,
                            known.result IS NOT NULL
                                AND (@with_results::bool OR \(JournalFragments.isFailure("known.result"))) AS is_shown
                        FROM (
                            SELECT * FROM (
                                \(JournalFragments.stored(
                                    "@job", page: "AND step > @after ORDER BY step LIMIT @limit::int8"))
                            ) AS stored
                            ORDER BY step LIMIT @limit::int8
                        ) AS known
                    ) AS shown
                ) AS sized
                WINDOW in_order AS (ORDER BY sized.step)
            ) AS stored
            \(JournalFragments.large("@job", if: "stored.is_aside AND stored.is_shown"))
            WHERE stored.number = 1 OR stored.number < @limit::int8 AND stored.bytes_so_far <= @bytes::int8
            ORDER BY stored.step
            """)

    /// Drops what an automatic retry does anew: everything after the last change of the world that is known to have
    /// happened or, of an effect without a result, may have happened.
    static let trim = Query(
        assembled: """
            WITH kept AS MATERIALIZED (
                SELECT coalesce(max(step), -1) AS step FROM journal
                WHERE tenant_id = casare_tenant() AND job_id = @job
                    AND (
                        effect IN ('effect', 'idempotent') AND NOT (\(JournalFragments.isFailure("result")))
                        OR effect = 'effect' AND (result IS NULL OR \(JournalFragments.isDoubt("result")))
                    )
            ), large AS (
                DELETE FROM journal_values
                WHERE tenant_id = casare_tenant() AND job_id = @job AND step > (SELECT step FROM kept)
            )
            DELETE FROM journal
            WHERE tenant_id = casare_tenant() AND job_id = @job AND step > (SELECT step FROM kept)
            """)
}
