import CasarePostgres

enum RoleQueries {
    static let lock = Query(
        "SELECT pg_advisory_xact_lock(hashtextextended('casare roles ' || casare_tenant(), 0))")

    static let count = Query(
        """
        SELECT count(*) AS roles FROM (
            SELECT FROM roles WHERE tenant_id = casare_tenant() LIMIT @limit
        ) AS counted
        """)

    static let create = Query(
        """
        INSERT INTO roles (name, description, permissions, created_at, created_by, updated_at, updated_by)
        VALUES (
            @name, @description, @permissions, coalesce(@now::timestamptz, now()), @by,
            coalesce(@now::timestamptz, now()), @by
        )
        ON CONFLICT (tenant_id, name) DO NOTHING
        RETURNING *
        """)

    static let get = Query("SELECT * FROM roles WHERE tenant_id = casare_tenant() AND name = @name")

    /// It may be changed meanwhile, and not deleted.
    static let keep = Query("SELECT * FROM roles WHERE tenant_id = casare_tenant() AND name = @name FOR KEY SHARE")

    static let hold = Query("SELECT * FROM roles WHERE tenant_id = casare_tenant() AND name = @name FOR UPDATE")

    static let list = Query("SELECT * FROM roles WHERE tenant_id = casare_tenant() ORDER BY name LIMIT @limit")

    static let update = Query(
        """
        UPDATE roles
        SET description = @description, permissions = @permissions, updated_at = coalesce(@now::timestamptz, now()),
            updated_by = @by
        WHERE tenant_id = casare_tenant() AND name = @name
        RETURNING *
        """)

    static let bearers = Query(
        """
        SELECT name FROM tokens WHERE tenant_id = casare_tenant() AND role = @name AND revoked_at IS NULL
        LIMIT @limit
        """)

    static let delete = Query("DELETE FROM roles WHERE tenant_id = casare_tenant() AND name = @name")

    /// Runs as the system: who asks is not known yet, only to which tenant they belong.
    static let granted = Query("SELECT permissions FROM roles WHERE tenant_id = @tenant AND name = @name")
}
