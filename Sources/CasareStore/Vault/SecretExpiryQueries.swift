import CasarePostgres

/// The SQL of secrets and versions whose time is over.
enum SecretExpiryQueries {
    /// Of all tenants: those of which nobody has been told. A version of 0 is the whole secret.
    static let expired = Query(
        """
        SELECT tenant_id, secret_id, version FROM (
            (
                SELECT tenant_id, secret_id, 0 AS version, expires_at FROM secrets
                WHERE expires_at <= coalesce(@now::timestamptz, now()) AND expiry_noted_at IS NULL
                    AND deleted_at IS NULL
                ORDER BY expires_at LIMIT @limit
            ) UNION ALL (
                SELECT
                    secret_versions.tenant_id, secret_versions.secret_id, secret_versions.version,
                    secret_versions.expires_at
                FROM secret_versions
                JOIN secrets ON secrets.tenant_id = secret_versions.tenant_id
                    AND secrets.secret_id = secret_versions.secret_id
                WHERE secret_versions.expires_at <= coalesce(@now::timestamptz, now())
                    AND secret_versions.expiry_noted_at IS NULL AND secret_versions.deleted_at IS NULL
                    AND secret_versions.destroyed_at IS NULL AND secrets.deleted_at IS NULL
                ORDER BY secret_versions.expires_at LIMIT @limit
            )
        ) AS expired
        ORDER BY expires_at, tenant_id, secret_id, version LIMIT @limit
        """)

    /// No row where somebody has noted it meanwhile, or it is not so any more.
    static let note = Query(
        """
        UPDATE secrets SET expiry_noted_at = coalesce(@now::timestamptz, now())
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND expiry_noted_at IS NULL
            AND deleted_at IS NULL AND expires_at <= coalesce(@now::timestamptz, now())
        RETURNING name, expires_at, false AS is_current
        """)

    static let noteVersion = Query(
        """
        UPDATE secret_versions SET expiry_noted_at = coalesce(@now::timestamptz, now())
        FROM secrets
        WHERE secret_versions.tenant_id = casare_tenant() AND secret_versions.secret_id = @secret
            AND secret_versions.version = @version AND secret_versions.expiry_noted_at IS NULL
            AND secret_versions.deleted_at IS NULL AND secret_versions.destroyed_at IS NULL
            AND secret_versions.expires_at <= coalesce(@now::timestamptz, now())
            AND secrets.tenant_id = casare_tenant() AND secrets.secret_id = @secret AND secrets.deleted_at IS NULL
        RETURNING
            secrets.name, secret_versions.expires_at, secrets.current_version = secret_versions.version AS is_current
        """)
}
