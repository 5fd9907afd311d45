package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Tenants, as those who run the installation see them. Call within a transaction of the system, `Database.inSystem`,
/// where nothing else is said.
package enum TenantStore {
    /// Makes a tenant that has no quotas.
    ///
    /// - Throws: `StoreError.nameTaken`, and `.refused` for a name that cannot be.
    package static func create(
        name: String, displayName: String? = nil, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        guard Tenant.isName(name) else {
            throw StoreError.refused(
                "\"\(name)\"",
                why: "cannot be the name of a tenant: 1 to \(Tenant.nameCharactersMax) small letters, digits or "
                    + "hyphens, a letter first")
        }
        let made = try connection.execute(
            TenantQueries.create,
            ["name": .text(name), "display_name": .text(displayName?.storable), "now": .timestamp(now)])
        guard let row = made.first else { throw StoreError.nameTaken(.tenant, name) }
        return try Tenant.Detail(row: row)
    }

    /// Makes a token of a tenant in a transaction of the system, which goes on for another one.
    ///
    /// - Returns: its text, which is nowhere else.
    package static func createToken(
        _ new: NewToken, of tenant: Tenant.ID, by person: String, goingOnFor own: Tenant.ID, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> TokenText {
        try connection.execute(SettingQueries.tenant, ["tenant": .text(tenant.description)])
        let text = try TokenStore.create(new, by: person, now: now, on: connection).text
        try connection.execute(SettingQueries.tenant, ["tenant": .text(own.description)])
        return text
    }

    /// - Throws: `StoreError.notFound`.
    package static func get(
        named name: String, on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        guard let row = try connection.execute(TenantQueries.get, ["name": .text(name.storable)]).first else {
            throw StoreError.notFound(.tenant, name)
        }
        return try Tenant.Detail(row: row)
    }

    /// - Returns: `nil` where there is no such tenant.
    package static func name(of tenant: Tenant.ID, on connection: isolated PostgresConnection) throws -> String? {
        try connection.execute(TenantQueries.byID, ["tenant": .int4(tenant.rawValue)]).first?.string("name")
    }

    /// The transaction's own tenant. Call within `Database.asTenant`.
    package static func mine(on connection: isolated PostgresConnection) throws -> Tenant.Detail {
        guard let row = try connection.execute(TenantQueries.mine).first else {
            throw StoreError.unreadable("the tenant of this caller does not exist any more")
        }
        return try Tenant.Detail(row: row)
    }

    /// A page in the order of names.
    package static func list(
        _ status: Tenant.Status? = nil, after: String = "", limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Tenant.Detail] {
        try connection.execute(
            TenantQueries.list,
            ["status": .text(status?.rawValue), "after": .text(after.storable), "limit": .int(limit)]
        ).map(Tenant.Detail.init(row:))
    }

    /// What changes of a tenant; what is `nil` stays.
    package struct Change: Hashable, Sendable {
        /// An empty one takes the name away.
        package var displayName: String?
        package var requiresApproval: Bool?
        /// `.some(nil)`: as the installation says from then on.
        package var auditDays: Int??

        package init(displayName: String? = nil, requiresApproval: Bool? = nil, auditDays: Int?? = nil) {
            self.displayName = displayName
            self.requiresApproval = requiresApproval
            self.auditDays = auditDays
        }
    }

    /// - Throws: `StoreError.notFound`.
    package static func update(
        _ name: String, _ change: Change, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        let (tenant, _) = try self.hold(name, now: now, on: connection)
        let displayName = change.displayName.map { $0.isEmpty ? nil : $0 } ?? tenant.displayName
        let changed = try connection.execute(
            TenantQueries.describe,
            [
                "tenant": .int4(tenant.id.rawValue), "display_name": .text(displayName?.storable),
                "requires_approval": .bool(change.requiresApproval ?? tenant.requiresApproval),
                "audit_days": Self.days(change.auditDays ?? tenant.auditDays),
            ])
        return try Tenant.Detail(row: try changed.only())
    }

    private static func days(_ days: Int?) -> PostgresValue {
        guard let days else { return .null }
        return .int4(Int32(clamping: days))
    }

    /// Nobody else changes it until the transaction ends.
    ///
    /// - Returns: it, and the time by the database's clock, or `now`.
    /// - Throws: `StoreError.notFound`.
    static func hold(
        _ name: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> (tenant: Tenant.Detail, now: Date) {
        let held = try connection.execute(
            TenantQueries.hold, ["name": .text(name.storable), "now": .timestamp(now)])
        guard let row = held.first else { throw StoreError.notFound(.tenant, name) }
        return (try Tenant.Detail(row: row), try row.date("now"))
    }

    // MARK: - Quotas

    package static func quotas(
        of tenant: Tenant.ID, on connection: isolated PostgresConnection
    ) throws -> Quotas {
        try connection.execute(QuotaQueries.get, ["tenant": .int4(tenant.rawValue)]).first.map(Quotas.init(row:))
            ?? Quotas()
    }

    /// Sets all of a tenant's quotas. Who has more than that already keeps it, and gets no more.
    ///
    /// - Parameters:
    ///   - tier: the preset that they were taken from.
    ///   - jobsThisHour: that were made within this hour of the clock: they count.
    /// - Throws: `StoreError.notFound`.
    package static func setQuotas(
        _ quotas: Quotas, tier: TenantTier?, jobsThisHour: Int64 = 0, of name: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        let (tenant, _) = try self.hold(name, now: now, on: connection)
        try connection.execute(
            QuotaQueries.set,
            [
                "tenant": .int4(tenant.id.rawValue), "workflows": .int8(quotas[.workflows]),
                "robots": .int8(quotas[.robots]), "queued_jobs": .int8(quotas[.queuedJobs]),
                "executions_per_hour": .int8(quotas[.executionsPerHour]),
                "concurrency": .int8(quotas[.concurrency]), "storage_bytes": .int8(quotas[.storageBytes]),
                "schedules": .int8(quotas[.schedules]), "secrets": .int8(quotas[.secrets]),
                "hour_jobs": .int8(jobsThisHour), "now": .timestamp(now),
            ])
        try connection.execute(QuotaQueries.tidy, ["tenant": .int4(tenant.id.rawValue)])
        try connection.execute(
            TenantQueries.setTier, ["tenant": .int4(tenant.id.rawValue), "tier": .text(tier?.rawValue)])
        return try self.get(named: name, on: connection)
    }
}

extension Tenant.Detail {
    /// - Parameter row: of the table `tenants`.
    init(row: Row) throws {
        let name = try row.string("name")
        let status = try row.string("status")
        guard let status = Tenant.Status(rawValue: status) else {
            throw StoreError.unreadable("tenant \(name) has the unknown status \"\(status)\"")
        }
        self.init(
            id: Tenant.ID(rawValue: try row.decode("tenant_id")), name: name,
            displayName: try row.optionalString("display_name"), status: status,
            statusAt: try row.optionalDate("status_at"), statusBy: try row.optionalString("status_by"),
            statusReason: try row.optionalString("status_reason"), removalAt: try row.optionalDate("removal_at"),
            rowsRemoved: try row.int64("rows_removed"),
            requiresApproval: try row.bool("requires_approval"),
            tier: try row.optionalString("tier").flatMap(TenantTier.init(rawValue:)),
            auditDays: try row.optionalInt("audit_days"),
            createdAt: try row.date("created_at"))
    }
}
