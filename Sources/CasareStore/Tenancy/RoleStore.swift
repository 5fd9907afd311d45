package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A role of a tenant as it is kept.
package struct StoredRole: Hashable, Sendable {
    package let role: CustomRole
    package let createdAt: Date
    /// The name of a principal.
    package let createdBy: String
    package let updatedAt: Date
    package let updatedBy: String
}

/// The roles that tenants make for themselves. Call within `Database.asTenant`, if nothing else is said.
///
/// A change holds for everybody who has the role, from the next time that the service asks who they are.
package enum RoleStore {
    /// So many tokens are named to whoever may not delete their role.
    private static let bearersShownMax = 5

    /// - Throws: `StoreError.nameTaken`; `StoreError.refused` where there are `CustomRole.countMax` others.
    package static func create(
        _ role: CustomRole, by person: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> StoredRole {
        // Two that create at once must not both be the last that there is room for.
        try connection.execute(RoleQueries.lock)
        let count = try connection.execute(RoleQueries.count, ["limit": .int(CustomRole.countMax)]).only().int("roles")
        guard count < CustomRole.countMax else {
            throw StoreError.refused(
                "role \(role.name)",
                why: "is one too many: there are \(CustomRole.countMax); delete one that no token has")
        }
        guard let row = try self.write(role, by: RoleQueries.create, as: person, now: now, on: connection).first else {
            throw StoreError.nameTaken(.role, role.name.rawValue)
        }
        return try StoredRole(row: row)
    }

    /// - Throws: `StoreError.notFound`.
    package static func get(_ name: Role.Name, on connection: isolated PostgresConnection) throws -> StoredRole {
        try self.role(name, by: RoleQueries.get, on: connection)
    }

    /// All of them, by name: `CustomRole.countMax` at the most.
    package static func list(on connection: isolated PostgresConnection) throws -> [StoredRole] {
        try connection.execute(RoleQueries.list, ["limit": .int(CustomRole.countMax)]).map(StoredRole.init(row:))
    }

    /// Changes made at the same time follow each other, and each sees the one before.
    ///
    /// - Parameter body: returns the role as it is to be, under the same name; what it throws is thrown.
    /// - Throws: `StoreError.notFound`.
    package static func update(
        _ name: Role.Name, by person: String, now: Date? = nil, on connection: isolated PostgresConnection,
        _ body: (CustomRole) throws -> CustomRole
    ) throws -> StoredRole {
        let before = try self.role(name, by: RoleQueries.hold, on: connection)
        let role = try body(before.role)
        precondition(role.name == name, "A role keeps its name")
        guard role != before.role else { return before }
        return try StoredRole(
            row: try self.write(role, by: RoleQueries.update, as: person, now: now, on: connection).only())
    }

    /// - Returns: what it was.
    /// - Throws: `StoreError.notFound`; `StoreError.refused` while a token has it.
    package static func delete(_ name: Role.Name, on connection: isolated PostgresConnection) throws -> StoredRole {
        // Whoever makes a token of it has committed, or finds it gone.
        let role = try self.role(name, by: RoleQueries.hold, on: connection)
        let bearers = try connection.execute(
            RoleQueries.bearers, ["name": .text(name.rawValue), "limit": .int(self.bearersShownMax + 1)]
        ).map { try $0.string("name") }
        guard bearers.isEmpty else {
            let shown = bearers.prefix(self.bearersShownMax).joined(separator: ", ")
            let more = bearers.count > self.bearersShownMax ? " and others" : ""
            throw StoreError.refused(
                "role \(name)", why: "is needed: tokens have it (\(shown)\(more)); revoke those first")
        }
        try connection.execute(RoleQueries.delete, ["name": .text(name.rawValue)])
        return role
    }

    /// What a role allows, a built-in one or one of the tenant's own, which then cannot be deleted before the commit:
    /// for whoever makes a token of it.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func keep(
        _ name: Role.Name, in tenant: Tenant.ID, on connection: isolated PostgresConnection
    ) throws -> Set<Permission> {
        if let builtIn = name.builtIn { return builtIn.permissions(in: tenant) }
        return try self.role(name, by: RoleQueries.keep, on: connection).role.permissions
    }

    /// The same for whoever shows something else than a token, which names a role. Call within `Database.asSystem`.
    ///
    /// - Returns: nothing for a role that there is not.
    package static func granted(
        by name: Role.Name, in tenant: Tenant.ID, on connection: isolated PostgresConnection
    ) throws -> Set<Permission> {
        if let builtIn = name.builtIn { return builtIn.permissions(in: tenant) }
        let found = try connection.execute(
            RoleQueries.granted, ["tenant": .int4(tenant.rawValue), "name": .text(name.rawValue)]
        ).first
        guard let found else { return [] }
        return self.granted(try found.strings("permissions"))
    }

    /// What a stored role grants to whoever is found to have it: never what is of the installation, which no role that
    /// people make has, whatever somebody has written into its row.
    static func granted(_ names: [String]) -> Set<Permission> {
        Set(permissionNames: names).filter { !$0.isOfInstallation }
    }

    private static func role(
        _ name: Role.Name, by query: Query, on connection: isolated PostgresConnection
    ) throws -> StoredRole {
        guard let row = try connection.execute(query, ["name": .text(name.rawValue)]).first else {
            throw StoreError.notFound(.role, name.rawValue)
        }
        return try StoredRole(row: row)
    }

    private static func write(
        _ role: CustomRole, by query: Query, as person: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Rows {
        try connection.execute(
            query,
            [
                "name": .text(role.name.rawValue), "description": .text(role.description?.storable),
                "permissions": .textArray(role.permissions.inOrder.map(\.rawValue)), "by": .text(person.storable),
                "now": .timestamp(now),
            ])
    }
}

extension StoredRole {
    fileprivate init(row: Row) throws {
        let text = try row.string("name")
        guard let name = Role.Name(rawValue: text) else {
            throw StoreError.unreadable("\"\(text)\" is not the name of a role")
        }
        self.init(
            role: CustomRole(
                stored: name, description: try row.optionalString("description"),
                permissions: Set(permissionNames: try row.strings("permissions"))),
            createdAt: try row.date("created_at"), createdBy: try row.string("created_by"),
            updatedAt: try row.date("updated_at"), updatedBy: try row.string("updated_by"))
    }
}
