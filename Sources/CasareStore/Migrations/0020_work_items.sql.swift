extension Migration {
    /// Queues of work items, and what reacts to what happens to jobs.
    static let workItems = Migration(
        version: 20, name: "work_items",
        sql: """
            CREATE TABLE item_queues (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                item_queue_id uuid NOT NULL,
                name text NOT NULL CHECK (name <> ''),
                max_retries integer NOT NULL CHECK (max_retries >= 0),
                retry_delay_seconds double precision NOT NULL CHECK (retry_delay_seconds >= 0),
                unique_reference boolean NOT NULL,
                description text,
                -- The jobs that are made for its items.
                performer_workflow text,
                performer_variables json,
                performer_environment text,
                performer_jobs_max integer CHECK (performer_jobs_max > 0),
                -- When somebody is to look whether jobs are wanted; null: none ever are.
                performer_at timestamptz,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                updated_at timestamptz NOT NULL,
                updated_by text NOT NULL,
                -- Its items go one by one, and then itself.
                deleted_at timestamptz,
                PRIMARY KEY (tenant_id, item_queue_id),
                CHECK ((performer_workflow IS NULL) = (performer_variables IS NULL)),
                CHECK ((performer_workflow IS NULL) = (performer_environment IS NULL)),
                CHECK ((performer_workflow IS NULL) = (performer_jobs_max IS NULL)),
                CHECK (performer_at IS NULL OR performer_workflow IS NOT NULL)
            ) WITH (fillfactor = 70);
            CREATE UNIQUE INDEX item_queues_by_name ON item_queues (tenant_id, name) WHERE deleted_at IS NULL;
            CREATE INDEX item_queues_performing ON item_queues (performer_at) WHERE performer_at IS NOT NULL;
            CREATE INDEX item_queues_deleted ON item_queues (deleted_at) WHERE deleted_at IS NOT NULL;

            -- Jobs of a queue's performer, until they are seen to have ended.
            CREATE TABLE item_queue_jobs (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                item_queue_id uuid NOT NULL,
                job_id uuid NOT NULL,
                PRIMARY KEY (tenant_id, item_queue_id, job_id)
            );

            CREATE SEQUENCE work_item_tokens;

            CREATE TABLE work_items (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                item_id uuid NOT NULL,
                item_queue_id uuid NOT NULL,
                reference text CHECK (reference <> ''),
                -- No other item of the queue may have its reference.
                holds_reference boolean NOT NULL,
                data json NOT NULL,
                output json,
                status text NOT NULL DEFAULT 'new' CHECK (
                    status IN ('new', 'in_progress', 'completed', 'failed', 'abandoned', 'retry', 'deleted')),
                priority smallint NOT NULL,
                retries integer NOT NULL DEFAULT 0 CHECK (retries >= 0),
                deadline timestamptz,
                postpone_until timestamptz,
                error_type text CHECK (error_type IN ('business', 'application')),
                error text,
                -- Who has it, or had it last.
                token bigint,
                taken_by text,
                job_id uuid,
                robot text,
                taken_at timestamptz,
                lease_until timestamptz,
                -- A performer would be given it.
                is_ready boolean NOT NULL,
                -- When time does something to it; null: never.
                look_at timestamptz,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                updated_at timestamptz NOT NULL,
                finished_at timestamptz,
                PRIMARY KEY (tenant_id, item_id),
                CHECK (NOT is_ready OR status IN ('new', 'retry')),
                CHECK (NOT holds_reference OR reference IS NOT NULL),
                CHECK ((error_type IS NULL) = (error IS NULL)),
                CHECK ((token IS NULL) = (taken_by IS NULL)),
                CHECK ((token IS NULL) = (taken_at IS NULL)),
                CHECK ((token IS NULL) = (lease_until IS NULL)),
                CHECK (status <> 'in_progress' OR token IS NOT NULL),
                CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'abandoned', 'deleted')))
            ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
            CREATE UNIQUE INDEX work_items_unique ON work_items (tenant_id, item_queue_id, reference)
                WHERE holds_reference;
            CREATE INDEX work_items_by_reference ON work_items (tenant_id, item_queue_id, reference, item_id)
                WHERE reference IS NOT NULL;
            CREATE INDEX work_items_by_queue ON work_items (tenant_id, item_queue_id, item_id);
            CREATE INDEX work_items_by_status ON work_items (tenant_id, item_queue_id, status, item_id);
            CREATE INDEX work_items_ready ON work_items (tenant_id, item_queue_id, priority DESC, item_id)
                WHERE is_ready;
            CREATE INDEX work_items_waiting ON work_items (tenant_id, item_queue_id, postpone_until)
                WHERE postpone_until IS NOT NULL;
            CREATE INDEX work_items_looked_at ON work_items (tenant_id, item_queue_id, look_at)
                WHERE look_at IS NOT NULL;
            -- Of all tenants, read from its beginning.
            CREATE INDEX work_items_due ON work_items (look_at) WHERE look_at IS NOT NULL;
            CREATE INDEX work_items_finished ON work_items (finished_at) WHERE finished_at IS NOT NULL;

            -- How far each tenant's events were read by what reacts to them.
            CREATE TABLE reaction_cursors (
                tenant_id integer PRIMARY KEY DEFAULT casare_tenant() REFERENCES tenants,
                event_id bigint NOT NULL CHECK (event_id >= 0),
                at timestamptz NOT NULL
            ) WITH (fillfactor = 50);

            -- Jobs that were made because of other jobs, and how many such steps lie behind them.
            CREATE TABLE reaction_jobs (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                job_id uuid NOT NULL,
                cause_id uuid NOT NULL,
                depth integer NOT NULL CHECK (depth > 0),
                made_at timestamptz NOT NULL,
                PRIMARY KEY (tenant_id, job_id)
            );
            CREATE INDEX reaction_jobs_by_age ON reaction_jobs (made_at);

            -- What is behind a schedule's tick that something made which happened, until its job is made.
            CREATE TABLE reaction_ticks (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                schedule_id uuid NOT NULL,
                tick_at timestamptz NOT NULL,
                cause_id uuid NOT NULL,
                depth integer NOT NULL CHECK (depth > 0),
                PRIMARY KEY (tenant_id, schedule_id, tick_at)
            );

            -- Of a schedule that waits for several workflows: the last ending of each since it fired.
            CREATE TABLE dependency_arrivals (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                schedule_id uuid NOT NULL,
                workflow text NOT NULL,
                job_id uuid NOT NULL,
                ended_as text NOT NULL,
                at timestamptz NOT NULL,
                depth integer NOT NULL CHECK (depth >= 0),
                PRIMARY KEY (tenant_id, schedule_id, workflow)
            ) WITH (fillfactor = 70);

            -- Of a schedule that waits until nothing happens any more: what happened so far.
            CREATE TABLE event_debounces (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                schedule_id uuid NOT NULL,
                first_at timestamptz NOT NULL,
                due_at timestamptz NOT NULL,
                events bigint NOT NULL CHECK (events > 0),
                -- The last one.
                job_id uuid NOT NULL,
                kind text NOT NULL,
                depth integer NOT NULL CHECK (depth >= 0),
                PRIMARY KEY (tenant_id, schedule_id)
            ) WITH (fillfactor = 70);
            CREATE INDEX event_debounces_due ON event_debounces (due_at);

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY[
                    'item_queues', 'item_queue_jobs', 'work_items', 'reaction_cursors', 'reaction_jobs',
                    'reaction_ticks', 'dependency_arrivals', 'event_debounces'
                ] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format(
                        'GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO casare_app, casare_system', name);
                END LOOP;
            END $$;
            GRANT USAGE ON SEQUENCE work_item_tokens TO casare_app, casare_system;
            """)
}
