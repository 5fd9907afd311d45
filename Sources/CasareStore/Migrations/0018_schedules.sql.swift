extension Migration {
    /// Schedules, what became of their ticks, backfills, calendars, and windows of maintenance.
    static let schedules = Migration(
        version: 18, name: "schedules",
        sql: """
            CREATE TABLE schedules (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                schedule_id uuid NOT NULL,
                name text NOT NULL CHECK (name <> ''),
                kind text NOT NULL CHECK (kind IN ('cron', 'interval', 'once', 'dependency', 'event')),
                -- Of the spec, by which schedules are found.
                workflow text NOT NULL CHECK (workflow <> ''),
                calendar text,
                -- Without the variables, which stand beside it as they were written.
                spec json NOT NULL,
                variables json NOT NULL,
                -- Of the spec.
                revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
                -- The next tick, and when it is to be looked at: later by its jitter; null while the schedule is paused.
                next_at timestamptz,
                due_at timestamptz,
                paused_at timestamptz,
                paused_by text,
                pause_reason text,
                paused_until timestamptz,
                -- After failures, and not by a person.
                paused_by_itself boolean NOT NULL DEFAULT false,
                -- The window that paused it, for as long as nobody has touched the pause since.
                pause_window uuid,
                -- Null: without end.
                remaining integer CHECK (remaining >= 0),
                failures_in_a_row integer NOT NULL DEFAULT 0 CHECK (failures_in_a_row >= 0),
                last_tick timestamptz,
                last_job uuid,
                managed_by text,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                updated_at timestamptz NOT NULL,
                updated_by text NOT NULL,
                PRIMARY KEY (tenant_id, schedule_id),
                CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
                CHECK (paused_at IS NOT NULL OR (
                    pause_reason IS NULL AND paused_until IS NULL AND pause_window IS NULL AND NOT paused_by_itself))
            ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
            CREATE UNIQUE INDEX schedules_by_name ON schedules (tenant_id, name);
            -- Of all tenants, read from its beginning: nothing else says what is to be done.
            CREATE INDEX schedules_due ON schedules (due_at) WHERE due_at IS NOT NULL;
            CREATE INDEX schedules_by_workflow ON schedules (tenant_id, workflow, name);
            CREATE INDEX schedules_by_calendar ON schedules (tenant_id, calendar, name) WHERE calendar IS NOT NULL;
            CREATE INDEX schedules_reacting ON schedules (tenant_id, schedule_id) WHERE kind IN ('dependency', 'event');
            CREATE INDEX schedules_in_window ON schedules (tenant_id, pause_window, schedule_id)
                WHERE pause_window IS NOT NULL;

            -- Each form that a spec has had: the ticks of a time follow the form of that time.
            CREATE TABLE schedule_revisions (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                schedule_id uuid NOT NULL,
                revision integer NOT NULL CHECK (revision > 0),
                spec json NOT NULL,
                variables json NOT NULL,
                since timestamptz NOT NULL,
                by text NOT NULL,
                PRIMARY KEY (tenant_id, schedule_id, revision)
            );

            -- What became of each tick. Those that are passed over together, for one reason, are one row.
            CREATE TABLE schedule_ticks (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                schedule_id uuid NOT NULL,
                tick_at timestamptz NOT NULL,
                -- What made it: the schedule's times, somebody's word for times that are past or for now, or an event.
                origin text NOT NULL CHECK (origin IN ('timetable', 'backfill', 'manual', 'event')),
                -- The last one of a row of several.
                last_at timestamptz NOT NULL,
                ticks bigint NOT NULL DEFAULT 1 CHECK (ticks > 0),
                result text NOT NULL CHECK (result IN ('fired', 'buffered', 'skipped')),
                reason text,
                detail text,
                is_catch_up boolean NOT NULL DEFAULT false,
                backfill_id uuid,
                by text,
                job_id uuid,
                -- When it was to be looked at, and when that was done.
                due_at timestamptz NOT NULL,
                recorded_at timestamptz NOT NULL,
                fired_at timestamptz,
                -- Of the service that was promised: by when a robot is to have begun, and for how long it may run.
                start_by timestamptz,
                duration_max double precision,
                started_at timestamptz,
                ended_at timestamptz,
                -- How the job ended; `gone`: it is kept no longer, and nobody knows.
                ended_as text CHECK (ended_as IN ('completed', 'failed', 'cancelled', 'gone')),
                -- What of it was not kept, with commas between.
                sla_breach text,
                PRIMARY KEY (tenant_id, schedule_id, tick_at, origin),
                CHECK ((result = 'fired') = (job_id IS NOT NULL)),
                CHECK ((result = 'fired') = (fired_at IS NOT NULL)),
                CHECK ((result = 'skipped') = (reason IS NOT NULL)),
                CHECK ((ended_at IS NULL) = (ended_as IS NULL)),
                CHECK (tick_at <= last_at)
            ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
            -- What runs of a schedule, and what waits for that to end; of all tenants, what may have ended.
            CREATE INDEX schedule_ticks_running ON schedule_ticks (tenant_id, schedule_id, job_id)
                WHERE result = 'fired' AND ended_at IS NULL;
            CREATE INDEX schedule_ticks_buffered ON schedule_ticks (tenant_id, schedule_id, tick_at)
                WHERE result = 'buffered';
            CREATE INDEX schedule_ticks_open ON schedule_ticks (job_id) WHERE job_id IS NOT NULL AND ended_at IS NULL;

            -- Ticks of a time that is past, run all the same: what was asked for, and how far it has got.
            CREATE TABLE backfills (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                backfill_id uuid NOT NULL,
                schedule_id uuid NOT NULL,
                schedule_name text NOT NULL,
                from_at timestamptz NOT NULL,
                until_at timestamptz NOT NULL CHECK (until_at >= from_at),
                rate_per_second double precision CHECK (rate_per_second > 0),
                reason text,
                status text NOT NULL DEFAULT 'running' CHECK (
                    status IN ('running', 'paused', 'completed', 'cancelled')),
                status_reason text,
                status_by text,
                -- Ticks up to this moment, itself included, are done with.
                position_at timestamptz,
                -- How many ticks there were when it was made, counted up to a limit.
                planned integer NOT NULL CHECK (planned >= 0),
                is_planned_exactly boolean NOT NULL,
                submitted integer NOT NULL DEFAULT 0,
                skipped integer NOT NULL DEFAULT 0,
                refused integer NOT NULL DEFAULT 0,
                first_refusal text,
                -- When the loop is to look at it; null: there is nothing to do.
                look_at timestamptz,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                finished_at timestamptz,
                PRIMARY KEY (tenant_id, backfill_id)
            ) WITH (fillfactor = 70);
            CREATE INDEX backfills_due ON backfills (look_at) WHERE look_at IS NOT NULL;
            CREATE INDEX backfills_open ON backfills (tenant_id, schedule_id, backfill_id) WHERE finished_at IS NULL;

            -- Days and hours on which work is done.
            CREATE TABLE calendars (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                name text NOT NULL CHECK (name <> ''),
                spec json NOT NULL,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                updated_at timestamptz NOT NULL,
                updated_by text NOT NULL,
                PRIMARY KEY (tenant_id, name)
            );

            -- Windows of maintenance: what is paused meanwhile, and given back as it was.
            CREATE TABLE windows (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                window_id uuid NOT NULL,
                -- When it closes by itself.
                until_at timestamptz NOT NULL,
                reason text,
                -- As it was asked for, to be shown.
                selection json NOT NULL,
                opened_at timestamptz NOT NULL,
                opened_by text NOT NULL,
                closed_at timestamptz,
                closed_by text,
                PRIMARY KEY (tenant_id, window_id),
                CHECK ((closed_at IS NULL) = (closed_by IS NULL))
            );
            CREATE INDEX windows_due ON windows (until_at) WHERE closed_at IS NULL;
            CREATE INDEX windows_open ON windows (tenant_id, window_id) WHERE closed_at IS NULL;

            -- The schedules that a window found, and what it did about them.
            CREATE TABLE window_items (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                window_id uuid NOT NULL,
                schedule_id uuid NOT NULL,
                -- It was paused already, and stays so.
                was_paused boolean NOT NULL,
                -- The pause that it had, which would have ended before the window: what is left of it is given back.
                prior_by text,
                prior_reason text,
                prior_until timestamptz,
                -- It is as it was since the window has closed: nobody had touched the pause.
                is_restored boolean NOT NULL DEFAULT false,
                PRIMARY KEY (tenant_id, window_id, schedule_id),
                CHECK ((prior_by IS NULL) = (prior_until IS NULL)),
                CHECK (prior_until IS NOT NULL OR prior_reason IS NULL)
            );

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY[
                    'schedules', 'schedule_revisions', 'schedule_ticks', 'backfills', 'calendars', 'windows',
                    'window_items'
                ] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT ON %I TO casare_app, casare_system', name);
                END LOOP;
            END $$;
            GRANT INSERT, UPDATE, DELETE ON schedules, calendars TO casare_app, casare_system;
            -- A form that a schedule has had does not change.
            GRANT INSERT, DELETE ON schedule_revisions TO casare_app, casare_system;
            GRANT INSERT, UPDATE ON schedule_ticks, backfills, windows, window_items TO casare_app, casare_system;
            -- For retention.
            GRANT DELETE ON schedule_ticks, backfills, windows, window_items TO casare_system;
            """)
}
