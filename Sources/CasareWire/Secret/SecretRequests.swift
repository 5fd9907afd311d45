public import CasareDomain
public import FoundationEssentials

/// The rules for what is said of secrets.
enum SecretRules {
    static func check(description: String?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let description else { return }
        try ShortText.check(description, path, charactersMax: Secret.descriptionCharactersMax)
    }

    static func check(labels: Object?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let labels else { return }
        let place = WireDecodingError.text(of: path)
        guard labels.count <= Secret.labelsMax else {
            throw WireDecodingError(
                path: place, message: "expected at most \(Secret.labelsMax), got \(labels.count)")
        }
        for (name, value) in labels {
            try ShortText.check(name, place, charactersMax: Secret.labelCharactersMax)
            guard let text = value.string else {
                throw WireDecodingError(
                    path: "\(place).\(name)", message: "expected a string, got \(value.kindName)")
            }
            try ShortText.check(text, "\(place).\(name)", charactersMax: Secret.labelCharactersMax)
        }
    }

    static func check(versionsMax: Int?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let versionsMax else { return }
        try self.check(Double(versionsMax), in: Self.doubles(Secret.versionsMaxRange), path)
    }

    static func check(overlapSeconds: Double?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let overlapSeconds else { return }
        try self.check(overlapSeconds, in: Secret.overlapSecondsRange, path)
    }

    static func check(rotation: RotationPolicy?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let problem = rotation?.problem else { return }
        throw WireDecodingError(
            path: "\(WireDecodingError.text(of: path)).\(problem.member)", message: problem.message)
    }

    static func check(version: Int?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let version else { return }
        try self.check(Double(version), in: Self.doubles(1...Int(Int32.max)), path)
    }

    /// As many as a secret can have.
    static func check(versions: [Int]?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let versions else { return }
        guard (1...Secret.versionsMaxRange.upperBound).contains(versions.count) else {
            throw WireDecodingError(
                path: WireDecodingError.text(of: path),
                message: "expected 1 to \(Secret.versionsMaxRange.upperBound) versions; "
                    + "leave it out for the whole secret")
        }
        for version in versions { try self.check(version: version, path) }
    }

    private static func doubles(_ range: ClosedRange<Int>) -> ClosedRange<Double> {
        Double(range.lowerBound)...Double(range.upperBound)
    }

    private static func check(
        _ number: Double, in range: ClosedRange<Double>, _ path: [any CodingKey]
    ) throws(WireDecodingError) {
        guard range.contains(number) else {
            throw WireDecodingError(
                path: WireDecodingError.text(of: path),
                message: "expected a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
        }
    }
}

/// `POST /api/v1/secrets`.
public struct CreateSecretRequest: Sendable, Codable {
    public static let providerCharactersMax = 100
    public static let pathCharactersMax = 500

    public var name: Secret.Name
    public var kind: Secret.Kind
    /// Its first version; `nil` for one that a provider has.
    public var fields: SecretFields?
    public var description: String?
    /// Strings by name.
    public var labels: Object?
    /// How many versions are kept; `nil`: 10.
    public var versionsMax: Int?
    public var expiresAt: Date?
    public var rotation: RotationPolicy?
    /// What has it, by its name in the server's list of providers; `nil`: the server keeps it.
    public var provider: String?
    /// Where the provider has it.
    public var path: String?
    /// Kept with what was done.
    public var reason: String?

