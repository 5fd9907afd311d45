import CasarePostgres

enum TickQueries {
    /// Writes ticks down. One that is there already stays as it is, and does not come back; but skipped ones grow, and a
    /// backfill may come once more for a tick whose job it was refused.
    static let insert = Query(
        """
        INSERT INTO schedule_ticks AS known (
            schedule_id, tick_at, last_at, ticks, origin, result, reason, detail, is_catch_up, backfill_id, by, job_id,
            due_at, recorded_at, fired_at, start_by, duration_max
        )
        SELECT
            schedule_id, tick_at, last_at, ticks, origin, result, reason, detail, is_catch_up, backfill_id, by, job_id,
            due_at, coalesce(@now::timestamptz, now()),
            CASE WHEN result = 'fired' THEN coalesce(@now::timestamptz, now()) END, start_by, duration_max
        FROM unnest(
            @schedules::uuid[], @firsts::timestamptz[], @lasts::timestamptz[], @counts::int8[], @origins::text[],
            @results::text[], @reasons::text[], @details::text[], @catch_ups::bool[], @backfills::uuid[],
            @persons::text[], @jobs::uuid[], @due_at::timestamptz[], @start_by::timestamptz[], @durations::float8[]
        ) AS new (
            schedule_id, tick_at, last_at, ticks, origin, result, reason, detail, is_catch_up, backfill_id, by, job_id,
            due_at, start_by, duration_max
        )
        ON CONFLICT (tenant_id, schedule_id, tick_at, origin) DO UPDATE
        SET last_at = excluded.last_at, ticks = excluded.ticks, result = excluded.result, reason = excluded.reason,
            detail = excluded.detail, backfill_id = excluded.backfill_id, by = excluded.by, job_id = excluded.job_id,
            recorded_at = excluded.recorded_at, fired_at = excluded.fired_at
        WHERE known.result = 'skipped' AND CASE excluded.result
            WHEN 'skipped' THEN known.last_at < excluded.last_at
            ELSE known.origin = 'backfill'
        END
        RETURNING
            schedule_id, tick_at, origin,
            -- Less what stood there before this statement.
            ticks - coalesce((
                SELECT before.ticks FROM schedule_ticks AS before
                WHERE before.tenant_id = casare_tenant() AND before.schedule_id = known.schedule_id
                    AND before.tick_at = known.tick_at AND before.origin = known.origin
            ), 0) AS added
        """)

    /// The job was there already, by its idempotency key.
    static let found = Query(
        """
        UPDATE schedule_ticks SET job_id = found.job_id
        FROM unnest(@schedules::uuid[], @firsts::timestamptz[], @origins::text[], @jobs::uuid[])
            AS found (schedule_id, tick_at, origin, job_id)
        WHERE schedule_ticks.tenant_id = casare_tenant() AND schedule_ticks.schedule_id = found.schedule_id
            AND schedule_ticks.tick_at = found.tick_at AND schedule_ticks.origin = found.origin
        """)

    static let refused = Query(
        """
        UPDATE schedule_ticks
        SET result = 'skipped', reason = 'refused', detail = refused.detail, job_id = NULL, fired_at = NULL,
            start_by = NULL, duration_max = NULL
        FROM unnest(@schedules::uuid[], @firsts::timestamptz[], @origins::text[], @details::text[])
            AS refused (schedule_id, tick_at, origin, detail)
        WHERE schedule_ticks.tenant_id = casare_tenant() AND schedule_ticks.schedule_id = refused.schedule_id
            AND schedule_ticks.tick_at = refused.tick_at AND schedule_ticks.origin = refused.origin
        """)

