public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/secrets/{name}/rotate`: a new version in which some fields change, and the others stay as they are.
///
/// Exactly one of `fields`, `value` and `generate` says what changes.
public struct RotateSecretRequest: Sendable, Codable {
    /// By the names of the fields.
    public var fields: SecretFields?
    /// Of the one field that such a secret has to keep secret.
    public var value: SecretText?
    /// The server makes the value up; it is in no answer.
    public var generate: SecretGenerator?
    /// The field that is made up; `nil`: that one.
    public var field: String?
    /// The version before counts beside the new one for so long; `nil`: as the secret's policy says, or an hour.
    public var overlapSeconds: Double?
    /// The version waits until `rotate/end` says whether its hook has worked.
    public var pending: Bool
    /// Of one that waits: it is discarded when nobody has said that by then; 10 to 86400, `nil`: 900.
    public var pendingSeconds: Double?
    /// Only if this is the current version still.
    public var expectedVersion: Int?
    /// Kept with what was done.
    public var reason: String?

    public static let pendingSecondsRange = 10.0...86_400.0

    public init(
        fields: SecretFields? = nil, value: SecretText? = nil, generate: SecretGenerator? = nil, field: String? = nil,
        overlapSeconds: Double? = nil, pending: Bool = false, pendingSeconds: Double? = nil,
        expectedVersion: Int? = nil, reason: String? = nil
    ) {
        self.fields = fields
        self.value = value
        self.generate = generate
        self.field = field
        self.overlapSeconds = overlapSeconds
        self.pending = pending
        self.pendingSeconds = pendingSeconds
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case fields, value, generate, field, overlapSeconds, pending, pendingSeconds, expectedVersion, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let fields = try container.decodeIfPresent(SecretFields.self, forKey: .fields)
        let value = try container.decodeIfPresent(String.self, forKey: .value)
        self.init(
            fields: fields, value: value.map { SecretText($0) },
            generate: try container.decodeIfPresent(SecretGenerator.self, forKey: .generate),
            field: try container.decodeIfPresent(String.self, forKey: .field),
            overlapSeconds: try container.decodeIfPresent(Double.self, forKey: .overlapSeconds),
            pending: try container.decodeIfPresent(Bool.self, forKey: .pending) ?? false,
            pendingSeconds: try container.decodeIfPresent(Double.self, forKey: .pendingSeconds),
            expectedVersion: try container.decodeIfPresent(Int.self, forKey: .expectedVersion),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        let path = decoder.codingPath
        let given = [fields != nil, value != nil, self.generate != nil].count(where: { $0 })
        guard given == 1 else {
            throw WireDecodingError(
                path + [CodingKeys.value], "give one of fields, value and generate: it says what changes")
        }
        guard self.field == nil || self.generate != nil else {
            throw WireDecodingError(path + [CodingKeys.field], "goes with generate; fields has names of its own")
        }
        for name in self.fields?.names ?? self.field.map({ [$0] }) ?? []
        where !SecretReference.isFieldName(name) {
            throw WireDecodingError(
                path + [self.fields == nil ? CodingKeys.field : .fields],
                "the name of a field is of small letters, digits and _, and begins with a letter")
        }
        try SecretRules.check(overlapSeconds: self.overlapSeconds, path + [CodingKeys.overlapSeconds])
        if let seconds = self.pendingSeconds, !Self.pendingSecondsRange.contains(seconds) {
            let range = Self.pendingSecondsRange
            throw WireDecodingError(
                path + [CodingKeys.pendingSeconds],
                "expected seconds from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
        }
        guard self.pendingSeconds == nil || self.pending else {
            throw WireDecodingError(path + [CodingKeys.pendingSeconds], "goes with pending only")
        }
        try ControlReason.check(self.reason, path + [CodingKeys.reason])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(self.fields, forKey: .fields)
        if let value { try value.reveal { try container.encode($0, forKey: .value) } }
        try container.encodeIfPresent(self.generate, forKey: .generate)
        try container.encodeIfPresent(self.field, forKey: .field)
        try container.encodeIfPresent(self.overlapSeconds, forKey: .overlapSeconds)
        if self.pending { try container.encode(true, forKey: .pending) }
        try container.encodeIfPresent(self.pendingSeconds, forKey: .pendingSeconds)
        try container.encodeIfPresent(self.expectedVersion, forKey: .expectedVersion)
        try container.encodeIfPresent(self.reason, forKey: .reason)
    }
}

/// What a rotation has come to.
public struct SecretRotationInfo: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// The new version waits for its hook; the one before is the current one still.
        case pending
        /// The new version is the current one.
        case current
        /// The new version came to nothing; the one before is the current one still.
        case discarded
    }

    public let secret: Secret.Name
    /// The new one.
    public let version: Int
    /// The one before.
    public let previousVersion: Int
    public let state: State
    /// Names of the fields that change; only when it begins.
    public let changed: [String]
    /// How long the one before counts beside the new one, or would.
    public let overlapSeconds: Double?
    /// Of one that waits: when it is given up.
    public let until: Date?

    public init(
        secret: Secret.Name, version: Int, previousVersion: Int, state: State, changed: [String] = [],
        overlapSeconds: Double? = nil, until: Date? = nil
    ) {
        self.secret = secret
        self.version = version
        self.previousVersion = previousVersion
        self.state = state
        self.changed = changed
        self.overlapSeconds = overlapSeconds
        self.until = until
    }
}

/// `POST /api/v1/secrets/{name}/rotate/end`: how the hook of a rotation ended.
public struct EndRotationRequest: Hashable, Sendable, Codable {
    public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
        /// The new version takes the place of the one before.
        case promote
        /// The new version is destroyed, and the one before stays.
        case discard
    }

    public var outcome: Outcome
    /// The version that waits; `nil`, to discard: whichever it is.
    public var version: Int?
    /// Instead of what was said when it began.
    public var overlapSeconds: Double?
    public var reason: String?

    public init(outcome: Outcome, version: Int? = nil, overlapSeconds: Double? = nil, reason: String? = nil) {
        self.outcome = outcome
        self.version = version
        self.overlapSeconds = overlapSeconds
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case outcome, version, overlapSeconds, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let outcome = try container.decode(Outcome.self, forKey: .outcome)
        let version = try container.decodeIfPresent(Int.self, forKey: .version)
        let overlap = try container.decodeIfPresent(Double.self, forKey: .overlapSeconds)
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        self.init(outcome: outcome, version: version, overlapSeconds: overlap, reason: reason)
        let path = decoder.codingPath
        guard version != nil || outcome == .discard else {
            throw WireDecodingError(path + [CodingKeys.version], "is required to promote: say which version worked")
        }
        try SecretRules.check(version: version, path + [CodingKeys.version])
        try SecretRules.check(overlapSeconds: overlap, path + [CodingKeys.overlapSeconds])
        try ControlReason.check(reason, path + [CodingKeys.reason])
    }
}
