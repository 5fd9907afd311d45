extension Migration {
    /// Triggers, the secrets of hooks, and what came to them.
    static let triggers = Migration(
        version: 19, name: "triggers",
        sql: """
            CREATE TABLE triggers (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                -- The last part of a hook's address, which says nothing of the tenant.
                trigger_id uuid NOT NULL,
                name text NOT NULL CHECK (name <> ''),
                kind text NOT NULL CHECK (kind IN ('webhook', 'job')),
                -- Without the variables, which stand beside it as they were written.
                spec json NOT NULL,
                variables json NOT NULL,
                -- Of the spec.
                revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
                paused_at timestamptz,
                paused_by text,
                pause_reason text,
                managed_by text,
                last_fired_at timestamptz,
                last_job uuid,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                updated_at timestamptz NOT NULL,
                updated_by text NOT NULL,
                PRIMARY KEY (tenant_id, trigger_id),
                CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
                CHECK (paused_at IS NOT NULL OR pause_reason IS NULL)
            ) WITH (fillfactor = 70);
            CREATE UNIQUE INDEX triggers_by_name ON triggers (tenant_id, name);
            CREATE UNIQUE INDEX triggers_by_id ON triggers (trigger_id);
            CREATE INDEX triggers_on_jobs ON triggers (tenant_id, trigger_id) WHERE kind = 'job';

            -- Sealed with a key that is not in the database.
            CREATE TABLE trigger_secrets (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                trigger_id uuid NOT NULL,
                number integer NOT NULL CHECK (number > 0),
                sealed bytea NOT NULL,
                -- By which the key is known again.
                key_id text NOT NULL,
                created_at timestamptz NOT NULL,
                -- Of one that another one has replaced: it counts until then.
                until timestamptz,
                PRIMARY KEY (tenant_id, trigger_id, number)
            );

            -- What came, and what became of it. Of headers and bodies nothing is kept.
            CREATE TABLE trigger_deliveries (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                trigger_id uuid NOT NULL,
                delivery_id uuid NOT NULL,
                at timestamptz NOT NULL,
                result text NOT NULL CHECK (
                    result IN (
                        'accepted', 'duplicate', 'filtered', 'cooldown', 'busy', 'paused', 'rejected', 'failed')),
                reason text,
                job_id uuid,
                delivery_key text,
                source text,
                bytes integer NOT NULL DEFAULT 0 CHECK (bytes >= 0),
                PRIMARY KEY (tenant_id, trigger_id, delivery_id),
                CHECK (result <> 'accepted' OR job_id IS NOT NULL)
            );
            CREATE INDEX trigger_deliveries_by_result
                ON trigger_deliveries (tenant_id, trigger_id, result, delivery_id);

            -- By what deliveries are known that come again, for as long as they are: digests, and no values.
            CREATE TABLE trigger_keys (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                trigger_id uuid NOT NULL,
                key text NOT NULL CHECK (key <> ''),
                job_id uuid NOT NULL,
                until timestamptz NOT NULL,
                PRIMARY KEY (tenant_id, trigger_id, key)
            );
            CREATE INDEX trigger_keys_by_end ON trigger_keys (until);

            -- Jobs of triggers that have a bound of how many may be under way, until they are seen to have ended.
            CREATE TABLE trigger_jobs (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                trigger_id uuid NOT NULL,
                job_id uuid NOT NULL,
                PRIMARY KEY (tenant_id, trigger_id, job_id)
            );

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY[
                    'triggers', 'trigger_secrets', 'trigger_deliveries', 'trigger_keys', 'trigger_jobs'
                ] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO casare_app, casare_system', name);
                END LOOP;
            END $$;
            GRANT UPDATE ON triggers, trigger_secrets, trigger_keys TO casare_app, casare_system;
            """)
}
