import CasarePostgres

/// The SQL of what reacts to what happens to jobs.
enum ReactionQueries {
    /// Tenants with something that reacts.
    static let tenants = Query(
        assembled: """
            SELECT tenants.tenant_id FROM tenants
            WHERE (
                EXISTS (
                    SELECT FROM schedules
                    WHERE schedules.tenant_id = tenants.tenant_id AND schedules.kind IN ('dependency', 'event')
                ) OR EXISTS (
                    SELECT FROM triggers WHERE triggers.tenant_id = tenants.tenant_id AND triggers.kind = 'job'
                )
            ) AND \(TenantQueries.mayBegin("tenants"))
            ORDER BY tenants.tenant_id
            """)

    /// Of tenants that have nothing any more which reacts: what is made later begins anew, and not where those before it
    /// had got.
    static let forgetCursors = Query(
        """
        DELETE FROM reaction_cursors
        WHERE NOT EXISTS (
            SELECT FROM schedules
            WHERE schedules.tenant_id = reaction_cursors.tenant_id AND schedules.kind IN ('dependency', 'event')
        ) AND NOT EXISTS (
            SELECT FROM triggers WHERE triggers.tenant_id = reaction_cursors.tenant_id AND triggers.kind = 'job'
        )
        """)

    // MARK: - One tenant's events

    /// Whether there is a place to begin at.
    static let hasCursor = Query(
        "SELECT count(*) AS cursors FROM reaction_cursors WHERE tenant_id = casare_tenant()")

    /// No row: somebody else is at it.
    static let takeCursor = Query(
        """
        SELECT event_id FROM reaction_cursors WHERE tenant_id = casare_tenant()
        FOR UPDATE SKIP LOCKED
        """)

    /// Since when there has been something that reacts.
    static let begin = Query(
        """
        SELECT
            least(
                (
                    SELECT min(created_at) FROM schedules
                    WHERE tenant_id = casare_tenant() AND kind IN ('dependency', 'event')
                ),
                (SELECT min(created_at) FROM triggers WHERE tenant_id = casare_tenant() AND kind = 'job')
            ) AS since
        """)

    static let addCursor = Query(
        """
        INSERT INTO reaction_cursors (event_id, at) VALUES (@event_id, coalesce(@now::timestamptz, now()))
        ON CONFLICT (tenant_id) DO NOTHING
        """)

    static let moveCursor = Query(
        """
        UPDATE reaction_cursors SET event_id = @event_id, at = coalesce(@now::timestamptz, now())
        WHERE tenant_id = casare_tenant()
        """)

    static let schedules = Query(
        """
        SELECT * FROM schedules
        WHERE tenant_id = casare_tenant() AND kind IN ('dependency', 'event')
        ORDER BY schedule_id LIMIT @limit
        """)

    // MARK: - What lies behind a job

    /// How many steps lie behind a job, and as whom it was submitted.
    static let lineage = Query(
        """
        SELECT
            (
                SELECT created_by FROM jobs WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = @job LIMIT 1
            ) AS created_by,
            coalesce(
                (
                    SELECT depth FROM reaction_jobs
                    WHERE reaction_jobs.tenant_id = casare_tenant() AND reaction_jobs.job_id = @job
                ), 0) AS depth
        """)

    static let noteJob = Query(
        """
        INSERT INTO reaction_jobs (job_id, cause_id, depth, made_at)
        VALUES (@job, @cause, @depth, coalesce(@now::timestamptz, now()))
        ON CONFLICT (tenant_id, job_id) DO NOTHING
        """)

    static let noteTick = Query(
        """
        INSERT INTO reaction_ticks (schedule_id, tick_at, cause_id, depth) VALUES (@schedule, @tick, @cause, @depth)
        ON CONFLICT (tenant_id, schedule_id, tick_at) DO NOTHING
        """)

