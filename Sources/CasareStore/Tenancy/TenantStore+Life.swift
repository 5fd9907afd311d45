package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What becomes of tenants: they are suspended, resumed and deleted, and their data is taken away.
extension TenantStore {
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
