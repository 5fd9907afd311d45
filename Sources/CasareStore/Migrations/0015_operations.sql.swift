extension Migration {
    /// What is done to many jobs at once, and selections that are saved under a name.
    static let operations = Migration(
        version: 15, name: "operations",
        sql: """
            -- One thing that is done to many jobs: what was asked for, and how far it has got.
            CREATE TABLE operations (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                operation_id uuid NOT NULL,
                verb text NOT NULL CHECK (
                    verb IN ('retry', 'replay', 'acknowledge', 'purge', 'cancel', 'pause', 'resume', 'priority')),
                -- As the API writes it: kept to be shown, never read to find jobs by.
                selection json NOT NULL,
                selection_name text,
                -- Found by what was true of the jobs, and not named one by one.
                is_filter boolean NOT NULL,
                jobs integer NOT NULL CHECK (jobs > 0),
                hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{32}$'),
                reason text,
                rate_per_second double precision CHECK (rate_per_second > 0),
                canary integer CHECK (canary > 0),
                stop_on_error_rate double precision CHECK (stop_on_error_rate BETWEEN 0 AND 1),
                undo_seconds double precision CHECK (undo_seconds > 0),
                priority smallint CHECK (priority BETWEEN 0 AND 20),
                -- Of letters that are acknowledged: nothing is left to do about them.
                resolves boolean NOT NULL DEFAULT false,
                -- How a job that runs again differs: `start`, `failed` or a step's number; `same` or `latest`.
                variables json,
                patch json,
                from_point text,
                version text CHECK (version IN ('same', 'latest')),
                idempotency_key text,
                request_hash text,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,

                -- The state machine's own: a pass over the items, or what is between and after passes.
                phase text NOT NULL DEFAULT 'act' CHECK (
                    phase IN ('act', 'release', 'undo', 'holding', 'completed', 'cancelled', 'undone')),
                halt text CHECK (halt IN ('paused', 'stopped')),
                -- What follows of the two, by which lists look.
                status text NOT NULL DEFAULT 'running',
                position integer NOT NULL DEFAULT 0,
                done integer NOT NULL DEFAULT 0,
                succeeded integer NOT NULL DEFAULT 0,
                failed integer NOT NULL DEFAULT 0,
                skipped integer NOT NULL DEFAULT 0,
                replays_ended integer NOT NULL DEFAULT 0,
                replays_completed integer NOT NULL DEFAULT 0,
                undone integer NOT NULL DEFAULT 0,
                canary_passed boolean NOT NULL DEFAULT false,
                samples_before integer NOT NULL DEFAULT 0,
                samples_failed_before integer NOT NULL DEFAULT 0,
                next_due_at timestamptz,
                started_at timestamptz,
                finished_at timestamptz,
                undo_until timestamptz,
                status_reason text,
                status_by text,

                -- The loop's own. When somebody is to look at it; null: there is nothing to do.
                look_at timestamptz,
                -- How often in a row the next item was in somebody's hands.
                busy smallint NOT NULL DEFAULT 0,
                -- Behind which item it looks next for new jobs that have ended, and when it did so last.
                settle_after integer NOT NULL DEFAULT -1,
                settled_at timestamptz,
                revision bigint NOT NULL DEFAULT 1,
                PRIMARY KEY (tenant_id, operation_id)
            ) WITH (fillfactor = 50);
            CREATE INDEX operations_due ON operations (look_at) WHERE look_at IS NOT NULL;
            CREATE INDEX operations_open ON operations (tenant_id, operation_id) WHERE finished_at IS NULL;
            CREATE INDEX operations_by_status ON operations (tenant_id, status, operation_id);
            CREATE UNIQUE INDEX operations_by_key ON operations (tenant_id, idempotency_key)
                WHERE idempotency_key IS NOT NULL;

            -- The frozen selection, in the order in which the jobs are tried: a thousand in each, from 0.
            CREATE TABLE operation_chunks (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                operation_id uuid NOT NULL,
                chunk integer NOT NULL CHECK (chunk >= 0),
                jobs uuid[] NOT NULL CHECK (cardinality(jobs) BETWEEN 1 AND 1000),
                PRIMARY KEY (tenant_id, operation_id, chunk)
            );
            -- Identifiers are as good as random: to look for what repeats in them costs more than it saves.
            ALTER TABLE operation_chunks ALTER COLUMN jobs SET STORAGE EXTERNAL;

            -- What became of the jobs that were tried.
            CREATE TABLE operation_items (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                operation_id uuid NOT NULL,
                position integer NOT NULL CHECK (position >= 0),
                job_id uuid NOT NULL,
                state text NOT NULL CHECK (state IN ('done', 'held', 'failed', 'skipped', 'undone')),
                new_job uuid,
                -- How the new job ended; null while it goes on.
                ended text CHECK (ended IN ('completed', 'failed', 'cancelled')),
                error text,
                PRIMARY KEY (tenant_id, operation_id, position)
            );
            CREATE INDEX operation_items_open ON operation_items (tenant_id, operation_id, position)
                WHERE new_job IS NOT NULL AND ended IS NULL;
            CREATE INDEX operation_items_by_state ON operation_items (tenant_id, operation_id, state, position)
                WHERE state <> 'done';

            -- Selections that are used again and again: the filter, and not what it matched.
            CREATE TABLE selections (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                name text NOT NULL CHECK (name <> ''),
                selection json NOT NULL,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                updated_at timestamptz NOT NULL,
                updated_by text NOT NULL,
                PRIMARY KEY (tenant_id, name)
            );

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['operations', 'operation_chunks', 'operation_items', 'selections'] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT ON %I TO casare_app, casare_system', name);
                END LOOP;
            END $$;
            GRANT INSERT, UPDATE ON operations, operation_items TO casare_app, casare_system;
            -- A selection is frozen: nobody changes it.
            GRANT INSERT ON operation_chunks TO casare_app, casare_system;
            GRANT INSERT, UPDATE, DELETE ON selections TO casare_app, casare_system;
            -- For retention.
            GRANT DELETE ON operations, operation_chunks, operation_items TO casare_system;
            """)
}
