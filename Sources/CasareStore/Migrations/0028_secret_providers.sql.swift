extension Migration {
    /// Credentials that providers made for jobs, and which end.
    static let secretProviders = Migration(
        version: 28, name: "secret_providers",
        sql: """
            -- What a provider made for one attempt of a job, without what it made: by whom to renew it and give it
            -- back.
            CREATE TABLE secret_leases (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                secret_lease_id uuid NOT NULL,
                -- Names, as they were then.
                secret text NOT NULL,
                provider text NOT NULL,
                path text NOT NULL,
                -- By what the provider knows it, and the token that made it.
                provider_lease text NOT NULL,
                accessor text,
                -- The attempt: as in `leases`.
                job_id uuid NOT NULL,
                token bigint NOT NULL,
                made_at timestamptz NOT NULL,
                renewed_at timestamptz NOT NULL,
                expires_at timestamptz NOT NULL,
                token_expires_at timestamptz,
                is_renewable boolean NOT NULL,
                -- When somebody is to look whether there is something to do; null: never, it has ended.
                look_at timestamptz,
                -- Grows whenever somebody begins to do something about it: only the last one may say what came of it.
                claim integer NOT NULL DEFAULT 0,
                failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
                -- Why the last try failed, or why it will end early.
                error text,
                outcome text CHECK (outcome IN ('revoked', 'expired', 'lost', 'dropped')),
                ended_at timestamptz,
                PRIMARY KEY (tenant_id, secret_lease_id),
                CHECK ((outcome IS NULL) = (ended_at IS NULL)),
                CHECK ((look_at IS NULL) = (ended_at IS NOT NULL))
            ) WITH (fillfactor = 70);
            -- Of all tenants, read from their beginning.
            CREATE INDEX secret_leases_due ON secret_leases (look_at) WHERE look_at IS NOT NULL;
            CREATE INDEX secret_leases_ended ON secret_leases (ended_at) WHERE ended_at IS NOT NULL;
            CREATE INDEX secret_leases_by_job ON secret_leases (job_id);

            ALTER TABLE secret_leases ENABLE ROW LEVEL SECURITY;
            ALTER TABLE secret_leases FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON secret_leases TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON secret_leases TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT ON secret_leases TO casare_app;
            GRANT SELECT, INSERT, UPDATE, DELETE ON secret_leases TO casare_system;
            """)
}
