import CasarePostgres

/// What a lease must know of its queue's rules first.
extension LeaseQueries {
    /// How to lease from a session's queue from now on.
    static let kind = Query(
        """
        WITH moment AS MATERIALIZED (
            SELECT at, at + interval '200 milliseconds' AS soon, at + interval '2 seconds' AS later
            FROM (SELECT coalesce(@now::timestamptz, statement_timestamp()) AS at) AS now
        )
        SELECT
            CASE
                WHEN robot_sessions.ended_at IS NOT NULL THEN 'ended'
                WHEN robot_sessions.cordoned_at IS NOT NULL THEN 'cordoned'
                WHEN queue_rules.queue_id IS NULL THEN 'plain'
                WHEN paused_at IS NOT NULL
                    AND (paused_until IS NULL OR paused_until > moment.at)
                    THEN 'paused'
                WHEN queue_rules.concurrency IS NOT NULL OR queue_rules.rate_every_seconds IS NOT NULL THEN 'limited'
                ELSE 'lanes'
            END AS kind,
            -- When there may be something that nobody will say: a rate lets the next through, or a lane that was found
            -- empty is looked at once more.
            CASE WHEN queue_rules.queue_id IS NOT NULL THEN extract(epoch FROM coalesce(
                (
                    SELECT rate.free_at
                    FROM (
                        SELECT rate_busy_until - (rate_burst - 1) * rate_every_seconds * interval '1 second' AS free_at
                    ) AS rate
                    WHERE rate.free_at > moment.at
                ), (
                    SELECT parked_until FROM lanes
                    WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = queue_rules.queue_id
                        AND requirement_id = 0 AND parked_until > moment.at
                        AND parked_until < moment.later
                        AND (
                            parked_for = 'rate'
                            OR parked_for = 'empty' AND parked_until < moment.soon
                        )
                    ORDER BY parked_until LIMIT 1
                )
            ) - moment.at)::float8 END AS look_in_seconds,
            EXISTS (
                SELECT FROM tenant_limits
                WHERE tenant_limits.tenant_id = casare_tenant() AND (is_suspended OR concurrency IS NOT NULL)
            ) AS is_bounded
        FROM moment CROSS JOIN robot_sessions LEFT JOIN queue_rules USING (tenant_id, queue_id)
        WHERE robot_sessions.tenant_id = casare_tenant() AND session_id = @session
        """)

    /// Before `leaseLanes` in the same transaction, for a queue with a limit of its own: whoever leases from it at the
    /// same time waits here instead of coming back empty-handed. What follows has a snapshot that knows of their
    /// leases.
    static let lockQueue = Query(
        """
        SELECT concurrency IS NOT NULL OR rate_every_seconds IS NOT NULL AS is_limited FROM queue_rules
        WHERE tenant_id = casare_tenant()
            AND queue_id = (
                SELECT queue_id FROM robot_sessions WHERE tenant_id = casare_tenant() AND session_id = @session)
        FOR NO KEY UPDATE
        """)

    /// Before all others in the same transaction, for a tenant that may run so many jobs at once: whoever leases for it
    /// at the same time waits here, and what follows has a snapshot that knows of their leases. No row: nothing bounds
    /// the tenant any more.
    static let lockTenant = Query(
        """
        SELECT is_suspended, concurrency FROM tenant_limits
        WHERE tenant_id = casare_tenant() AND (is_suspended OR concurrency IS NOT NULL)
        FOR NO KEY UPDATE
        """)

    /// How many jobs the tenant runs; it stops counting at `@limit`.
    static let running = Query(
        """
        SELECT count(*) AS leases FROM (
            SELECT FROM leases WHERE leases.tenant_id = casare_tenant() LIMIT @limit
        ) AS held
        """)
}
