package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Tenants and their lives, as those who run the installation see them. Call within a transaction of the system,
/// `Database.inSystem`, where nothing else is said.
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

    // MARK: - Life

    /// Turns a tenant's callers away and lets nothing begin; what robots run they finish.
    ///
    /// - Throws: `StoreError.notFound`, and `.refused` for the tenant `default`, and one that is to be deleted.
    package static func suspend(
        _ name: String, by person: String, reason: String?, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        let (tenant, _) = try self.hold(name, now: now, on: connection)
        try self.checkIsOther(tenant)
        switch tenant.status {
        case .suspended: return tenant
        case .active: break
        case .deleting, .removing, .deleted:
            throw StoreError.refused(
                "tenant \(name)", why: "is \(tenant.status.rawValue), which is more than suspended")
        }
        return try self.hold(back: tenant, as: .suspended, by: person, reason: reason, now: now, on: connection)
    }

    /// Lets a tenant go on that was suspended, or is to be deleted and still has its data. Ring the ready bell after
    /// the commit.
    ///
    /// - Throws: `StoreError.notFound`, and `.refused` where the data is being taken away.
    package static func resume(
        _ name: String, by person: String, reason: String?, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        let (tenant, time) = try self.hold(name, now: now, on: connection)
        if tenant.status == .active { return tenant }
        guard tenant.status.mayResume, tenant.removalAt.map({ time < $0 }) ?? true else {
            throw StoreError.refused("tenant \(name)", why: "is past its time to undo: its data is being taken away")
        }
        let id = PostgresValue.int4(tenant.id.rawValue)
        try connection.execute(QuotaQueries.resume, ["tenant": id])
        try connection.execute(QuotaQueries.tidy, ["tenant": id])
        return try self.set(.active, of: tenant, by: person, reason: reason, now: now, on: connection)
    }

    /// Suspends a tenant, and has its data taken away when the time to undo it is over.
    ///
    /// - Parameter undoSeconds: 0: at once, and there is no way back.
    /// - Throws: `StoreError.notFound`, and `.refused` for the tenant `default`.
    package static func delete(
        _ name: String, undoSeconds: Int = Tenant.undoSecondsDefault, by person: String, reason: String?,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        precondition(Tenant.undoSecondsRange.contains(undoSeconds), "The time to undo a deletion is out of bounds")
        let (tenant, _) = try self.hold(name, now: now, on: connection)
        try self.checkIsOther(tenant)
        switch tenant.status {
        case .removing, .deleted: return tenant
        case .active, .suspended, .deleting: break
        }
        return try self.hold(
            back: tenant, as: .deleting, undoSeconds: undoSeconds, by: person, reason: reason, now: now,
            on: connection)
    }

    private static func hold(
        back tenant: Tenant.Detail, as status: Tenant.Status, undoSeconds: Int? = nil, by person: String,
        reason: String?, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        try connection.execute(QuotaQueries.suspend, ["tenant": .int4(tenant.id.rawValue)])
        return try self.set(
            status, of: tenant, undoSeconds: undoSeconds, by: person, reason: reason, now: now, on: connection)
    }

    private static func set(
        _ status: Tenant.Status, of tenant: Tenant.Detail, undoSeconds: Int? = nil, by person: String,
        reason: String?, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Tenant.Detail {
        try Tenant.Detail(
            row: try connection.execute(
                TenantQueries.setStatus,
                [
                    "tenant": .int4(tenant.id.rawValue), "status": .text(status.rawValue),
                    "by": .text(person.storable), "reason": .text(reason?.storable),
                    "undo_seconds": .double(undoSeconds.map(Double.init)), "now": .timestamp(now),
                ]
            ).only())
    }

    private static func hold(
        _ name: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> (tenant: Tenant.Detail, now: Date) {
        let held = try connection.execute(
            TenantQueries.hold, ["name": .text(name.storable), "now": .timestamp(now)])
        guard let row = held.first else { throw StoreError.notFound(.tenant, name) }
        return (try Tenant.Detail(row: row), try row.date("now"))
    }

    /// Whoever rules the installation would lock himself out.
    private static func checkIsOther(_ tenant: Tenant.Detail) throws(StoreError) {
        guard tenant.id != .default else {
            throw .refused("tenant \(tenant.name)", why: "rules this installation, and stays as it is")
        }
    }

    // MARK: - For the services

    /// Those whose callers are turned away. Call within `Database.asSystem`.
    package static func notServed(on connection: isolated PostgresConnection) throws -> Set<Tenant.ID> {
        Set(try connection.execute(TenantQueries.notServed).map { Tenant.ID(rawValue: try $0.decode("tenant_id")) })
    }

    /// What one step of taking a tenant's data away did.
    package struct Removal: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let rows: Int
        /// Nothing is left.
        package let isOver: Bool
    }

    /// Rows that are taken away in one step.
    package static let removedAtOnceMax = 5_000

    /// Takes a step for one tenant whose time is over; `nil` when there is none. Call within `Database.inSystem`; each
    /// step is committed, so that whoever comes next goes on behind it.
    package static func removeNext(
        limit: Int = TenantStore.removedAtOnceMax, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Removal? {
        guard let next = try connection.execute(TenantQueries.beginRemoval, ["now": .timestamp(now)]).first else {
            return nil
        }
        let id: Int32 = try next.decode("tenant_id")
        let step = try connection.execute(TenantQueries.remove, ["tenant": .int4(id), "limit": .int(limit)]).only()
        let rows = try step.int("removed")
        if rows > 0 {
            try connection.execute(TenantQueries.removed, ["tenant": .int4(id), "rows": .int(rows)])
        } else {
            try connection.execute(TenantQueries.ended, ["tenant": .int4(id), "now": .timestamp(now)])
        }
        return Removal(tenant: Tenant.ID(rawValue: id), rows: rows, isOver: rows == 0)
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