    public init(
        name: Secret.Name, kind: Secret.Kind, fields: SecretFields?, description: String? = nil, labels: Object? = nil,
        versionsMax: Int? = nil, expiresAt: Date? = nil, rotation: RotationPolicy? = nil, provider: String? = nil,
        path: String? = nil, reason: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.fields = fields
        self.description = description
        self.labels = labels
        self.versionsMax = versionsMax
        self.expiresAt = expiresAt
        self.rotation = rotation
        self.provider = provider
        self.path = path
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case name, kind, fields, description, labels, versionsMax, expiresAt, rotation, provider, path, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let at = decoder.codingPath
        self.init(
            name: try container.decode(Secret.Name.self, forKey: .name),
            kind: try container.decode(Secret.Kind.self, forKey: .kind),
            fields: try container.decodeIfPresent(SecretFields.self, forKey: .fields),
            description: try container.decodeIfPresent(String.self, forKey: .description),
            labels: try container.decodeIfPresent(Object.self, forKey: .labels),
            versionsMax: try container.decodeIfPresent(Int.self, forKey: .versionsMax),
            expiresAt: try container.decodeIfPresent(Date.self, forKey: .expiresAt),
            rotation: try container.decodeIfPresent(RotationPolicy.self, forKey: .rotation),
            provider: try container.decodeIfPresent(String.self, forKey: .provider),
            path: try container.decodeIfPresent(String.self, forKey: .path),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try SecretRules.check(description: self.description, at + [CodingKeys.description])
        try SecretRules.check(labels: self.labels, at + [CodingKeys.labels])
        try SecretRules.check(versionsMax: self.versionsMax, at + [CodingKeys.versionsMax])
        try SecretRules.check(rotation: self.rotation, at + [CodingKeys.rotation])
        if let provider {
            try ShortText.check(provider, at + [CodingKeys.provider], charactersMax: Self.providerCharactersMax)
        }
        if let path { try ShortText.check(path, at + [CodingKeys.path], charactersMax: Self.pathCharactersMax) }
        try ControlReason.check(self.reason, at + [CodingKeys.reason])
    }
}

/// `PATCH /api/v1/secrets/{name}`: what is left out stays as it is, and null takes away.
public struct UpdateSecretRequest: Sendable, Codable {
    public typealias Change = MemberChange

    public var description: Change<String>
    /// The labels from now on, all of them.
    public var labels: Change<Object>
    public var versionsMax: Int?
    public var expiresAt: Change<Date>
    public var rotation: Change<RotationPolicy>
    /// The revision that it was made of; refused where the secret has another one by now.
    public var revision: Int?
    /// Kept with what was done.
    public var reason: String?

    public init(
        description: Change<String> = .keep, labels: Change<Object> = .keep, versionsMax: Int? = nil,
        expiresAt: Change<Date> = .keep, rotation: Change<RotationPolicy> = .keep, revision: Int? = nil,
        reason: String? = nil
    ) {
        self.description = description
        self.labels = labels
        self.versionsMax = versionsMax
        self.expiresAt = expiresAt
        self.rotation = rotation
        self.revision = revision
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case description, labels, versionsMax, expiresAt, rotation, revision, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let at = decoder.codingPath
        self.init(
            description: try container.change(of: .description), labels: try container.change(of: .labels),
            versionsMax: try container.decodeIfPresent(Int.self, forKey: .versionsMax),
            expiresAt: try container.change(of: .expiresAt), rotation: try container.change(of: .rotation),
            revision: try container.decodeIfPresent(Int.self, forKey: .revision),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        if case .set(let description) = self.description {
            try SecretRules.check(description: description, at + [CodingKeys.description])
        }
        if case .set(let labels) = self.labels { try SecretRules.check(labels: labels, at + [CodingKeys.labels]) }
        if case .set(let rotation) = self.rotation {
            try SecretRules.check(rotation: rotation, at + [CodingKeys.rotation])
        }
        try SecretRules.check(versionsMax: self.versionsMax, at + [CodingKeys.versionsMax])
        try ControlReason.check(self.reason, at + [CodingKeys.reason])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(change: self.description, forKey: .description)
        try container.encode(change: self.labels, forKey: .labels)
        try container.encodeIfPresent(self.versionsMax, forKey: .versionsMax)
        try container.encode(change: self.expiresAt, forKey: .expiresAt)
        try container.encode(change: self.rotation, forKey: .rotation)
        try container.encodeIfPresent(self.revision, forKey: .revision)
        try container.encodeIfPresent(self.reason, forKey: .reason)
    }
}
