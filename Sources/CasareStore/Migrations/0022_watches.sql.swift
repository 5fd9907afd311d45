extension Migration {
    /// What robots watch for triggers: files and feeds.
    static let watches = Migration(
        version: 22, name: "watches",
        sql: """
            ALTER TABLE triggers DROP CONSTRAINT triggers_kind_check;
            ALTER TABLE triggers
                ADD CONSTRAINT triggers_kind_check CHECK (kind IN ('webhook', 'job', 'file', 'feed'));
            CREATE INDEX triggers_watched ON triggers (tenant_id, trigger_id) WHERE kind IN ('file', 'feed');

            -- One of each trigger that was ever watched since it was last paused.
            CREATE TABLE trigger_watches (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                trigger_id uuid NOT NULL,
                -- Who watches, while that session is open.
                session_id bigint,
                since timestamptz,
                -- Grows with every report: one counts on top of the one before only.
                version integer NOT NULL DEFAULT 0 CHECK (version >= 0),
                -- What was seen, as the watcher wrote it.
                state json,
                -- Of what that was seen: of anything else it says nothing.
                state_of text,
                reported_at timestamptz,
                -- Why nothing can be watched.
                error text,
                error_since timestamptz,
                PRIMARY KEY (tenant_id, trigger_id),
                CHECK ((session_id IS NULL) = (since IS NULL)),
                CHECK ((state IS NULL) = (state_of IS NULL)),
                CHECK ((error IS NULL) = (error_since IS NULL))
            ) WITH (fillfactor = 70);
            CREATE INDEX trigger_watches_held ON trigger_watches (tenant_id, session_id) WHERE session_id IS NOT NULL;

            ALTER TABLE trigger_watches ENABLE ROW LEVEL SECURITY;
            ALTER TABLE trigger_watches FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON trigger_watches TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON trigger_watches TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT, UPDATE, DELETE ON trigger_watches TO casare_app, casare_system;
            """)
}