    /// The jobs of ticks: what lay behind the tick lies behind its job.
    static let noteTicks = Query(
        """
        WITH taken AS (
            DELETE FROM reaction_ticks
            USING unnest(@schedules::uuid[], @ticks::timestamptz[], @jobs::uuid[])
                AS made (schedule_id, tick_at, job_id)
            WHERE reaction_ticks.tenant_id = casare_tenant() AND reaction_ticks.schedule_id = made.schedule_id
                AND reaction_ticks.tick_at = made.tick_at
            RETURNING made.job_id, reaction_ticks.cause_id, reaction_ticks.depth
        )
        INSERT INTO reaction_jobs (job_id, cause_id, depth, made_at)
        SELECT job_id, cause_id, depth, coalesce(@now::timestamptz, now()) FROM taken
        ON CONFLICT (tenant_id, job_id) DO NOTHING
        """)

    // MARK: - Dependencies

    /// The last ending of each workflow counts.
    static let arrive = Query(
        """
        INSERT INTO dependency_arrivals AS known (schedule_id, workflow, job_id, ended_as, at, depth)
        VALUES (@schedule, @workflow, @job, @ended_as, @at, @depth)
        ON CONFLICT (tenant_id, schedule_id, workflow) DO UPDATE
        SET job_id = excluded.job_id, ended_as = excluded.ended_as, at = excluded.at, depth = excluded.depth
        WHERE known.at <= excluded.at
        """)

    static let arrivals = Query(
        """
        SELECT workflow, at, depth FROM dependency_arrivals
        WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        ORDER BY workflow
        """)

    static let forgetArrivals = Query(
        "DELETE FROM dependency_arrivals WHERE tenant_id = casare_tenant() AND schedule_id = @schedule")

    // MARK: - Events that are waited out

    static let debounce = Query(
        """
        INSERT INTO event_debounces AS known (schedule_id, first_at, due_at, events, job_id, kind, about, depth)
        VALUES (
            @schedule, coalesce(@now::timestamptz, now()),
            coalesce(@now::timestamptz, now()) + @seconds::double precision * interval '1 second', 1, @cause, @kind,
            @about, @depth
        )
        ON CONFLICT (tenant_id, schedule_id) DO UPDATE
        SET due_at = greatest(known.due_at, excluded.due_at), events = known.events + 1, job_id = excluded.job_id,
            kind = excluded.kind, about = excluded.about, depth = greatest(known.depth, excluded.depth)
        """)

    /// Of all tenants, those that have waited longest first.
    static let waitedOut = Query(
        assembled: """
            SELECT tenant_id, schedule_id FROM event_debounces
            WHERE due_at <= coalesce(@now::timestamptz, now()) AND \(TenantQueries.mayBegin("event_debounces"))
            ORDER BY due_at LIMIT @limit
            """)

    /// No row: somebody else is at it, or something has happened since.
    static let takeWaitedOut = Query(
        """
        DELETE FROM event_debounces
        WHERE tenant_id = casare_tenant() AND schedule_id = (
            SELECT schedule_id FROM event_debounces
            WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
                AND due_at <= coalesce(@now::timestamptz, now())
            FOR UPDATE SKIP LOCKED
        )
        RETURNING events, job_id, kind, about, depth
        """)

    // MARK: - What goes

    /// With a schedule that is deleted.
    static let forget = Query(
        """
        WITH arrivals AS (
            DELETE FROM dependency_arrivals WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        ), ticks AS (
            DELETE FROM reaction_ticks WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        )
        DELETE FROM event_debounces WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        """)

    /// Of all tenants.
    static let removeOld = Query(
        """
        WITH ticks AS (
            DELETE FROM reaction_ticks
            WHERE tick_at < coalesce(@now::timestamptz, now()) - @days::integer * interval '1 day'
        )
        DELETE FROM reaction_jobs WHERE (tenant_id, job_id) IN (
            SELECT tenant_id, job_id FROM reaction_jobs
            WHERE made_at < coalesce(@now::timestamptz, now()) - @days::integer * interval '1 day'
            ORDER BY made_at LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        RETURNING job_id
        """)
}
