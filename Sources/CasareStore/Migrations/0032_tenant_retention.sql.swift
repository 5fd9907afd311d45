extension Migration {
    /// How long one tenant's entries of the audit log are kept, where it is not as long as those of others.
    static let tenantRetention = Migration(
        version: 32, name: "tenant_retention",
        sql: """
            -- NULL: as the installation says; 0: for ever. Those who run the installation say so, and not the tenant: whoever
            -- is in the log does not shorten it.
            ALTER TABLE tenants ADD COLUMN audit_days integer CHECK (audit_days BETWEEN 0 AND 36500);
            GRANT UPDATE (audit_days) ON tenants TO casare_system;
            """)
}
