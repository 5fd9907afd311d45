extension Migration {
    /// The certificate authority of the installation, the certificates that it has signed for robots, and what a new
    /// robot is let in by.
    static let certificates = Migration(
        version: 30, name: "certificates",
        sql: """
            -- Of the whole installation. One signs; others still count, until what they have signed has ended.
            CREATE TABLE certificate_authorities (
                authority_id uuid PRIMARY KEY,
                -- In PEM form.
                certificate text NOT NULL,
                -- SHA-256 of its DER form.
                fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
                subject text NOT NULL,
                not_before timestamptz NOT NULL,
                not_after timestamptz NOT NULL,
                state text NOT NULL CHECK (state IN ('active', 'retiring', 'retired')),
                -- Its key: encrypted with a data key, which is wrapped with a key that is not here. One that signs
                -- nothing any more has none.
                ciphertext bytea,
                wrapped_key bytea,
                key_id text,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                -- Since when another one signs, and since when it does not count.
                retiring_at timestamptz,
                retired_at timestamptz,
                CHECK ((state = 'active') = (ciphertext IS NOT NULL)),
                CHECK ((ciphertext IS NULL) = (wrapped_key IS NULL)),
                CHECK ((ciphertext IS NULL) = (key_id IS NULL)),
                CHECK ((state = 'active') = (retiring_at IS NULL)),
                CHECK ((state = 'retired') = (retired_at IS NOT NULL))
            );
            CREATE UNIQUE INDEX certificate_authorities_active ON certificate_authorities (state) WHERE state = 'active';

            -- What lets a robot in that nobody knows yet: a token, of which only the hash is here.
            CREATE TABLE robot_enrolments (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                enrolment_id uuid NOT NULL,
                hash bytea NOT NULL CHECK (length(hash) = 32),
                -- The beginning of its text, for people to tell it by.
                prefix text NOT NULL CHECK (length(prefix) BETWEEN 1 AND 16),
                -- The one robot that it is for.
                robot_id text CHECK (robot_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
                -- Or how the names of new robots begin.
                name_prefix text CHECK (name_prefix ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
                environment text CHECK (environment <> ''),
                tags text[] NOT NULL,
                capabilities text[] NOT NULL,
                uses_max integer NOT NULL CHECK (uses_max > 0),
                uses_left integer NOT NULL,
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                expires_at timestamptz NOT NULL,
                last_used_at timestamptz,
                revoked_at timestamptz,
                revoked_by text,
                PRIMARY KEY (tenant_id, enrolment_id),
                CHECK (uses_left BETWEEN 0 AND uses_max),
                CHECK (robot_id IS NULL OR name_prefix IS NULL),
                CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
            ) WITH (fillfactor = 80);
            CREATE UNIQUE INDEX robot_enrolments_by_hash ON robot_enrolments (hash);
            CREATE INDEX robot_enrolments_by_end ON robot_enrolments (expires_at);

            -- What was signed for robots. A certificate counts as long as it stands here, not revoked.
            CREATE TABLE robot_certificates (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                -- In the order in which they were signed.
                certificate_id uuid NOT NULL,
                serial text NOT NULL CHECK (serial ~ '^[0-9a-f]{32}$'),
                robot_id text NOT NULL,
                authority_id uuid NOT NULL REFERENCES certificate_authorities,
                subject text NOT NULL,
                -- SHA-256 of its DER form: what it is looked up by.
                fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
                issued_at timestamptz NOT NULL,
                expires_at timestamptz NOT NULL,
                -- How the robot was let in; null: it has renewed another one.
                enrolment_id uuid,
                -- The serial number of that.
                renews text,
                revoked_at timestamptz,
                revoked_by text,
                revoked_why text,
                PRIMARY KEY (tenant_id, certificate_id),
                CHECK ((enrolment_id IS NULL) = (renews IS NOT NULL)),
                CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
                CHECK (revoked_at IS NOT NULL OR revoked_why IS NULL)
            );
            -- Whoever shows one has not said whose it is.
            CREATE UNIQUE INDEX robot_certificates_by_fingerprint ON robot_certificates (fingerprint);
            CREATE UNIQUE INDEX robot_certificates_by_serial ON robot_certificates (tenant_id, serial);
            CREATE INDEX robot_certificates_of_robot ON robot_certificates (tenant_id, robot_id, certificate_id);
            CREATE INDEX robot_certificates_by_end ON robot_certificates (expires_at);
            CREATE INDEX robot_certificates_of_authority ON robot_certificates (authority_id, expires_at);

            -- Their keys are wrapped anew with all others.
            ALTER TABLE vault_rekeys
                DROP CONSTRAINT vault_rekeys_phase_check,
                ADD CONSTRAINT vault_rekeys_phase_check CHECK (phase IN ('versions', 'triggers', 'authorities'));

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['robot_enrolments', 'robot_certificates'] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO casare_app, casare_system', name);
                END LOOP;
            END $$;
            -- No tenant sees the authorities: what signs is opened by the service itself.
            ALTER TABLE certificate_authorities ENABLE ROW LEVEL SECURITY;
            ALTER TABLE certificate_authorities FORCE ROW LEVEL SECURITY;
            CREATE POLICY system ON certificate_authorities TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT, UPDATE ON certificate_authorities TO casare_system;
            """)
}
