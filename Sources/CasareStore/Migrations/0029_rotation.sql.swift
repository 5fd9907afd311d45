extension Migration {
    /// Rotations of secrets: a version that is not in use yet and who brings it to where it is used, or when it is to
    /// be tried.
    static let rotation = Migration(
        version: 29, name: "rotation",
        sql: """
            CREATE TABLE secret_rotations (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                secret_id uuid NOT NULL,
                state text NOT NULL CHECK (state IN ('running', 'waiting')),
                -- The version that waits, and the one in whose place it is to come.
                version integer,
                based_on integer,
                overlap_seconds double precision NOT NULL CHECK (overlap_seconds >= 0),
                -- Of a workflow that is the hook; null: somebody's own command.
                job_id uuid,
                -- Why the last one failed, while the next waits.
                why text,
                started_at timestamptz NOT NULL,
                started_by text NOT NULL,
                -- It is given up then.
                until timestamptz NOT NULL,
                -- When somebody is to see how it stands.
                look_at timestamptz NOT NULL,
                PRIMARY KEY (tenant_id, secret_id),
                CHECK ((state = 'running') = (version IS NOT NULL)),
                CHECK ((version IS NULL) = (based_on IS NULL)),
                CHECK (state = 'waiting' OR why IS NULL)
            ) WITH (fillfactor = 70);
            CREATE INDEX secret_rotations_due ON secret_rotations (look_at);

            -- What metrics tell of: those that are to be changed by an age.
            CREATE INDEX secrets_rotated ON secrets (name) WHERE rotation IS NOT NULL AND deleted_at IS NULL;

            ALTER TABLE secret_rotations ENABLE ROW LEVEL SECURITY;
            ALTER TABLE secret_rotations FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON secret_rotations TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON secret_rotations TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT, UPDATE, DELETE ON secret_rotations TO casare_app, casare_system;
            """)
}
