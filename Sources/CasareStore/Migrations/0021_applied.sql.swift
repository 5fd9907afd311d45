extension Migration {
    /// What files describe, and whose files those are.
    static let applied = Migration(
        version: 21, name: "applied",
        sql: """
            CREATE TABLE applied (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                kind text NOT NULL CHECK (kind IN ('workflow', 'calendar', 'queue', 'schedule', 'trigger')),
                name text NOT NULL CHECK (name <> ''),
                owner text NOT NULL CHECK (owner <> ''),
                -- What it was like when it was applied: another one now says that somebody has changed it.
                mark text NOT NULL,
                applied_at timestamptz NOT NULL,
                applied_by text NOT NULL,
                PRIMARY KEY (tenant_id, kind, name)
            );

            ALTER TABLE applied ENABLE ROW LEVEL SECURITY;
            ALTER TABLE applied FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON applied TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON applied TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT, UPDATE, DELETE ON applied TO casare_app, casare_system;
            """)
}
