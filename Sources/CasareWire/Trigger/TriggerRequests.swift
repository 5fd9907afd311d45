public import CasareDomain

/// The rule for the names of triggers: they stand in paths, where an ID may stand as well.
public enum TriggerName {
    /// - Throws: for an empty or too long one, control characters, and one that would be read as an ID.
    public static func check(_ name: String, _ place: String) throws(WireDecodingError) {
        try ShortText.check(
            name: name, notA: Trigger.ID.self, of: "triggers", place, charactersMax: Trigger.nameCharactersMax)
    }
}

/// The rule for the secrets of hooks and of feeds.
public enum HookSecret {
    /// Short ones can be guessed.
    public static let bytesRange = 16...1024
    /// Of the password or token of a feed, which somebody else has chosen.
    public static let feedBytesRange = 1...1024

    /// How long the secret of a trigger may be.
    public static func bytesRange(of spec: TriggerSpec) -> ClosedRange<Int> {
        switch spec.source {
        case .webhook, .job, .file: self.bytesRange
        case .feed: self.feedBytesRange
        }
    }

    static func check(
        _ secret: String?, in range: ClosedRange<Int>, _ path: [any CodingKey]
    ) throws(WireDecodingError) {
        guard let secret else { return }
        let place = WireDecodingError.text(of: path)
        try self.check(secret, in: range, place)
        try ShortText.checkCharacters(secret, place)
    }

    /// - Throws: for one that is too short or too long; the message never repeats it.
    public static func check(
        _ secret: String, in range: ClosedRange<Int>, _ place: String
    ) throws(WireDecodingError) {
        guard range.contains(secret.utf8.count) else {
            throw WireDecodingError(
                path: place, message: "expected \(range.lowerBound) to \(range.upperBound) bytes")
        }
    }
}

/// `POST /api/v1/triggers`.
public struct CreateTriggerRequest: Hashable, Sendable, Codable {
    public var name: String
    public var spec: TriggerSpec
    /// By which requests to its hook prove themselves; `nil`: one is made up, and is in the answer this once. Of a feed
    /// its password or token, which is never made up.
    public var secret: String?
    /// Nothing comes of it until somebody resumes it.
    public var paused: Bool
    /// Kept with what was done.
    public var reason: String?
    /// Who keeps it in files, by the mark of `casarectl apply`; 1 to 64 characters.
    public var managedBy: String?

    public init(
        name: String, spec: TriggerSpec, secret: String? = nil, paused: Bool = false, reason: String? = nil,
        managedBy: String? = nil
    ) {
        self.name = name
        self.spec = spec
        self.secret = secret
        self.paused = paused
        self.reason = reason
        self.managedBy = managedBy
    }

    private enum CodingKeys: String, CodingKey {
        case name, secret, paused, reason, managedBy, spec
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let name = try container.decode(String.self, forKey: .name)
        let secret = try container.decodeIfPresent(String.self, forKey: .secret)
        let paused = try container.decodeIfPresent(Bool.self, forKey: .paused) ?? false
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        let managedBy = try container.decodeIfPresent(String.self, forKey: .managedBy)
        self.init(
            name: name, spec: try container.decode(TriggerSpec.self, forKey: .spec), secret: secret, paused: paused,
            reason: reason, managedBy: managedBy)
        let path = decoder.codingPath
        try TriggerName.check(name, WireDecodingError.text(of: path + [CodingKeys.name]))
        try HookSecret.check(secret, in: HookSecret.bytesRange(of: self.spec), path + [CodingKeys.secret])
        try ControlReason.check(reason, path + [CodingKeys.reason])
        try AppliedOwner.check(managedBy, path + [CodingKeys.managedBy])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.name, forKey: .name)
        if let secret { try container.encode(secret, forKey: .secret) }
        if self.paused { try container.encode(true, forKey: .paused) }
        if let reason { try container.encode(reason, forKey: .reason) }
        if let managedBy { try container.encode(managedBy, forKey: .managedBy) }
        try container.encode(self.spec, forKey: .spec)
    }
}

