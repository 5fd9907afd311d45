extension Migration {
    /// Secrets, their versions, which jobs were given them, and how far a change of the key has got.
    static let vault = Migration(
        version: 24, name: "vault",
        sql: """
            CREATE TABLE secrets (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                secret_id uuid NOT NULL,
                -- Bound to the values, which open under no other one. It is not given to another secret.
                name text COLLATE "C" NOT NULL CHECK (name <> ''),
                kind text NOT NULL,
                description text,
                labels json NOT NULL DEFAULT '{}',
                -- The version that is meant where none is named; 0: there is none.
                current_version integer NOT NULL DEFAULT 0 CHECK (current_version >= 0),
                -- The highest number that was ever given.
                last_version integer NOT NULL DEFAULT 0,
                versions_max integer NOT NULL CHECK (versions_max > 0),
                expires_at timestamptz,
                rotation json,
                rotated_at timestamptz,
                -- When the value is older than it may be, and when that was told.
                rotation_due_at timestamptz,
                rotation_noted_at timestamptz,
                provider text,
                path text,
                revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
                deleted_at timestamptz,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                updated_at timestamptz NOT NULL,
                updated_by text NOT NULL,
                PRIMARY KEY (tenant_id, secret_id),
                CHECK (current_version <= last_version),
                CHECK ((provider IS NULL) = (path IS NULL)),
                CHECK (provider IS NULL OR last_version = 0)
            ) WITH (fillfactor = 80);
            CREATE UNIQUE INDEX secrets_by_name ON secrets (tenant_id, name);
            CREATE INDEX secrets_rotation_due ON secrets (rotation_due_at)
                WHERE rotation_due_at IS NOT NULL AND rotation_noted_at IS NULL AND deleted_at IS NULL;

            -- Of a value only this: encrypted with a key of its own, which is wrapped with a key that is not here.
            CREATE TABLE secret_versions (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                secret_id uuid NOT NULL,
                version integer NOT NULL CHECK (version > 0),
                ciphertext bytea,
                wrapped_key bytea,
                -- By which the key that wraps is known again.
                key_id text,
                -- Names of the fields.
                fields text[] NOT NULL,
                expires_at timestamptz,
                -- Nobody is given it before it is promoted.
                is_pending boolean NOT NULL DEFAULT false,
                -- Of one that another was rotated into the place of.
                overlap_until timestamptz,
                deleted_at timestamptz,
                destroyed_at timestamptz,
                reason text,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                PRIMARY KEY (tenant_id, secret_id, version),
                CHECK ((destroyed_at IS NULL) = (ciphertext IS NOT NULL)),
                CHECK ((ciphertext IS NULL) = (wrapped_key IS NULL)),
                CHECK ((ciphertext IS NULL) = (key_id IS NULL))
            );
            -- Encrypted bytes do not compress.
            ALTER TABLE secret_versions ALTER ciphertext SET STORAGE EXTERNAL, ALTER wrapped_key SET STORAGE EXTERNAL;

            -- What was handed to which run of a job. It holds the value for as long as that lease lives.
            CREATE TABLE secret_holds (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                secret_id uuid NOT NULL,
                -- 0: of a provider that has no versions, or has said none.
                version integer NOT NULL CHECK (version >= 0),
                job_id uuid NOT NULL,
                token bigint NOT NULL,
                robot_id text,
                at timestamptz NOT NULL,
                PRIMARY KEY (tenant_id, secret_id, version, job_id, token)
            );

            -- Of the whole installation: the key that all others are wrapped with has changed.
            CREATE TABLE vault_rekeys (
                rekey_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                -- What everything is wrapped with in the end.
                key_id text NOT NULL,
                started_at timestamptz NOT NULL,
                started_by text NOT NULL,
                finished_at timestamptz,
                -- What is looked at behind the place that was reached.
                phase text NOT NULL DEFAULT 'versions' CHECK (phase IN ('versions', 'triggers')),
                place_tenant integer NOT NULL DEFAULT 0,
                place_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
                place_number integer NOT NULL DEFAULT 0,
                -- Rows that were wrapped anew, and those that could not be in the pass that is under way.
                done bigint NOT NULL DEFAULT 0,
                done_in_pass bigint NOT NULL DEFAULT 0,
                failed bigint NOT NULL DEFAULT 0,
                -- The first that could not be, each with why.
                failures json NOT NULL DEFAULT '[]',
                moved_at timestamptz NOT NULL
            );
            CREATE UNIQUE INDEX vault_rekeys_open ON vault_rekeys ((finished_at IS NULL)) WHERE finished_at IS NULL;

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['secrets', 'secret_versions', 'secret_holds'] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO casare_app, casare_system', name);
                END LOOP;
            END $$;
            ALTER TABLE vault_rekeys ENABLE ROW LEVEL SECURITY;
            ALTER TABLE vault_rekeys FORCE ROW LEVEL SECURITY;
            CREATE POLICY system ON vault_rekeys TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT, UPDATE ON vault_rekeys TO casare_system;
            """)
}
