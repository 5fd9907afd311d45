import CasarePostgres

enum ScheduleQueries {
    /// As `Schedule.status` says it.
    private static let status = """
        CASE
            WHEN remaining = 0 THEN 'ended'
            WHEN paused_at IS NOT NULL THEN 'paused'
            WHEN kind IN ('dependency', 'event') THEN 'waiting'
            WHEN next_at IS NULL THEN 'ended'
            ELSE 'active'
        END
        """

    /// Of parameters that are null where nothing is asked.
    private static let isAskedFor = """
        (@kind::text IS NULL OR kind = @kind) AND (@managed_by::text IS NULL OR managed_by = @managed_by)
            AND (@pattern::text IS NULL OR name LIKE @pattern)
            AND (@status::text IS NULL OR \(ScheduleQueries.status) = @status)
        """

    static let get = Query(
        "SELECT * FROM schedules WHERE tenant_id = casare_tenant() AND schedule_id = @schedule")

    static let named = Query("SELECT * FROM schedules WHERE tenant_id = casare_tenant() AND name = @name")

    /// In the order of names, behind the cursor's.
    static let list = Query(
        assembled: """
            SELECT * FROM schedules
            WHERE tenant_id = casare_tenant() AND name > @after AND \(isAskedFor)
            ORDER BY name LIMIT @limit
            """)

    static let listOfWorkflow = Query(
        assembled: """
            SELECT * FROM schedules
            WHERE tenant_id = casare_tenant() AND workflow = @workflow AND name > @after AND \(isAskedFor)
            ORDER BY name LIMIT @limit
            """)

    /// Only what tells them apart: a selection may be of thousands.
    static let selected = Query(
        assembled: """
            SELECT schedule_id, name, paused_at IS NOT NULL AS is_paused FROM schedules
            WHERE tenant_id = casare_tenant() AND (@workflow::text IS NULL OR workflow = @workflow) AND \(isAskedFor)
            ORDER BY name LIMIT @limit
            """)

    /// The same by name or ID.
    static let selectedByName = Query(
        """
        SELECT asked.text, known.schedule_id, known.name, known.is_paused
        FROM unnest(@names::text[], @ids::uuid[]) WITH ORDINALITY AS asked (text, id, position)
        LEFT JOIN LATERAL (
            SELECT schedule_id, name, paused_at IS NOT NULL AS is_paused FROM schedules
            WHERE asked.id IS NOT NULL AND schedules.tenant_id = casare_tenant() AND schedules.schedule_id = asked.id
            UNION ALL
            SELECT schedule_id, name, paused_at IS NOT NULL FROM schedules
            WHERE schedules.tenant_id = casare_tenant() AND schedules.name = asked.text
            LIMIT 1
        ) AS known ON true
        ORDER BY position
        """)

    // MARK: What changes them

    static let insert = Query(
        """
        WITH revision AS (
            INSERT INTO schedule_revisions (schedule_id, revision, spec, variables, since, by)
            VALUES (
                @schedule, 1, @spec::text::json, @variables::text::json, coalesce(@now::timestamptz, now()), @by)
        )
        INSERT INTO schedules (
            schedule_id, name, kind, workflow, calendar, spec, variables, next_at, due_at, paused_at, paused_by,
            pause_reason, remaining, managed_by, created_at, created_by, updated_at, updated_by
        )
        VALUES (
            @schedule, @name, @kind, @workflow, @calendar, @spec::text::json, @variables::text::json, @next_at, @due_at,
            @paused_at, @paused_by, @pause_reason, @remaining, @managed_by, coalesce(@now::timestamptz, now()), @by,
            coalesce(@now::timestamptz, now()), @by
        )
        ON CONFLICT (tenant_id, name) DO NOTHING
        RETURNING *
        """)

    /// For a person's word: waits until the tick that is under way has fired.
    static let hold = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM schedules
        WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        FOR UPDATE
        """)

    /// The same for many, always in one order, so that two who do this wait for each other once.
    static let holdAll = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM schedules
        WHERE tenant_id = casare_tenant() AND schedule_id = ANY (@schedules::uuid[])
        ORDER BY schedule_id
        FOR UPDATE
        """)

    static let now = Query("SELECT coalesce(@now::timestamptz, now()) AS now")

    static let change = Query(
        """
        WITH revision AS (
            INSERT INTO schedule_revisions (schedule_id, revision, spec, variables, since, by)
            SELECT
                @schedule, @revision, @spec::text::json, @variables::text::json, coalesce(@now::timestamptz, now()), @by
            WHERE @is_changed::boolean
        )
        UPDATE schedules
        SET kind = @kind, workflow = @workflow, calendar = @calendar, spec = @spec::text::json,
            variables = @variables::text::json, revision = @revision, next_at = @next_at, due_at = @due_at,
            remaining = @remaining, managed_by = @managed_by, updated_at = coalesce(@now::timestamptz, now()),
            updated_by = @by
        WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        RETURNING *
        """)

    static let pause = Query(
        """
        UPDATE schedules
        SET paused_at = coalesce(paused_at, coalesce(@now::timestamptz, now())), paused_by = @by,
            pause_reason = @reason, paused_until = @until, paused_by_itself = @is_by_itself, pause_window = @window,
            due_at = @until
        WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        RETURNING *
        """)

    static let resume = Query(
        """
        UPDATE schedules
        SET paused_at = NULL, paused_by = NULL, pause_reason = NULL, paused_until = NULL, paused_by_itself = false,
            pause_window = NULL, failures_in_a_row = @failures, next_at = @next_at, due_at = @due_at
        WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        RETURNING *
        """)

    /// What it has fired stays in its history for as long as that is kept.
    static let delete = Query(
        """
        WITH revisions AS (
            DELETE FROM schedule_revisions WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        ), unwanted AS (
            UPDATE schedule_ticks
            SET result = 'skipped', reason = 'ended', detail = 'the schedule was deleted'
            WHERE tenant_id = casare_tenant() AND schedule_id = @schedule AND result = 'buffered'
        ), unfinished AS (
            UPDATE backfills
            SET status = 'cancelled', status_reason = 'the schedule was deleted', status_by = @by, look_at = NULL,
                finished_at = coalesce(@now::timestamptz, now())
            WHERE tenant_id = casare_tenant() AND schedule_id = @schedule AND finished_at IS NULL
        )
        DELETE FROM schedules WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        """)

    // MARK: What it looks up to fire

    /// Workflows by ID or name, with their newest versions.
    static let workflows = Query(
        """
        SELECT asked.text, known.workflow_id, known.latest_version
        FROM unnest(@names::text[], @ids::uuid[]) AS asked (text, id)
        CROSS JOIN LATERAL (
            SELECT workflow_id, latest_version FROM workflows
            WHERE asked.id IS NOT NULL AND workflows.tenant_id = casare_tenant()
                AND workflows.workflow_id = asked.id
            UNION ALL
            SELECT workflow_id, latest_version FROM workflows
            WHERE workflows.tenant_id = casare_tenant() AND workflows.name = asked.text
            LIMIT 1
        ) AS known
        """)
}
