public import CasareDomain
public import CasareWire

/// Tenants, for those who run the installation.
extension CasareClient {
    /// - Returns: the tenant and its first token, which cannot be seen again.
    public func createTenant(_ request: CreateTenantRequest) async throws(ClientError) -> CreateTenantResponse {
        try await self.post("\(Self.apiPath)/tenants", request)
    }

    public func tenants(
        status: Tenant.Status? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> TenantPage {
        try await self.get(
            "\(Self.apiPath)/tenants",
            [("status", status?.rawValue), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func tenant(named name: String) async throws(ClientError) -> TenantInfo {
        try await self.get("\(Self.apiPath)/tenants/\(percentEncoded(name))")
    }

    public func changeTenant(
        named name: String, _ request: ChangeTenantRequest
    ) async throws(ClientError) -> TenantInfo {
        try await self.patch("\(Self.apiPath)/tenants/\(percentEncoded(name))", request)
    }

    public func setQuotas(
        ofTenant name: String, _ request: SetQuotasRequest
    ) async throws(ClientError) -> TenantInfo {
        try await self.put("\(Self.apiPath)/tenants/\(percentEncoded(name))/quotas", request)
    }

    public func suspendTenant(named name: String, reason: String?) async throws(ClientError) -> TenantInfo {
        try await self.post(
            "\(Self.apiPath)/tenants/\(percentEncoded(name))/suspend", SteerTenantRequest(reason: reason),
            mayRepeat: true)
    }

    public func resumeTenant(named name: String, reason: String?) async throws(ClientError) -> TenantInfo {
        try await self.post(
            "\(Self.apiPath)/tenants/\(percentEncoded(name))/resume", SteerTenantRequest(reason: reason),
            mayRepeat: true)
    }

    /// - Parameters:
    ///   - undoSeconds: for how long `resumeTenant` undoes it; `nil`: a week.
    ///   - breakGlass: does not wait for a second person.
    public func deleteTenant(
        named name: String, undoSeconds: Int? = nil, reason: String?, breakGlass: Bool = false
    ) async throws(ClientError) -> TenantInfo {
        try await self.delete(
            "\(Self.apiPath)/tenants/\(percentEncoded(name))",
            [
                ("undo_seconds", undoSeconds.map(String.init)), ("reason", reason),
                ("break_glass", breakGlass ? "true" : nil),
            ])
    }

    /// - Parameter measuringStorage: reads all that is stored, which may take long.
    public func usage(
        ofTenant name: String?, measuringStorage: Bool = false
    ) async throws(ClientError) -> UsageInfo {
        let tenant = name.map { "tenants/\(percentEncoded($0))" } ?? "tenant"
        return try await self.get(
            "\(Self.apiPath)/\(tenant)/usage", [("measure", measuringStorage ? "true" : nil)])
    }

    /// The caller's own.
    public func ownTenant() async throws(ClientError) -> TenantInfo { try await self.get("\(Self.apiPath)/tenant") }

    /// The caller's own.
    public func changeOwnTenant(_ request: ChangeTenantRequest) async throws(ClientError) -> TenantInfo {
        try await self.patch("\(Self.apiPath)/tenant", request)
    }
}

/// What waits for a second person.
extension CasareClient {
    public func approvals(
        status: Approval.Status? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> ApprovalPage {
        try await self.get(
            "\(Self.apiPath)/approvals",
            [("status", status?.rawValue), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func approval(_ id: Approval.ID) async throws(ClientError) -> ApprovalInfo {
        try await self.get("\(Self.apiPath)/approvals/\(id)")
    }

    public func approve(_ id: Approval.ID, reason: String?) async throws(ClientError) -> ApprovalInfo {
        try await self.post("\(Self.apiPath)/approvals/\(id)/approve", DecideRequest(reason: reason))
    }

    public func deny(_ id: Approval.ID, reason: String?) async throws(ClientError) -> ApprovalInfo {
        try await self.post("\(Self.apiPath)/approvals/\(id)/deny", DecideRequest(reason: reason))
    }
}
