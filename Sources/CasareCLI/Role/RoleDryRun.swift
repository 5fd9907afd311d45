import CasareClient
import CasareDomain
import CasareWire

/// What a role would be: the server is only asked for what there is.
extension CreateRoleRequest {
    /// - Throws: `.conflict` where there is such a role, `.forbidden` where it would allow more than the caller may;
    ///   `WireDecodingError` for what no role can be.
    func dryRun(_ client: CasareClient) async throws -> Presentation {
        let role = try self.role()
        if try await Lookup.find({ try await client.role(role.name) }) != nil {
            throw CommandFailure(.conflict, "there is a role \(role.name) already; choose another name")
        }
        let permissions = role.permissions.inOrder.map(\.rawValue)
        try await GivenPermissions.check(permissions, of: "the role \(role.name)", client)
        let made = RoleInfo(
            name: role.name, description: role.description, permissions: permissions, isBuiltIn: false)
        return try made.presentation(saying: "would create \(role.name)")
    }
}

extension UpdateRoleRequest {
    /// - Throws: as that of `CreateRoleRequest`; `.conflict` for a role that stays as it is.
    func dryRun(of name: Role.Name, _ client: CasareClient) async throws -> Presentation {
        let known = try await client.role(name)
        try known.checkIsOwn("changed")
        let permissions = try self.permissions(after: known.permissions)
        guard !permissions.isEmpty else {
            throw CommandFailure(.failure, "\(name) would allow nothing; name at least one permission, or delete it")
        }
        // What it has already, nobody is given by this.
        try await GivenPermissions.check(
            permissions.filter { !known.permissions.contains($0) }, of: "the role \(name)", client)
        var description = known.description
        self.description.apply(to: &description)
        let changed = RoleInfo(
            name: known.name, description: description, permissions: permissions, isBuiltIn: false,
            createdAt: known.createdAt, createdBy: known.createdBy, updatedAt: known.updatedAt,
            updatedBy: known.updatedBy)
        let isNothing = description == known.description && Set(permissions) == Set(known.permissions)
        return try changed.presentation(
            saying: isNothing ? "nothing to change: \(name)" : "would change \(name), which would be")
    }

    /// In the order in which all are listed; those of a newer server, which the role has already, come last.
    private func permissions(after known: [String]) throws(WireDecodingError) -> [String] {
        var names = Set(known)
        if let all = self.permissions { names = Set(try GivenPermissions.names(all, at: "permissions")) }
        if let add { names.formUnion(try GivenPermissions.names(add, at: "add")) }
        if let remove { names.subtract(try GivenPermissions.names(remove, at: "remove")) }
        let order = Permission.allCases.map(\.rawValue)
        return order.filter(names.contains) + known.filter { names.contains($0) && !order.contains($0) }
    }
}

extension RoleInfo {
    /// - Throws: `.conflict` for a role that is always there.
    func checkIsOwn(_ done: String) throws(CommandFailure) {
        guard self.isBuiltIn else { return }
        throw CommandFailure(
            .conflict, "the role \(self.name) is always there and cannot be \(done); create one of your own")
    }
}
