import CasarePostgres

enum SettlingQueries {
    /// Something is to be written down of a tick: its job has ended, has begun where the schedule promises by when, or
    /// is over its time.
    private static let hasNews = """
        outcome.kind IS NOT NULL OR NOT kept.is_kept
            OR tick.started_at IS NULL AND lease.since IS NOT NULL
                AND (tick.start_by IS NOT NULL OR tick.duration_max IS NOT NULL)
            OR tick.started_at IS NULL AND tick.start_by < coalesce(@now::timestamptz, now())
                AND position('start_delay' IN coalesce(tick.sla_breach, '')) = 0
            OR tick.started_at + tick.duration_max * interval '1 second' < coalesce(@now::timestamptz, now())
                AND position('duration' IN coalesce(tick.sla_breach, '')) = 0
        """

    /// What stands elsewhere of the job of a tick.
    private static let job = """
        LEFT JOIN LATERAL (
            SELECT kind, started_at, finished_at, message FROM outcomes
            WHERE outcomes.tenant_id = tick.tenant_id AND outcomes.job_id = tick.job_id LIMIT 1
        ) AS outcome ON true
        LEFT JOIN LATERAL (
            SELECT since FROM leases
            WHERE leases.job_id = tick.job_id AND leases.tenant_id = tick.tenant_id LIMIT 1
        ) AS lease ON true
        CROSS JOIN LATERAL (
            -- Nobody removes a job on its first day.
            SELECT CASE
                WHEN tick.recorded_at < coalesce(@now::timestamptz, now()) - interval '1 day' THEN (
                    SELECT true FROM jobs
                    WHERE jobs.tenant_id = tick.tenant_id AND jobs.job_id = tick.job_id LIMIT 1
                ) IS NOT NULL
                ELSE true
            END AS is_kept
        ) AS kept
        """

    /// A page of the ticks of all tenants whose jobs are under way as far as is known, in the order of their jobs, and
    /// the schedules of those of which there is news.
    static let page = Query(
        assembled: """
            WITH page AS MATERIALIZED (
                SELECT * FROM schedule_ticks
                WHERE job_id IS NOT NULL AND ended_at IS NULL AND job_id > @after
                ORDER BY job_id LIMIT @limit
            ), news AS MATERIALIZED (
                SELECT DISTINCT tick.tenant_id, tick.schedule_id
                FROM page AS tick
                \(job)
                WHERE \(hasNews)
            )
            SELECT
                (SELECT count(*) FROM page) AS looked,
                (SELECT job_id FROM page ORDER BY job_id DESC LIMIT 1) AS last,
                ARRAY(SELECT tenant_id FROM news ORDER BY tenant_id, schedule_id) AS tenants,
                ARRAY(SELECT schedule_id FROM news ORDER BY tenant_id, schedule_id) AS schedules
            """)

    /// Schedules of all tenants with ticks that wait, though no job is under way.
    static let unblocked = Query(
        """
        SELECT waiting.tenant_id, waiting.schedule_id
        FROM (SELECT DISTINCT tenant_id, schedule_id FROM schedule_ticks WHERE result = 'buffered') AS waiting
        -- Looked up one by one: as a join it might read all outcomes that there are.
        WHERE (
            SELECT schedules.paused_at IS NULL FROM schedules
            WHERE schedules.tenant_id = waiting.tenant_id AND schedules.schedule_id = waiting.schedule_id LIMIT 1
        ) AND (
            SELECT true FROM schedule_ticks AS tick
            WHERE tick.tenant_id = waiting.tenant_id AND tick.schedule_id = waiting.schedule_id
                AND tick.result = 'fired' AND tick.ended_at IS NULL AND tick.origin <> 'backfill'
                AND (
                    SELECT true FROM outcomes
                    WHERE outcomes.tenant_id = tick.tenant_id AND outcomes.job_id = tick.job_id LIMIT 1
                ) IS NULL
            LIMIT 1
        ) IS NULL
        ORDER BY waiting.tenant_id, waiting.schedule_id LIMIT @limit
        """)

    /// The news of some schedules, in the order in which their jobs ended.
    static let news = Query(
        assembled: """
            SELECT
                tick.schedule_id, tick.tick_at, tick.origin, tick.job_id, tick.started_at, tick.sla_breach,
                outcome.kind AS ended_as, outcome.started_at AS outcome_started_at, outcome.finished_at,
                outcome.message, lease.since AS leased_at, kept.is_kept, coalesce(@now::timestamptz, now()) AS now
            FROM unnest(@schedules::uuid[]) AS asked (schedule_id)
            CROSS JOIN LATERAL (
                SELECT * FROM schedule_ticks AS open
                WHERE open.tenant_id = casare_tenant() AND open.schedule_id = asked.schedule_id
                    AND open.result = 'fired' AND open.ended_at IS NULL
                ORDER BY open.job_id LIMIT @limit
            ) AS tick
            \(job)
            WHERE \(hasNews)
            ORDER BY outcome.finished_at, tick.job_id
            """)

    static let save = Query(
        """
        UPDATE schedule_ticks
        SET started_at = news.started_at, ended_at = news.ended_at, ended_as = news.ended_as,
            sla_breach = news.sla_breach
        FROM unnest(
            @schedules::uuid[], @ticks::timestamptz[], @origins::text[], @started::timestamptz[],
            @ended::timestamptz[], @endings::text[], @breaches::text[]
        ) AS news (schedule_id, tick_at, origin, started_at, ended_at, ended_as, sla_breach)
        WHERE schedule_ticks.tenant_id = casare_tenant() AND schedule_ticks.schedule_id = news.schedule_id
            AND schedule_ticks.tick_at = news.tick_at AND schedule_ticks.origin = news.origin
        """)

    static let saveFailures = Query(
        """
        UPDATE schedules SET failures_in_a_row = counted.failures
        FROM unnest(@schedules::uuid[], @failures::int4[]) AS counted (schedule_id, failures)
        WHERE schedules.tenant_id = casare_tenant() AND schedules.schedule_id = counted.schedule_id
        """)

    /// How the last jobs of schedules ended, newest first, as far as they completed or failed.
    static let endings = Query(
        """
        SELECT
            asked.schedule_id,
            ARRAY(
                SELECT ended_as = 'completed' FROM schedule_ticks
                WHERE schedule_ticks.tenant_id = casare_tenant()
                    AND schedule_ticks.schedule_id = asked.schedule_id AND ended_as IN ('completed', 'failed')
                    AND origin <> 'backfill'
                ORDER BY tick_at DESC, origin DESC LIMIT asked.last
            ) AS completed
        FROM unnest(@schedules::uuid[], @lasts::int8[]) AS asked (schedule_id, last)
        """)

    static let note = Query(
        """
        INSERT INTO events (job_id, at, kind, detail)
        SELECT noted.job_id, coalesce(@now::timestamptz, now()), event.kind, noted.detail::json
        FROM unnest(@jobs::uuid[], @kinds::text[], @details::text[])
            WITH ORDINALITY AS noted (job_id, kind, detail, position)
        JOIN (VALUES ('sla_breached'), ('schedule_paused')) AS event (kind) ON event.kind = noted.kind
        ORDER BY noted.position
        """)

    /// The ticks of a schedule that wait, oldest first.
    static let buffered = Query(
        """
        SELECT tick_at, origin, due_at, coalesce(@now::timestamptz, now()) AS now FROM schedule_ticks
        WHERE tenant_id = casare_tenant() AND schedule_id = @schedule AND result = 'buffered'
        ORDER BY tick_at LIMIT @limit
        """)
}
