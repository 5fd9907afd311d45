public import CasareDomain
public import FoundationEssentials

/// The tenant's policy: a member per switch, and who changed it last.
public struct PolicyInfo: Hashable, Sendable, Codable {
    public let policy: SafetyPolicy
    /// `nil`: it was never changed.
    public let changedAt: Date?
    /// The name of a token.
    public let changedBy: String?

    public init(policy: SafetyPolicy, changedAt: Date?, changedBy: String?) {
        self.policy = policy
        self.changedAt = changedAt
        self.changedBy = changedBy
    }

    private enum CodingKeys: String, CodingKey {
        case changedAt, changedBy
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            policy: try SafetyPolicy(from: decoder),
            changedAt: try container.decodeIfPresent(Date.self, forKey: .changedAt),
            changedBy: try container.decodeIfPresent(String.self, forKey: .changedBy))
    }

    public func encode(to encoder: any Encoder) throws {
        try self.policy.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(self.changedAt, forKey: .changedAt)
        try container.encodeIfPresent(self.changedBy, forKey: .changedBy)
    }
}

/// `PATCH /api/v1/tenant/policy`: true or false sets a switch, null leaves it to the robots again, and one that is left
/// out stays as it is (RFC 7396).
public struct ChangePolicyRequest: Hashable, Sendable, Codable {
    public enum Change: Hashable, Sendable {
        case set(Bool)
        case reset
    }

    public var changes: [SafetyPolicy.Switch: Change]
    /// Kept with what was done.
    public var reason: String?

    public init(_ changes: [SafetyPolicy.Switch: Change], reason: String? = nil) {
        self.changes = changes
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: SafetyPolicy.Switch.self)
        self.changes = [:]
        for name in SafetyPolicy.Switch.allCases {
            if let isOn = try container.decodeIfPresent(Bool.self, forKey: name) {
                self.changes[name] = .set(isOn)
            } else if container.contains(name) {
                self.changes[name] = .reset
            }
        }
        self.reason = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .reason)
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: SafetyPolicy.Switch.self)
        for name in SafetyPolicy.Switch.allCases {
            switch self.changes[name] {
            case .set(let isOn): try container.encode(isOn, forKey: name)
            case .reset: try container.encodeNil(forKey: name)
            case nil: break
            }
        }
        if let reason {
            var other = encoder.container(keyedBy: CodingKeys.self)
            try other.encode(reason, forKey: .reason)
        }
    }

    public func apply(to policy: inout SafetyPolicy) {
        for (name, change) in self.changes {
            switch change {
            case .set(let isOn): policy[name] = isOn
            case .reset: policy[name] = nil
            }
        }
    }
}
