public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/secrets/{name}/versions`.
public struct PutSecretRequest: Sendable, Codable {
    public var fields: SecretFields
    /// The current version that was looked at; refused where it is another one by now. 0: there is none yet.
    public var expected: Int?
    /// How long the version before counts beside it; `nil`: for those who name it by its number, always.
    public var overlapSeconds: Double?
    public var expiresAt: Date?
    /// Nobody is given it before it is promoted.
    public var pending: Bool?
    /// Kept with it.
    public var reason: String?

    public init(
        fields: SecretFields, expected: Int? = nil, overlapSeconds: Double? = nil, expiresAt: Date? = nil,
        pending: Bool? = nil, reason: String? = nil
    ) {
        self.fields = fields
        self.expected = expected
        self.overlapSeconds = overlapSeconds
        self.expiresAt = expiresAt
        self.pending = pending
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case fields, expected, overlapSeconds, expiresAt, pending, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let at = decoder.codingPath
        self.init(
            fields: try container.decode(SecretFields.self, forKey: .fields),
            expected: try container.decodeIfPresent(Int.self, forKey: .expected),
            overlapSeconds: try container.decodeIfPresent(Double.self, forKey: .overlapSeconds),
            expiresAt: try container.decodeIfPresent(Date.self, forKey: .expiresAt),
            pending: try container.decodeIfPresent(Bool.self, forKey: .pending),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try SecretRules.check(overlapSeconds: self.overlapSeconds, at + [CodingKeys.overlapSeconds])
        try ControlReason.check(self.reason, at + [CodingKeys.reason])
    }
}

/// `POST /api/v1/secrets/{name}/versions/{version}/promote` and `discard`.
public struct SteerSecretVersionRequest: Hashable, Sendable, Codable {
    /// Of a promotion: how long the version before counts beside it.
    public var overlapSeconds: Double?
    /// Kept with what was done.
    public var reason: String?

    public init(overlapSeconds: Double? = nil, reason: String? = nil) {
        self.overlapSeconds = overlapSeconds
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case overlapSeconds, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            overlapSeconds: try container.decodeIfPresent(Double.self, forKey: .overlapSeconds),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try SecretRules.check(
            overlapSeconds: self.overlapSeconds, decoder.codingPath + [CodingKeys.overlapSeconds])
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}

/// `POST /api/v1/secrets/{name}/rollback`: a new version with the value of an old one.
public struct RollBackSecretRequest: Hashable, Sendable, Codable {
    /// The old one.
    public var version: Int
    /// The current version that was looked at; refused where it is another one by now.
    public var expected: Int?
    /// Kept with it.
    public var reason: String?

    public init(version: Int, expected: Int? = nil, reason: String? = nil) {
        self.version = version
        self.expected = expected
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case version, expected, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            version: try container.decode(Int.self, forKey: .version),
            expected: try container.decodeIfPresent(Int.self, forKey: .expected),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try SecretRules.check(version: self.version, decoder.codingPath + [CodingKeys.version])
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}

/// `POST /api/v1/secrets/{name}/delete`, `undelete` and `destroy`.
public struct SecretVersionsRequest: Hashable, Sendable, Codable {
    /// Which versions; `nil`: the whole secret.
    public var versions: [Int]?
    /// Kept with what was done.
    public var reason: String?

    public init(versions: [Int]? = nil, reason: String? = nil) {
        self.versions = versions
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case versions, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            versions: try container.decodeIfPresent([Int].self, forKey: .versions),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try SecretRules.check(versions: self.versions, decoder.codingPath + [CodingKeys.versions])
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}

/// `POST /api/v1/secrets/{name}/expire`.
public struct ExpireSecretRequest: Hashable, Sendable, Codable {
    /// `nil`: the whole secret.
    public var version: Int?
    /// Nobody is given it from then on; `nil`: it does not expire any more.
    public var at: Date?
    /// Kept with what was done.
    public var reason: String?

    public init(version: Int? = nil, at: Date?, reason: String? = nil) {
        self.version = version
        self.at = at
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case version, at, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            version: try container.decodeIfPresent(Int.self, forKey: .version),
            at: try container.decodeIfPresent(Date.self, forKey: .at),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try SecretRules.check(version: self.version, decoder.codingPath + [CodingKeys.version])
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}

/// `POST /api/v1/secrets/{name}/reveal`: who asks for a value says why.
public struct RevealSecretRequest: Hashable, Sendable, Codable {
    /// `nil`: the current one.
    public var version: Int?
    /// Kept in the audit log.
    public var reason: String

    public init(version: Int? = nil, reason: String) {
        self.version = version
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case version, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            version: try container.decodeIfPresent(Int.self, forKey: .version),
            reason: try container.decode(String.self, forKey: .reason))
        try SecretRules.check(version: self.version, decoder.codingPath + [CodingKeys.version])
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}
