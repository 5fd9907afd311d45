public import CasareDomain
public import FoundationEssentials

/// A tenant, as those who run the installation see it, and as it sees itself.
public struct TenantInfo: Hashable, Sendable, Codable {
    public let id: Int
    public let name: String
    public let displayName: String?
    public let status: Tenant.Status
    public let statusAt: Date?
    public let statusBy: String?
    public let statusReason: String?
    /// From when on its data is taken away; until then `resume` undoes the deletion.
    public let removalAt: Date?
    /// How many rows of it were taken away so far.
    public let rowsRemoved: Int64
    /// What cannot be taken back waits for a second person.
    public let requiresApproval: Bool
    public let tier: TenantTier?
    /// For how many days entries of its audit log are kept, 0 for ever; `nil`: as the installation says.
    public let auditDays: Int?
    public let quotas: Quotas
    public let createdAt: Date

    public init(_ tenant: Tenant.Detail, quotas: Quotas) {
        self.id = Int(tenant.id.rawValue)
        self.name = tenant.name
        self.displayName = tenant.displayName
        self.status = tenant.status
        self.statusAt = tenant.statusAt
        self.statusBy = tenant.statusBy
        self.statusReason = tenant.statusReason
        self.removalAt = tenant.removalAt
        self.rowsRemoved = tenant.rowsRemoved
        self.requiresApproval = tenant.requiresApproval
        self.tier = tenant.tier
        self.auditDays = tenant.auditDays
        self.quotas = quotas
        self.createdAt = tenant.createdAt
    }
}

public struct TenantPage: Hashable, Sendable, Codable {
    public let tenants: [TenantInfo]
    public let nextCursor: String?

    public init(tenants: [TenantInfo], nextCursor: String?) {
        self.tenants = tenants
        self.nextCursor = nextCursor
    }
}

/// `POST /api/v1/tenants`.
public struct CreateTenantRequest: Hashable, Sendable, Codable {
    /// Small letters, digits and hyphens; it never changes.
    public var name: String
    public var displayName: String?
    /// A preset of quotas; without one nothing is bounded.
    public var tier: TenantTier?
    /// Name of its first token, which is an administrator's; `admin` without one.
    public var admin: String?
    /// Kept with what was done.
    public var reason: String?

    public init(
        name: String, displayName: String? = nil, tier: TenantTier? = nil, admin: String? = nil, reason: String? = nil
    ) {
        self.name = name
        self.displayName = displayName
        self.tier = tier
        self.admin = admin
        self.reason = reason
    }
}

public struct CreateTenantResponse: Hashable, Sendable, Codable {
    public let tenant: TenantInfo
    /// The first token of the tenant, which is not shown again.
    public let token: String
    public let tokenName: String

    public init(tenant: TenantInfo, token: String, tokenName: String) {
        self.tenant = tenant
        self.token = token
        self.tokenName = tokenName
    }
}

/// `PATCH /api/v1/tenants/{name}` and `PATCH /api/v1/tenant`: what is left out stays as it is.
public struct ChangeTenantRequest: Hashable, Sendable, Codable {
    public typealias Change = MemberChange

    /// An empty one takes it away.
    public var displayName: String?
    /// To take it back needs the approval itself.
    public var requiresApproval: Bool?
    /// For how many days entries of its audit log are kept, 0 for ever; null: as the installation says. Those who run
    /// the installation say so.
    public var auditDays: Change<Int>
    public var reason: String?
    /// Do not wait for a second person; needs a reason.
    public var breakGlass: Bool?

    public init(
        displayName: String? = nil, requiresApproval: Bool? = nil, auditDays: Change<Int> = .keep,
        reason: String? = nil, breakGlass: Bool? = nil
    ) {
        self.displayName = displayName
        self.requiresApproval = requiresApproval
        self.auditDays = auditDays
        self.reason = reason
        self.breakGlass = breakGlass
    }

    private enum CodingKeys: String, CodingKey {
        case displayName, requiresApproval, auditDays, reason, breakGlass
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            displayName: try container.decodeIfPresent(String.self, forKey: .displayName),
            requiresApproval: try container.decodeIfPresent(Bool.self, forKey: .requiresApproval),
            auditDays: try container.change(of: .auditDays),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            breakGlass: try container.decodeIfPresent(Bool.self, forKey: .breakGlass))
        if case .set(let days) = self.auditDays {
            try NumberBounds.check(days, in: Tenant.auditDaysRange, decoder.codingPath + [CodingKeys.auditDays])
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        // A null would say that the member is taken away.
        if let displayName { try container.encode(displayName, forKey: .displayName) }
        if let requiresApproval { try container.encode(requiresApproval, forKey: .requiresApproval) }
        try container.encode(change: self.auditDays, forKey: .auditDays)
        if let reason { try container.encode(reason, forKey: .reason) }
        if let breakGlass { try container.encode(breakGlass, forKey: .breakGlass) }
    }
}

/// `POST /api/v1/tenants/{name}/suspend` and `resume`.
public struct SteerTenantRequest: Hashable, Sendable, Codable {
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// `PUT /api/v1/tenants/{name}/quotas`: all of them; what is left out bounds nothing.
public struct SetQuotasRequest: Hashable, Sendable, Codable {
    /// What those are taken from that `quotas` does not say.
    public var tier: TenantTier?
    public var quotas: Quotas?
    /// Kept with what was done.
    public var reason: String?

    public init(tier: TenantTier? = nil, quotas: Quotas? = nil, reason: String? = nil) {
        self.tier = tier
        self.quotas = quotas
        self.reason = reason
    }

    /// The preset, and what is said beside it.
    public var all: Quotas {
        var all = self.tier?.quotas ?? Quotas()
        for quota in Quota.allCases {
            if let limit = self.quotas?[quota] { all[quota] = limit }
        }
        return all
    }
}

/// What a tenant has, beside what it may have.
public struct UsageInfo: Hashable, Sendable, Codable {
    public struct Line: Hashable, Sendable, Codable {
        public let quota: Quota
        /// `nil`: it is not known, as what is stored is not until it was measured.
        public let used: Int64?
        /// `nil`: nothing bounds it.
        public let limit: Int64?

        public init(quota: Quota, used: Int64?, limit: Int64?) {
            self.quota = quota
            self.used = used
            self.limit = limit
        }
    }

    public let lines: [Line]
    /// When what is stored was measured.
    public let storageMeasuredAt: Date?

    public init(lines: [Line], storageMeasuredAt: Date?) {
        self.lines = lines
        self.storageMeasuredAt = storageMeasuredAt
    }
}
