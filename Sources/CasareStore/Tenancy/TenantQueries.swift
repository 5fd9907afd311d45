import CasarePostgres

/// Statements about all tenants; they run as the system, unless their names say otherwise.
enum TenantQueries {
    /// A condition on a row of any tenant: nothing keeps that tenant from beginning something. Who is suspended is read
    /// once for the statement.
    static func mayBegin(_ row: String) -> String {
        """
        \(row).tenant_id <> ALL (ARRAY(
            SELECT tenant_limits.tenant_id FROM tenant_limits WHERE tenant_limits.is_suspended))
        """
    }

    static let create = Query(
        """
        INSERT INTO tenants (name, display_name, created_at)
        VALUES (@name, @display_name, coalesce(@now::timestamptz, now()))
        ON CONFLICT (name) DO NOTHING
        RETURNING *
        """)

    static let get = Query("SELECT * FROM tenants WHERE name = @name")
    static let byID = Query("SELECT * FROM tenants WHERE tenant_id = @tenant")

    /// The row, until the commit.
    static let hold = Query(
        "SELECT *, coalesce(@now::timestamptz, now()) AS now FROM tenants WHERE name = @name FOR NO KEY UPDATE")

    /// By name, behind `after`.
    static let list = Query(
        """
        SELECT * FROM tenants WHERE name > @after AND (@status::text IS NULL OR status = @status)
        ORDER BY name LIMIT @limit
        """)

    static let describe = Query(
        """
        UPDATE tenants SET
            display_name = @display_name, requires_approval = @requires_approval, audit_days = @audit_days
        WHERE tenant_id = @tenant
        RETURNING *
        """)

    static let setTier = Query("UPDATE tenants SET tier = @tier WHERE tenant_id = @tenant")

    static let setStatus = Query(
        """
        UPDATE tenants SET
            status = @status, status_at = coalesce(@now::timestamptz, now()), status_by = @by, status_reason = @reason,
            removal_at = coalesce(@now::timestamptz, now()) + @undo_seconds * interval '1 second'
        WHERE tenant_id = @tenant
        RETURNING *
        """)

    /// Those whose callers are turned away.
    static let notServed = Query("SELECT tenant_id FROM tenants WHERE status <> 'active' ORDER BY tenant_id")

    // MARK: - Taking away

    /// One whose time to undo is over; from then on there is no way back. Those that are being taken away come first.
    static let beginRemoval = Query(
        """
        UPDATE tenants SET status = 'removing'
        WHERE tenant_id = (
            SELECT tenant_id FROM tenants
            WHERE status = 'removing' OR status = 'deleting' AND removal_at <= coalesce(@now::timestamptz, now())
            ORDER BY status DESC, tenant_id LIMIT 1
            FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING tenant_id
        """)

    static let remove = Query("SELECT relation, removed FROM casare_remove_tenant(@tenant, @limit)")

    static let removed = Query(
        "UPDATE tenants SET rows_removed = rows_removed + @rows WHERE tenant_id = @tenant")

    /// Its name is free again.
    static let ended = Query(
        """
        UPDATE tenants SET
            status = 'deleted', name = left(name, 40) || ' (deleted ' || tenant_id || ')', display_name = NULL,
            status_at = coalesce(@now::timestamptz, now())
        WHERE tenant_id = @tenant AND status = 'removing'
        """)

    // MARK: - As the tenant

    static let mine = Query("SELECT * FROM tenants WHERE tenant_id = casare_tenant()")
}