    /// Those that waited for a job.
    static let unbuffered = Query(
        """
        UPDATE schedule_ticks
        SET result = 'fired', job_id = begun.job_id, fired_at = coalesce(@now::timestamptz, now()),
            start_by = begun.start_by, duration_max = begun.duration_max
        FROM unnest(
            @schedules::uuid[], @firsts::timestamptz[], @origins::text[], @jobs::uuid[], @start_by::timestamptz[],
            @durations::float8[]
        ) AS begun (schedule_id, tick_at, origin, job_id, start_by, duration_max)
        WHERE schedule_ticks.tenant_id = casare_tenant() AND schedule_ticks.schedule_id = begun.schedule_id
            AND schedule_ticks.tick_at = begun.tick_at AND schedule_ticks.origin = begun.origin
            AND schedule_ticks.result = 'buffered'
        """)

    /// What a job's history says of the schedule that made it.
    static let noteJobs = Query(
        """
        INSERT INTO events (job_id, at, kind, detail)
        SELECT
            job_id, coalesce(@now::timestamptz, now()), 'scheduled',
            json_build_object('schedule', name, 'tick', tick, 'origin', origin)
        FROM unnest(@jobs::uuid[], @names::text[], @ticks::text[], @origins::text[])
            WITH ORDINALITY AS made (job_id, name, tick, origin, position)
        ORDER BY position
        """)

    /// Now, or as soon after the newest tick as there is none.
    static let freeMoment = Query(
        """
        SELECT greatest(
            coalesce(@now::timestamptz, now()),
            (
                SELECT tick_at + interval '1 microsecond' FROM schedule_ticks
                WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
                ORDER BY tick_at DESC, origin DESC LIMIT 1
            )
        ) AS at
        """)

    // MARK: What was fired already

    /// Whether a job of each schedule is under way, and how many ticks wait for it. A backfill runs beside the rest.
    static let loads = Query(
        """
        SELECT
            asked.schedule_id,
            -- Looked up one by one, here and below: as a join or a hash it might read all that there are.
            (
                SELECT true FROM schedule_ticks AS tick
                WHERE tick.tenant_id = casare_tenant() AND tick.schedule_id = asked.schedule_id
                    AND tick.result = 'fired' AND tick.ended_at IS NULL AND tick.origin <> 'backfill'
                    AND (
                        SELECT true FROM outcomes
                        WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = tick.job_id LIMIT 1
                    ) IS NULL
                LIMIT 1
            ) IS NOT NULL AS is_running,
            (
                SELECT count(*) FROM schedule_ticks AS tick
                WHERE tick.tenant_id = casare_tenant() AND tick.schedule_id = asked.schedule_id
                    AND tick.result = 'buffered'
            ) AS buffered
        FROM unnest(@schedules::uuid[]) AS asked (schedule_id)
        """)

    /// Jobs of a schedule that are under way.
    static let running = Query(
        """
        SELECT tick.job_id FROM schedule_ticks AS tick
        WHERE tick.tenant_id = casare_tenant() AND tick.schedule_id = @schedule AND tick.result = 'fired'
            AND tick.ended_at IS NULL AND tick.origin <> 'backfill'
            AND (
                SELECT true FROM outcomes
                WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = tick.job_id LIMIT 1
            ) IS NULL
        ORDER BY tick.job_id LIMIT @limit
        """)

    /// Of these moments those that have fired, or wait.
    static let known = Query(
        """
        SELECT asked.tick_at FROM unnest(@ticks::timestamptz[]) AS asked (tick_at)
        CROSS JOIN LATERAL (
            SELECT FROM schedule_ticks
            WHERE schedule_ticks.tenant_id = casare_tenant() AND schedule_ticks.schedule_id = @schedule
                AND schedule_ticks.tick_at = asked.tick_at AND origin IN ('timetable', 'backfill')
                AND result <> 'skipped'
            LIMIT 1
        ) AS known
        """)

    // MARK: History

    /// Newest first, below the cursor's.
    static let history = Query(
        """
        SELECT * FROM schedule_ticks
        WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
            AND (tick_at, origin) < (@before_at::timestamptz, @before_origin::text)
            AND (@result::text IS NULL OR result = @result)
        ORDER BY tick_at DESC, origin DESC LIMIT @limit
        """)
}
