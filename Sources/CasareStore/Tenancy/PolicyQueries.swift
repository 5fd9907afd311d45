import CasarePostgres

enum PolicyQueries {
    static let get = Query(
        """
        SELECT path_rules, command_rules, url_rules, node_overrides, scripts, policy_changed_at, policy_changed_by
        FROM tenants WHERE tenant_id = casare_tenant()
        """)

    /// The same, held until the commit. The row's key stays, so that nobody who refers to it waits.
    static let hold = Query(
        """
        SELECT path_rules, command_rules, url_rules, node_overrides, scripts, policy_changed_at, policy_changed_by
        FROM tenants WHERE tenant_id = casare_tenant() FOR NO KEY UPDATE
        """)

    static let set = Query(
        """
        UPDATE tenants SET
            path_rules = @path_rules, command_rules = @command_rules, url_rules = @url_rules,
            node_overrides = @node_overrides, scripts = @scripts,
            policy_changed_at = coalesce(@now::timestamptz, now()), policy_changed_by = @by
        WHERE tenant_id = casare_tenant()
        RETURNING path_rules, command_rules, url_rules, node_overrides, scripts, policy_changed_at, policy_changed_by
        """)
}
