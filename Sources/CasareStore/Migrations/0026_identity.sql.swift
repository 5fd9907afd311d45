extension Migration {
    /// Roles that tenants make for themselves, what else is known of tokens, and who has asked too often or shown too
    /// many wrong ones.
    static let identity = Migration(
        version: 26, name: "identity",
        sql: """
            CREATE TABLE roles (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
                description text,
                -- Names that a version of the program does not know count for nothing there.
                permissions text[] NOT NULL CHECK (cardinality(permissions) > 0),
                created_at timestamptz NOT NULL,
                created_by text NOT NULL,
                updated_at timestamptz NOT NULL,
                updated_by text NOT NULL,
                PRIMARY KEY (tenant_id, name),
                CHECK (name NOT IN ('viewer', 'operator', 'developer', 'admin', 'robot'))
            );
            ALTER TABLE roles ENABLE ROW LEVEL SECURITY;
            ALTER TABLE roles FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON roles TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON roles TO casare_system USING (true) WITH CHECK (true);
            -- Locking a row takes the right to update it.
            GRANT SELECT, INSERT, UPDATE, DELETE ON roles TO casare_app, casare_system;

            -- A token may have a role of its tenant, too. No key says so, for built-in roles have no row.
            ALTER TABLE tokens
                DROP CONSTRAINT tokens_role_check,
                ADD CONSTRAINT tokens_role_check CHECK (role ~ '^[a-z][a-z0-9_-]{0,62}$');
            -- Whose role cannot be taken away. The role comes first, so that no look-up by another column takes it for
            -- its own while the table is small.
            CREATE INDEX tokens_by_role ON tokens (role, tenant_id);

            -- What people say of a token, what it is cut down to, and when it was last shown.
            ALTER TABLE tokens
                ADD COLUMN description text,
                ADD COLUMN created_by text,
                -- The beginning of its text, for people to tell it by. NULL: made before it was kept.
                ADD COLUMN prefix text CHECK (length(prefix) BETWEEN 1 AND 16),
                -- Permissions; NULL: all that its role has.
                ADD COLUMN scopes text[] CHECK (cardinality(scopes) > 0),
                -- From where it counts, in CIDR form; NULL: from anywhere.
                ADD COLUMN networks text[] CHECK (cardinality(networks) > 0),
                -- Not to the second: written once a minute at the most, and not by the request itself.
                ADD COLUMN last_used_at timestamptz,
                ADD COLUMN last_used_from text,
                -- Another one has its name and place. It works until it expires.
                ADD COLUMN replaced_at timestamptz,
                ADD CHECK (replaced_at IS NULL OR expires_at IS NOT NULL),
                ADD CHECK (last_used_at IS NOT NULL OR last_used_from IS NULL);
            DROP INDEX tokens_by_name;
            CREATE UNIQUE INDEX tokens_by_name ON tokens (tenant_id, name)
                WHERE revoked_at IS NULL AND replaced_at IS NULL;
            CREATE INDEX tokens_of_name ON tokens (tenant_id, name, token_id);

            -- How much of their rate callers have used up, for all servers together. What is lost of it is a second's
            -- worth, so it is not written to the log of changes.
            CREATE UNLOGGED TABLE request_rates (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                principal text NOT NULL CHECK (principal <> ''),
                -- When all requests that were given out would be over, had they come one by one at the rate.
                spent_until timestamptz NOT NULL,
                PRIMARY KEY (tenant_id, principal)
            ) WITH (fillfactor = 50);
            CREATE INDEX request_rates_by_end ON request_rates (spent_until);
            ALTER TABLE request_rates ENABLE ROW LEVEL SECURITY;
            ALTER TABLE request_rates FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON request_rates TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON request_rates TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT, UPDATE, DELETE ON request_rates TO casare_app, casare_system;

            -- Who has shown wrong tokens, before it is known whose they would be: it is no tenant's.
            CREATE TABLE lockouts (
                -- An address, a space, and the beginning of what was shown.
                subject text PRIMARY KEY CHECK (subject <> ''),
                failures integer NOT NULL CHECK (failures > 0),
                -- Since when they are counted.
                since timestamptz NOT NULL,
                locked_until timestamptz,
                -- When nothing of it matters any more.
                ends_at timestamptz NOT NULL
            );
            CREATE INDEX lockouts_by_end ON lockouts (ends_at);
            ALTER TABLE lockouts ENABLE ROW LEVEL SECURITY;
            ALTER TABLE lockouts FORCE ROW LEVEL SECURITY;
            CREATE POLICY system ON lockouts TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT, UPDATE, DELETE ON lockouts TO casare_system;
            """)
}
