import CasarePostgres

enum TokenQueries {
    static let create = Query(
        """
        INSERT INTO tokens (name, role, robot_id, hash, created_at, expires_at)
        VALUES (@name, @role, @robot, @hash, coalesce(@now::timestamptz, now()), @expires_at)
        ON CONFLICT (tenant_id, name) WHERE revoked_at IS NULL DO NOTHING
        RETURNING token_id, name, role, robot_id, created_at, expires_at, revoked_at
        """)

    /// Newest first.
    static let list = Query(
        """
        SELECT token_id, name, role, robot_id, created_at, expires_at, revoked_at FROM tokens
        WHERE tenant_id = casare_tenant() AND token_id < @before
        ORDER BY token_id DESC LIMIT @limit
        """)

    static let revoke = Query(
        """
        UPDATE tokens SET revoked_at = coalesce(@now::timestamptz, now())
        WHERE tenant_id = casare_tenant() AND name = @name AND revoked_at IS NULL
        RETURNING token_id, name, role, robot_id, created_at, expires_at, revoked_at
        """)

    /// Runs as the system: who shows a token has not said which tenant it belongs to.
    static let find = Query(
        """
        SELECT tenant_id, token_id, name, role, robot_id, created_at, expires_at, revoked_at FROM tokens
        WHERE hash = @hash AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > coalesce(@now::timestamptz, now()))
        """)
}
