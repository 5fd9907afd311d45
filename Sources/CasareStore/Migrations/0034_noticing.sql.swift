extension Migration {
    /// What is noticed by itself and told of once: that the time of secrets is over, and whether chains of the audit log
    /// are whole.
    static let noticing = Migration(
        version: 34, name: "noticing",
        sql: """
            -- When it was told that the time of a secret, or of one of its versions, is over. What was over before nobody is
            -- told of any more.
            ALTER TABLE secrets ADD COLUMN expiry_noted_at timestamptz;
            ALTER TABLE secret_versions ADD COLUMN expiry_noted_at timestamptz;
            UPDATE secrets SET expiry_noted_at = now() WHERE expires_at <= now();
            UPDATE secret_versions SET expiry_noted_at = now() WHERE expires_at <= now();
            CREATE INDEX secrets_expiring ON secrets (expires_at)
                WHERE expires_at IS NOT NULL AND expiry_noted_at IS NULL AND deleted_at IS NULL;
            CREATE INDEX secret_versions_expiring ON secret_versions (expires_at)
                WHERE expires_at IS NOT NULL AND expiry_noted_at IS NULL AND deleted_at IS NULL
                    AND destroyed_at IS NULL;

            -- What the last one was about, for people. NULL: a job, as all of them were.
            ALTER TABLE event_debounces ADD COLUMN about text;
            COMMENT ON COLUMN event_debounces.job_id IS 'of what happened to no job the event''s own ID';
            COMMENT ON COLUMN events.job_id IS 'of what happened to no job an ID of the event''s own, of its moment';

            -- How far each tenant's chain has been checked by the server itself, and what that came to.
            CREATE TABLE chain_checks (
                tenant_id integer PRIMARY KEY,
                -- Where the pass that is under way goes on; null: none is.
                number bigint,
                entry_id bigint,
                hash bytea CHECK (octet_length(hash) = 32),
                began_at timestamptz NOT NULL,
                -- When the last pass had looked at the whole chain, or had found what is wrong with it.
                ended_at timestamptz,
                -- What the last pass has found; null: nothing.
                fault text,
                fault_number bigint,
                -- When somebody is to go on, or to begin anew.
                look_at timestamptz NOT NULL,
                CHECK ((number IS NULL) = (entry_id IS NULL)),
                CHECK ((number IS NULL) = (hash IS NULL)),
                CHECK ((fault IS NULL) = (fault_number IS NULL))
            ) WITH (fillfactor = 50);

            ALTER TABLE chain_checks ENABLE ROW LEVEL SECURITY;
            ALTER TABLE chain_checks FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON chain_checks TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON chain_checks TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT ON chain_checks TO casare_app, casare_system;
            GRANT INSERT, UPDATE ON chain_checks TO casare_system;
            """)
}
