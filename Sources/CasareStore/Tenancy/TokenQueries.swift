import CasarePostgres

enum TokenQueries {
    private static let columns = """
        token_id, name, role, robot_id, description, scopes, networks, prefix, created_at, created_by, expires_at,
        replaced_at, revoked_at, last_used_at, last_used_from
        """

    static let create = Query(
        assembled: """
            INSERT INTO tokens (
                name, role, robot_id, description, scopes, networks, prefix, hash, created_at, created_by, expires_at
            ) VALUES (
                @name, @role, @robot, @description, @scopes, @networks, @prefix, @hash,
                coalesce(@now::timestamptz, now()), @by, @expires_at
            )
            ON CONFLICT (tenant_id, name) WHERE revoked_at IS NULL AND replaced_at IS NULL DO NOTHING
            RETURNING \(Self.columns)
            """)

    /// Newest first.
    static let list = Query(
        assembled: """
            SELECT \(Self.columns) FROM tokens
            WHERE tenant_id = casare_tenant() AND token_id < @before
            ORDER BY token_id DESC LIMIT @limit
            """)

    /// The newest of a name: the only one of them that can be neither replaced nor revoked.
    static let get = Query(
        assembled: """
            SELECT \(Self.columns) FROM tokens
            WHERE tenant_id = casare_tenant() AND name = @name
            ORDER BY token_id DESC LIMIT 1
            """)

    static let bounds = Query(
        "SELECT networks, expires_at FROM tokens WHERE tenant_id = casare_tenant() AND token_id = @token")

    /// The one that counts under a name, held until the commit.
    static let hold = Query(
        assembled: """
            SELECT \(Self.columns) FROM tokens
            WHERE tenant_id = casare_tenant() AND name = @name AND revoked_at IS NULL AND replaced_at IS NULL
            FOR UPDATE
            """)

    /// Gives a token's place free. It works on for the overlap, unless it expires before that.
    static let replace = Query(
        """
        UPDATE tokens SET
            replaced_at = coalesce(@now::timestamptz, now()),
            expires_at = least(expires_at, coalesce(@now::timestamptz, now()) + @overlap * interval '1 second'),
            revoked_at = CASE WHEN @overlap = 0 THEN coalesce(@now::timestamptz, now()) END
        WHERE tenant_id = casare_tenant() AND token_id = @token
        """)

    /// All of a name: also those that work on for a while after they were replaced.
    static let revoke = Query(
        assembled: """
            UPDATE tokens SET revoked_at = coalesce(@now::timestamptz, now())
            WHERE tenant_id = casare_tenant() AND name = @name AND revoked_at IS NULL
            RETURNING \(Self.columns)
            """)

    /// Runs as the system: who shows a token has not said which tenant it belongs to.
    static let find = Query(
        assembled: """
            SELECT
                tenant_id,
                -- Of a role that the tenant has made; a built-in one has no row.
                coalesce((
                    SELECT permissions FROM roles
                    WHERE roles.tenant_id = tokens.tenant_id AND roles.name = tokens.role
                ), '{}') AS granted,
                \(Self.columns)
            FROM tokens
            WHERE hash = @hash AND revoked_at IS NULL
                AND (expires_at IS NULL OR expires_at > coalesce(@now::timestamptz, now()))
            """)

    /// Runs as the system: uses of all tenants' tokens at once. What is older than what is known changes nothing.
    static let used = Query(
        """
        UPDATE tokens SET last_used_at = used.at, last_used_from = used.source
        FROM unnest(@tenants::integer[], @tokens::integer[], @times::timestamptz[], @sources::text[])
            AS used (tenant_id, token_id, at, source)
        WHERE tokens.tenant_id = used.tenant_id AND tokens.token_id = used.token_id
            AND (tokens.last_used_at IS NULL OR tokens.last_used_at < used.at)
        """)
}
