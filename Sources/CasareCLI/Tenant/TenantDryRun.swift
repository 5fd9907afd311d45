import CasareClient
import CasareDomain
import CasareWire

/// What a tenant would be: the server is only asked for what there is.
extension CreateTenantRequest {
    private static let columns: [Column<CreateTenantRequest>] = [
        Column("name") { .text($0.name) },
        Column("display_name", shrinks: true) { .text($0.displayName) },
        Column("tier") { .text($0.tier?.rawValue) },
        Column("admin") { .text($0.admin) },
    ]

    /// - Throws: `.conflict` where there is such a tenant.
    func dryRun(_ client: CasareClient) async throws -> Presentation {
        if try await Lookup.find({ try await client.tenant(named: self.name) }) != nil {
            throw CommandFailure(.conflict, "there is a tenant \(self.name) already; choose another name")
        }
        var sheet = Sheet("would create tenant \(self.name), and a token of its first administrator")
        sheet.add("for people", .text(self.displayName))
        sheet.add("token", .text(self.admin))
        sheet.add("tier", .text(self.tier?.rawValue))
        let quotas = self.tier?.quotas ?? Quotas()
        for quota in Quota.allCases {
            if let limit = quotas[quota] { sheet.add(quota.rawValue, .text(String(limit))) }
        }
        return try Presentation(single: self, columns: Self.columns, name: self.name, sheet: sheet)
    }
}

extension ChangeTenantRequest {
    /// - Parameter known: the tenant as it is.
    func dryRun(of known: TenantInfo) throws -> Presentation {
        var members: Object = [:]
        if let displayName { members["display_name"] = displayName.isEmpty ? Value.null : Value.string(displayName) }
        if let requiresApproval { members["requires_approval"] = .bool(requiresApproval) }
        switch self.auditDays {
        case .keep: break
        case .remove: members["audit_days"] = .null
        case .set(let days): members["audit_days"] = .int(days)
        }
        return try known.changed(by: members).presentation(after: known)
    }
}

extension SetQuotasRequest {
    /// - Parameter known: the tenant as it is.
    func dryRun(of known: TenantInfo) throws -> Presentation {
        let quotas = try ValueEncoder.encode(self.all)
        let members: Object = ["quotas": quotas, "tier": self.tier.map { Value.string($0.rawValue) } ?? .null]
        return try known.changed(by: members).presentation(after: known)
    }
}
