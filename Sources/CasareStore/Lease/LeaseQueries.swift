import CasarePostgres

enum LeaseQueries {
    /// Hands the next ready jobs of a plain queue to a session of it, scan by scan: each of one priority, above a
    /// watermark and up to an end, in the order in which the jobs became ready. Rows that another transaction is
    /// leasing are skipped, not waited for.
    ///
    /// It finds nothing once the queue has rules or the robot is cordoned: `kind` tells which. A document comes with
    /// the first job of its workflow version only; the others have none.
    static let lease = Query(
        assembled: """
            WITH \(LeaseFragments.taking)
            SELECT
                \(LeaseFragments.leasedColumns)
            \(LeaseFragments.leasedRows)
            """)

    /// Of which priorities a plain queue has jobs above a watermark that have waited for `step_seconds` times as many
    /// steps as their priority is below the highest, and the place up to which they have.
    static let aged = Query(
        """
        SELECT mark.priority, clock.seq
        FROM robot_sessions AS session
        CROSS JOIN unnest(@priorities::int2[], @watermarks::int8[]) AS mark (priority, seq)
        CROSS JOIN LATERAL (
            SELECT ready_clock.seq FROM ready_clock
            WHERE ready_clock.at <= coalesce(@now::timestamptz, now())
                - (20 - mark.priority) * @step_seconds::float8 * interval '1 second'
            ORDER BY ready_clock.at DESC LIMIT 1
        ) AS clock
        WHERE session.tenant_id = casare_tenant() AND session.session_id = @session AND mark.priority < 20
            AND EXISTS (
                SELECT FROM ready
                WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = session.queue_id
                    AND ready.priority = mark.priority AND ready.seq > mark.seq AND ready.seq <= clock.seq
            )
        """)

    /// Appends to the journals of the jobs whose leases are still held, and says which those are. Locking the leases
    /// keeps anyone from ending them before the entries are there. A recorded result is never overwritten.
    static let checkpoint = Query(
        """
        WITH held AS (
            SELECT held.tenant_id, held.job_id, held.token
            FROM unnest(@jobs::uuid[], @tokens::int8[]) AS asked (job_id, token)
            CROSS JOIN LATERAL (
                SELECT leases.tenant_id, leases.job_id, leases.token FROM leases
                WHERE leases.tenant_id = casare_tenant() AND leases.job_id = asked.job_id
                    AND leases.token = asked.token
                FOR KEY SHARE
            ) AS held
        ), written AS (
            INSERT INTO journal AS known (
                tenant_id, job_id, step, token, started_at, finished_at, node, node_type, effect, result
            )
            SELECT
                held.tenant_id, held.job_id, entry.step, held.token, entry.started_at, entry.finished_at, entry.node,
                entry.node_type, entry.effect, entry.result::json
            FROM held
            JOIN unnest(
                @entry_jobs::uuid[], @steps::int4[], @started::timestamptz[], @finished::timestamptz[], @nodes::text[],
                @node_types::text[], @effects::text[], @results::text[]
            ) AS entry (job_id, step, started_at, finished_at, node, node_type, effect, result) USING (job_id)
            ON CONFLICT (tenant_id, job_id, step) DO UPDATE SET
                token = excluded.token, started_at = excluded.started_at, finished_at = excluded.finished_at,
                node = excluded.node, node_type = excluded.node_type, effect = excluded.effect,
                result = excluded.result
            WHERE known.result IS NULL
        )
        SELECT job_id FROM held
        """)

    static let holds = Query(
        """
        SELECT FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
        """)

    static let journal = Query(
        """
        SELECT step, node, node_type, effect, result, started_at, finished_at FROM journal
        WHERE tenant_id = casare_tenant() AND job_id = @job
        ORDER BY step
        """)

    /// Drops what an automatic retry does anew: everything after the last change of the world that is known to have
    /// happened or, of an effect without a result, may have happened.
    static let trimJournal = Query(
        """
        DELETE FROM journal
        WHERE tenant_id = casare_tenant() AND job_id = @job AND step > coalesce((
            SELECT max(step) FROM journal AS kept
            WHERE kept.tenant_id = casare_tenant() AND kept.job_id = @job
                AND (
                    kept.effect IN ('effect', 'idempotent') AND kept.result IS NOT NULL
                        AND kept.result -> 'error' IS NULL
                    OR kept.effect = 'effect' AND kept.result IS NULL
                )
        ), -1)
        """)
}
