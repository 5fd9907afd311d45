import CasarePostgres

enum FiringQueries {
    /// Of all tenants, those that have waited longest first, and those whose moment comes soon: one look into one index.
    static let due = Query(
        assembled: """
            SELECT tenant_id, schedule_id, due_at, coalesce(@now::timestamptz, now()) AS now FROM schedules
            WHERE due_at <= coalesce(@now::timestamptz, now()) + @ahead_seconds * interval '1 second'
                AND \(TenantQueries.mayBegin("schedules"))
            ORDER BY due_at LIMIT @limit
            """)

    /// Of these, those whose moment has come and that nobody else is at.
    static let take = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM schedules
        WHERE tenant_id = casare_tenant() AND schedule_id = ANY (@schedules::uuid[])
            AND due_at <= coalesce(@now::timestamptz, now())
        FOR UPDATE SKIP LOCKED
        """)

    /// Where schedules stand after their ticks. A pause that has ended goes; none begins here.
    static let save = Query(
        """
        UPDATE schedules
        SET next_at = state.next_at, due_at = state.due_at, remaining = state.remaining,
            paused_at = CASE WHEN state.is_paused THEN paused_at END,
            paused_by = CASE WHEN state.is_paused THEN paused_by END,
            pause_reason = CASE WHEN state.is_paused THEN pause_reason END,
            paused_until = CASE WHEN state.is_paused THEN paused_until END,
            paused_by_itself = state.is_paused AND paused_by_itself,
            pause_window = CASE WHEN state.is_paused THEN pause_window END,
            last_tick = coalesce(state.last_tick, schedules.last_tick),
            last_job = coalesce(state.last_job, schedules.last_job)
        FROM unnest(
            @schedules::uuid[], @next_at::timestamptz[], @due_at::timestamptz[], @remaining::int4[], @paused::bool[],
            @last_ticks::timestamptz[], @last_jobs::uuid[]
        ) AS state (schedule_id, next_at, due_at, remaining, is_paused, last_tick, last_job)
        WHERE schedules.tenant_id = casare_tenant() AND schedules.schedule_id = state.schedule_id
        """)

    static let lastFired = Query(
        """
        UPDATE schedules SET last_tick = fired.tick_at, last_job = fired.job_id
        FROM unnest(@schedules::uuid[], @ticks::timestamptz[], @jobs::uuid[]) AS fired (schedule_id, tick_at, job_id)
        WHERE schedules.tenant_id = casare_tenant() AND schedules.schedule_id = fired.schedule_id
        """)

    /// Whoever is at one says by himself when it is looked at next.
    static let postpone = Query(
        """
        UPDATE schedules
        SET due_at = coalesce(@now::timestamptz, now()) + @seconds::float8 * interval '1 second'
        WHERE tenant_id = casare_tenant() AND schedule_id = ANY (ARRAY(
            SELECT schedule_id FROM schedules
            WHERE tenant_id = casare_tenant() AND schedule_id = ANY (@schedules::uuid[])
                AND due_at <= coalesce(@now::timestamptz, now())
            FOR UPDATE SKIP LOCKED
        ))
        """)
}
