import CasarePostgres

/// Statements of the loops that look after queues, and after what is no longer kept. They work for all tenants, each
/// bounded and without waiting for anybody, to be repeated at once when it comes back full.
enum UpkeepQueries {
    /// Which place in `ready` belongs to which moment, at most every five seconds, for whoever runs this.
    static let clock = Query(
        """
        INSERT INTO ready_clock (at, seq)
        SELECT coalesce(@now::timestamptz, now()), last_value FROM ready_seq
        WHERE NOT EXISTS (
            SELECT FROM ready_clock WHERE at > coalesce(@now::timestamptz, now()) - interval '5 seconds'
        )
        ON CONFLICT DO NOTHING
        """)

    static let purgeClock = Query(
        """
        DELETE FROM ready_clock WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM ready_clock WHERE at < coalesce(@now::timestamptz, now()) - interval '7 days'
            ORDER BY at LIMIT @limit
        ))
        """)

    /// A lease that was under way when its queue or key got a limit may have a lower token than where counting begins.
    static let recountQueues = Query(
        """
        UPDATE queue_rules SET token_from = 0, version = version + 1
        WHERE concurrency IS NOT NULL AND token_from > 0
            AND EXISTS (
                SELECT FROM leases
                WHERE gate IS NOT NULL AND gate >= casare_gate(queue_id, 0) AND gate < casare_gate(queue_id + 1, 0)
                    AND token < token_from
            )
        """)

    static let recountKeys = Query(
        """
        UPDATE queue_keys SET token_from = 0, version = version + 1
        FROM (
            SELECT (gate & 4294967295)::int4 AS key_id, min(token) AS token FROM leases
            WHERE gate IS NOT NULL GROUP BY gate
        ) AS held
        WHERE queue_keys.key_id = held.key_id AND held.token < queue_keys.token_from
        """)

    static let purgeKeys = Query(
        """
        DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM idempotency_keys
            WHERE expires_at <= coalesce(@now::timestamptz, now()) LIMIT @limit FOR UPDATE SKIP LOCKED
        ))
        """)

    /// Sessions that ended a day ago and hold no lease any more, but for the last one of each robot: it says when the
    /// robot was last seen, and whether it left or was lost. The leases are read once, into a hash table of sessions.
    static let purgeSessions = Query(
        """
        DELETE FROM robot_sessions WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM robot_sessions
            WHERE ended_at <= coalesce(@now::timestamptz, now()) - interval '1 day'
                AND session_id NOT IN (SELECT DISTINCT leases.session_id FROM leases)
                AND session_id NOT IN (
                    SELECT max(last.session_id) FROM robot_sessions AS last GROUP BY last.tenant_id, last.robot_id)
            LIMIT @limit FOR UPDATE SKIP LOCKED
        ))
        """)

    static let retireLanes = Query("SELECT casare_retire_lanes(@limit::int4) AS gone")

    static let keysPage = Query(
        """
        SELECT max(key_id) AS last, count(*) AS keys, casare_purge_keys(array_agg(key_id)) AS gone
        FROM (SELECT key_id FROM queue_keys WHERE key_id > @after ORDER BY key_id LIMIT @limit) AS page
        """)

    static let settle = Query("SELECT casare_settle_queues() AS settled")

    /// Lanes with jobs that no row stands for, of which there are none. Hops over `ready` from lane to lane.
    static let stranded = Query(
        """
        WITH RECURSIVE lane AS (
            (SELECT queue_id, priority FROM ready WHERE queue_id < 0 ORDER BY queue_id, priority DESC LIMIT 1)
            UNION ALL
            SELECT next.queue_id, next.priority FROM lane CROSS JOIN LATERAL (
                (
                    SELECT ready.queue_id, ready.priority FROM ready
                    WHERE ready.queue_id = lane.queue_id AND ready.priority < lane.priority
                    ORDER BY ready.queue_id, ready.priority DESC LIMIT 1
                ) UNION ALL (
                    SELECT ready.queue_id, ready.priority FROM ready
                    WHERE ready.queue_id > lane.queue_id AND ready.queue_id < 0
                    ORDER BY ready.queue_id, ready.priority DESC LIMIT 1
                )
                LIMIT 1
            ) AS next
        )
        SELECT lane.queue_id AS lane_id, lane.priority FROM lane
        WHERE NOT EXISTS (
            SELECT FROM lanes WHERE lanes.lane_id = lane.queue_id AND lanes.priority = lane.priority)
        """)

    /// Fails where a lock is not to be had within a moment: who waits for such a lock makes everyone else wait.
    static let dropPartitions = Query(
        """
        SELECT casare_drop_partitions(coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day', 1) AS dropped
        """)

    static let tenants = Query("SELECT tenant_id FROM tenants ORDER BY tenant_id")

    /// Forgets unique keys that nobody can hold any more: their moment is over, or their job has ended or is gone. One
    /// that another job takes over just then stays.
    static let purgeUniqueKeys = Query(
        """
        WITH page AS MATERIALIZED (
            SELECT key, job_id FROM unique_jobs
            WHERE tenant_id = @tenant AND key > @after ORDER BY key LIMIT @limit
        ), gone AS (
            DELETE FROM unique_jobs USING page
            WHERE unique_jobs.tenant_id = @tenant AND unique_jobs.key = page.key AND unique_jobs.job_id = page.job_id
                AND CASE
                    WHEN scope = 'window' THEN held_until <= coalesce(@now::timestamptz, now())
                    ELSE
                        EXISTS (
                            SELECT FROM outcomes WHERE outcomes.tenant_id = @tenant AND outcomes.job_id = page.job_id)
                        OR NOT EXISTS (
                            SELECT FROM jobs WHERE jobs.tenant_id = @tenant AND jobs.job_id = page.job_id)
                END
            RETURNING unique_jobs.key
        )
        SELECT max(key) AS last, count(*) AS keys, (SELECT count(*) FROM gone) AS gone FROM page
        """)

    /// Of jobs that are no longer kept, those up to a moment; but not those of dead letters, which are kept for longer.
    static let purgeAttempts = Query(
        """
        DELETE FROM attempts WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM attempts
            WHERE tenant_id = @tenant
                AND job_id < casare_uuid_floor(coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day')
                AND NOT EXISTS (
                    SELECT FROM jobs WHERE jobs.tenant_id = attempts.tenant_id AND jobs.job_id = attempts.job_id)
                AND NOT EXISTS (
                    SELECT FROM dead_letters
                    WHERE dead_letters.tenant_id = attempts.tenant_id AND dead_letters.job_id = attempts.job_id)
            ORDER BY job_id LIMIT @limit
        ))
        """)
}
