public import CasareDomain
public import CasareWire

/// Roles, and what this client may do.
extension CasareClient {
    /// Those that are always there, then the tenant's own by name.
    public func roles(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> RolePage {
        try await self.get("\(Self.apiPath)/roles", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func role(_ name: Role.Name) async throws(ClientError) -> RoleInfo {
        try await self.get("\(Self.apiPath)/roles/\(percentEncoded(name.rawValue))")
    }

    public func createRole(_ request: CreateRoleRequest) async throws(ClientError) -> RoleInfo {
        try await self.post("\(Self.apiPath)/roles", request)
    }

    public func updateRole(_ name: Role.Name, _ request: UpdateRoleRequest) async throws(ClientError) -> RoleInfo {
        try await self.patch("\(Self.apiPath)/roles/\(percentEncoded(name.rawValue))", request)
    }

    /// - Returns: what it was.
    public func deleteRole(_ name: Role.Name, reason: String? = nil) async throws(ClientError) -> RoleInfo {
        try await self.delete("\(Self.apiPath)/roles/\(percentEncoded(name.rawValue))", [("reason", reason)])
    }

    /// Whether this client has a permission, and why.
    ///
    /// - Parameter permission: such as `workflow.execute`.
    public func canI(_ permission: String) async throws(ClientError) -> CanIResponse {
        try await self.post("\(Self.apiPath)/auth/can-i", CanIRequest(permission: permission))
    }
}