/// `PATCH /api/v1/triggers/{name}`: members of the spec that are named change, null takes one away, and what is left
/// out stays as it is (RFC 7396).
public struct UpdateTriggerRequest: Hashable, Sendable, Codable {
    /// What changes of the spec.
    public var spec: Object
    /// The revision that it was made of; refused where the trigger has another one by now.
    public var revision: Int?
    /// Who keeps it in files from now on; `nil`: as it is.
    public var managedBy: String?

    public init(spec: Object = [:], revision: Int? = nil, managedBy: String? = nil) {
        self.spec = spec
        self.revision = revision
        self.managedBy = managedBy
    }

    private enum CodingKeys: String, CodingKey {
        case spec, revision, managedBy
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            spec: try container.decodeIfPresent(Object.self, forKey: .spec) ?? [:],
            revision: try container.decodeIfPresent(Int.self, forKey: .revision),
            managedBy: try container.decodeIfPresent(String.self, forKey: .managedBy))
        try AppliedOwner.check(self.managedBy, decoder.codingPath + [CodingKeys.managedBy])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.spec, forKey: .spec)
        if let revision { try container.encode(revision, forKey: .revision) }
        if let managedBy { try container.encode(managedBy, forKey: .managedBy) }
    }
}

/// `POST /api/v1/triggers/{name}/pause` and `resume`.
public struct SteerTriggerRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// `POST /api/v1/triggers/{name}/secret`: a new secret, beside which the one before counts for a time.
public struct RotateTriggerRequest: Hashable, Sendable, Codable {
    public static let overlapSecondsRange = 0.0...604_800.0

    /// `nil`: one is made up, and is in the answer this once.
    public var secret: String?
    /// For how long the one before counts; `nil`: for a day.
    public var overlapSeconds: Double?
    /// Kept with what was done.
    public var reason: String?

    public init(secret: String? = nil, overlapSeconds: Double? = nil, reason: String? = nil) {
        self.secret = secret
        self.overlapSeconds = overlapSeconds
        self.reason = reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            secret: try container.decodeIfPresent(String.self, forKey: .secret),
            overlapSeconds: try container.decodeIfPresent(Double.self, forKey: .overlapSeconds),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        let path = decoder.codingPath
        // Of a hook longer ones are asked for, which only who knows the trigger can say.
        try HookSecret.check(self.secret, in: HookSecret.feedBytesRange, path + [CodingKeys.secret])
        try NumberBounds.check(
            seconds: self.overlapSeconds, in: Self.overlapSecondsRange, path + [CodingKeys.overlapSeconds])
        try ControlReason.check(self.reason, path + [CodingKeys.reason])
    }
}

/// `POST /api/v1/triggers/{name}/test`: a delivery as it might come, of which nothing comes.
public struct TestTriggerRequest: Hashable, Sendable, Codable {
    /// The body as JSON; of a job trigger, what is said of the job; of a file or a feed, what was found.
    public var payload: Value?
    /// The body as text. Excludes `payload`.
    public var body: String?
    /// `nil`: the first that the hook takes.
    public var method: Webhook.Method?
    /// Texts by name. With the header of the signature it is checked too.
    public var headers: Object?
    /// Texts by name.
    public var query: Object?

    public init(
        payload: Value? = nil, body: String? = nil, method: Webhook.Method? = nil, headers: Object? = nil,
        query: Object? = nil
    ) {
        self.payload = payload
        self.body = body
        self.method = method
        self.headers = headers
        self.query = query
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            payload: try container.decodeIfPresent(Value.self, forKey: .payload),
            body: try container.decodeIfPresent(String.self, forKey: .body),
            method: try container.decodeIfPresent(Webhook.Method.self, forKey: .method),
            headers: try container.decodeIfPresent(Object.self, forKey: .headers),
            query: try container.decodeIfPresent(Object.self, forKey: .query))
        let path = decoder.codingPath
        if self.payload != nil && self.body != nil {
            throw WireDecodingError(path + [CodingKeys.body], "give a payload or a body, not both")
        }
        for (texts, key) in [(self.headers, CodingKeys.headers), (self.query, CodingKeys.query)] {
            for (name, value) in texts ?? [:] where value.string == nil {
                throw WireDecodingError(path + [key], "\(name.prefix(60)): expected a string, got \(value.kindName)")
            }
        }
    }
}
