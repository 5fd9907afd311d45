extension Migration {
    /// What tenants say about the safety rules that their jobs run under.
    static let tenantPolicy = Migration(
        version: 3, name: "tenant_policy",
        sql: """
            -- Null: the robot decides.
            ALTER TABLE tenants
                ADD COLUMN path_rules boolean,
                ADD COLUMN command_rules boolean,
                ADD COLUMN url_rules boolean,
                ADD COLUMN node_overrides boolean,
                ADD COLUMN scripts boolean,
                ADD COLUMN policy_changed_at timestamptz,
                ADD COLUMN policy_changed_by text,
                ADD CHECK ((policy_changed_at IS NULL) = (policy_changed_by IS NULL));
            GRANT UPDATE (
                path_rules, command_rules, url_rules, node_overrides, scripts, policy_changed_at, policy_changed_by
            ) ON tenants TO casare_app, casare_system;
            """)
}
