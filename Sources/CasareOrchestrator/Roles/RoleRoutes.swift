import CasareDomain
import CasareStore
import CasareWire

/// Roles: those that are always there, and those that a tenant makes for itself.
enum RoleRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/roles", .needs(.roleRead),
            "List roles with what they allow: those that are always there, then the tenant's own by name.",
            query: [.limit, .cursor], Self.list),
        .get("/api/v1/roles/{name}", .needs(.roleRead), "One role with what it allows.", Self.get),
        .post(
            "/api/v1/roles", .needs(.roleManage), "Create a role. Nobody gives permissions that they do not have.",
            statuses: [201], Self.create),
        .patch(
            "/api/v1/roles/{name}", .needs(.roleManage),
            "Change a role; what is left out stays. It holds for everybody who has the role, within a few seconds.",
            Self.update),
        .delete(
            "/api/v1/roles/{name}", .needs(.roleManage), "Delete a role that no token has.",
            query: [.text("reason", "Kept with what was done.")], Self.delete),
    ]

    private static func list(_ request: APIRequest) async throws -> RolePage {
        let limit = try request.limit()
        let cursor: Role.Name? = try request.cursor { Role.Name(rawValue: $0) }
        let tenant = request.principal.tenant
        let own = try await request.inTenant { connection in try RoleStore.list(on: connection) }
        // There are so few that they are read as a whole.
        var all = Role.allCases.map { RoleInfo($0, in: tenant) }
        for role in own { all.append(RoleInfo(role)) }
        if let cursor { all = all.filter { $0.isBehind(cursor) } }
        let page = all.page(of: limit) { $0.name.rawValue }
        return RolePage(roles: page.items, nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> RoleInfo {
        let name = try request.roleName()
        if let builtIn = name.builtIn { return RoleInfo(builtIn, in: request.principal.tenant) }
        return RoleInfo(try await request.inTenant { connection in try RoleStore.get(name, on: connection) })
    }

    private static func create(_ request: APIRequest, _ body: CreateRoleRequest) async throws -> Answer<RoleInfo> {
        let role = try body.role()
        try request.requireAll(role.permissions, toGive: "the role \(role.name)")
        let created = try await request.inTenant { connection in
            try RoleStore.create(role, by: request.actor, on: connection)
        }
        return Answer(status: 201, RoleInfo(created))
    }

    private static func update(_ request: APIRequest, _ body: UpdateRoleRequest) async throws -> RoleInfo {
        let name = try request.ownRoleName("changed")
        return RoleInfo(
            try await request.inTenant { connection in
                try RoleStore.update(name, by: request.actor, on: connection) { role in
                    let changed = try body.applied(to: role)
                    // What it has already, nobody is given by this.
                    try request.requireAll(
                        changed.permissions.subtracting(role.permissions), toGive: "the role \(name)")
                    return changed
                }
            })
    }

    private static func delete(_ request: APIRequest) async throws -> RoleInfo {
        let name = try request.ownRoleName("deleted")
        // Checked here; the audit log has it already.
        _ = try request.reason()
        return RoleInfo(try await request.inTenant { connection in try RoleStore.delete(name, on: connection) })
    }
}

extension APIRequest {
    fileprivate func roleName() throws(APIProblem) -> Role.Name {
        let text = self.parameter("name")
        guard let name = Role.Name(rawValue: text) else { throw .notFound("role", String(text.prefix(64))) }
        return name
    }

    /// - Throws: 409 for a role that is always there.
    fileprivate func ownRoleName(_ done: String) throws(APIProblem) -> Role.Name {
        let name = try self.roleName()
        guard name.builtIn == nil else {
            throw APIProblem(
                .invalidStateTransition,
                "the role \(name) is always there and cannot be \(done); create one of your own")
        }
        return name
    }
}

extension RoleInfo {
    init(_ role: Role, in tenant: Tenant.ID) {
        self.init(
            name: Role.Name(role), description: role.summary,
            permissions: role.permissions(in: tenant).inOrder.map(\.rawValue), isBuiltIn: true)
    }

    init(_ stored: StoredRole) {
        self.init(
            name: stored.role.name, description: stored.role.description,
            permissions: stored.role.permissions.inOrder.map(\.rawValue), isBuiltIn: false,
            createdAt: stored.createdAt, createdBy: stored.createdBy, updatedAt: stored.updatedAt,
            updatedBy: stored.updatedBy)
    }

    /// Whether a list has it after the role of a cursor, which may be gone.
    fileprivate func isBehind(_ cursor: Role.Name) -> Bool {
        switch (self.name.builtIn, cursor.builtIn) {
        case (let own?, let other?):
            // Both are among all.
            return Role.allCases.firstIndex(of: own)! > Role.allCases.firstIndex(of: other)!
        case (nil, .some): return true
        case (.some, nil): return false
        case (nil, nil): return self.name.rawValue > cursor.rawValue
        }
    }
}
