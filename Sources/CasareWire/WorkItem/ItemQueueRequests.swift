public import CasareDomain

/// The rule for the names of queues of items: they stand in paths.
public enum ItemQueueName {
    /// - Throws: for an empty or too long one, and for control characters.
    public static func check(_ name: String, _ place: String) throws(WireDecodingError) {
        try ShortText.check(name: name, place, charactersMax: ItemQueue.nameCharactersMax)
    }
}

/// `POST /api/v1/item-queues`.
public struct CreateItemQueueRequest: Hashable, Sendable, Codable {
    public var name: String
    /// So often an item is tried again after an application failure, 0 to 100.
    public var maxRetries: Int
    /// It waits so long before.
    public var retryDelaySeconds: Double
    /// Of one reference there is one item: adding it again adds nothing.
    public var uniqueReference: Bool
    /// Makes jobs while there are items.
    public var performer: ItemPerformerInfo?
    public var description: String?

    public init(
        name: String, maxRetries: Int = ItemQueue.Rules.maxRetriesDefault,
        retryDelaySeconds: Double = ItemQueue.Rules.retryDelaySecondsDefault, uniqueReference: Bool = false,
        performer: ItemPerformerInfo? = nil, description: String? = nil
    ) {
        self.name = name
        self.maxRetries = maxRetries
        self.retryDelaySeconds = retryDelaySeconds
        self.uniqueReference = uniqueReference
        self.performer = performer
        self.description = description
    }

    public var rules: ItemQueue.Rules {
        ItemQueue.Rules(
            maxRetries: self.maxRetries, retryDelaySeconds: self.retryDelaySeconds,
            uniqueReference: self.uniqueReference, performer: self.performer?.performer,
            description: self.description)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            maxRetries: try container.decodeIfPresent(Int.self, forKey: .maxRetries)
                ?? ItemQueue.Rules.maxRetriesDefault,
            retryDelaySeconds: try container.decodeIfPresent(Double.self, forKey: .retryDelaySeconds)
                ?? ItemQueue.Rules.retryDelaySecondsDefault,
            uniqueReference: try container.decodeIfPresent(Bool.self, forKey: .uniqueReference) ?? false,
            performer: try container.decodeIfPresent(ItemPerformerInfo.self, forKey: .performer),
            description: try container.decodeIfPresent(String.self, forKey: .description))
        let path = decoder.codingPath
        try ItemQueueName.check(self.name, WireDecodingError.text(of: path + [CodingKeys.name]))
        try ItemQueueRules.check(maxRetries: self.maxRetries, path + [CodingKeys.maxRetries])
        try ItemQueueRules.check(retryDelaySeconds: self.retryDelaySeconds, path + [CodingKeys.retryDelaySeconds])
        try ItemQueueRules.check(description: self.description, path + [CodingKeys.description])
    }
}

enum ItemQueueRules {
    static func check(maxRetries: Int?, _ path: [any CodingKey]) throws(WireDecodingError) {
        try NumberBounds.check(maxRetries, in: ItemQueue.Rules.retriesRange, path)
    }

    static func check(retryDelaySeconds: Double?, _ path: [any CodingKey]) throws(WireDecodingError) {
        try NumberBounds.check(seconds: retryDelaySeconds, in: 0...Job.spanSecondsMax, path)
    }

    static func check(description: String?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let description else { return }
        let charactersMax = ItemQueue.Rules.descriptionCharactersMax
        guard description.unicodeScalars.count <= charactersMax else {
            throw WireDecodingError(path, "is longer than \(charactersMax) characters")
        }
    }
}

/// `PATCH /api/v1/item-queues/{name}`: what is left out stays as it is, and null takes the performer or the description
/// away (RFC 7396).
public struct UpdateItemQueueRequest: Hashable, Sendable, Codable {
    public typealias Change = MemberChange

    public var maxRetries: Int?
    public var retryDelaySeconds: Double?
    public var uniqueReference: Bool?
    public var performer: Change<ItemPerformerInfo>
    public var description: Change<String>

    public init(
        maxRetries: Int? = nil, retryDelaySeconds: Double? = nil, uniqueReference: Bool? = nil,
        performer: Change<ItemPerformerInfo> = .keep, description: Change<String> = .keep
    ) {
        self.maxRetries = maxRetries
        self.retryDelaySeconds = retryDelaySeconds
        self.uniqueReference = uniqueReference
        self.performer = performer
        self.description = description
    }

    public func apply(to rules: inout ItemQueue.Rules) {
        if let maxRetries { rules.maxRetries = maxRetries }
        if let retryDelaySeconds { rules.retryDelaySeconds = retryDelaySeconds }
        if let uniqueReference { rules.uniqueReference = uniqueReference }
        switch self.performer {
        case .keep: break
        case .remove: rules.performer = nil
        case .set(let info): rules.performer = info.performer
        }
        self.description.apply(to: &rules.description)
    }

    private enum CodingKeys: String, CodingKey {
        case maxRetries, retryDelaySeconds, uniqueReference, performer, description
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            maxRetries: try container.decodeIfPresent(Int.self, forKey: .maxRetries),
            retryDelaySeconds: try container.decodeIfPresent(Double.self, forKey: .retryDelaySeconds),
            uniqueReference: try container.decodeIfPresent(Bool.self, forKey: .uniqueReference),
            performer: try container.change(of: .performer), description: try container.change(of: .description))
        let path = decoder.codingPath
        try ItemQueueRules.check(maxRetries: self.maxRetries, path + [CodingKeys.maxRetries])
        try ItemQueueRules.check(retryDelaySeconds: self.retryDelaySeconds, path + [CodingKeys.retryDelaySeconds])
        if case .set(let text) = self.description {
            try ItemQueueRules.check(description: text, path + [CodingKeys.description])
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        // A null would say that the member is taken away.
        if let maxRetries { try container.encode(maxRetries, forKey: .maxRetries) }
        if let retryDelaySeconds { try container.encode(retryDelaySeconds, forKey: .retryDelaySeconds) }
        if let uniqueReference { try container.encode(uniqueReference, forKey: .uniqueReference) }
        try container.encode(change: self.performer, forKey: .performer)
        try container.encode(change: self.description, forKey: .description)
    }
}
