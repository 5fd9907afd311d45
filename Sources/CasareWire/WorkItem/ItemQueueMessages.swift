public import CasareDomain
public import FoundationEssentials

/// The rule for the names of queues of items: they stand in paths.
public enum ItemQueueName {
    /// - Throws: for an empty or too long one, and for control characters.
    public static func check(_ name: String, _ place: String) throws(WireDecodingError) {
        try ShortText.check(name, place, charactersMax: ItemQueue.nameCharactersMax)
        guard name.contains(where: { !$0.isWhitespace }) else {
            throw WireDecodingError(path: place, message: "is empty; give it a name")
        }
    }
}

/// Which jobs are made for the items of a queue.
public struct ItemPerformerInfo: Hashable, Sendable, Codable {
    /// Name of a workflow, which takes items until there is none.
    public var workflow: String
    public var variables: Object
    public var environment: String
    /// So many of them run at once, 1 to 100.
    public var jobsMax: Int

    public init(
        workflow: String, variables: Object = [:],
        environment: String = ItemQueue.Performer.environmentDefault, jobsMax: Int = 1
    ) {
        self.workflow = workflow
        self.variables = variables
        self.environment = environment
        self.jobsMax = jobsMax
    }

    public init(_ performer: ItemQueue.Performer) {
        self.init(
            workflow: performer.workflow, variables: performer.variables, environment: performer.environment,
            jobsMax: performer.jobsMax)
    }

    public var performer: ItemQueue.Performer {
        ItemQueue.Performer(
            workflow: self.workflow, variables: self.variables, environment: self.environment, jobsMax: self.jobsMax)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            workflow: try container.decode(String.self, forKey: .workflow),
            variables: try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:],
            environment: try container.decodeIfPresent(String.self, forKey: .environment)
                ?? ItemQueue.Performer.environmentDefault,
            jobsMax: try container.decodeIfPresent(Int.self, forKey: .jobsMax) ?? 1)
        let path = decoder.codingPath
        try ShortText.check(
            self.workflow, path + [CodingKeys.workflow], charactersMax: ItemQueue.Performer.workflowCharactersMax)
        try ShortText.check(
            self.environment, path + [CodingKeys.environment],
            charactersMax: ItemQueue.Performer.environmentCharactersMax)
        let range = ItemQueue.Performer.jobsRange
        guard range.contains(self.jobsMax) else {
            throw WireDecodingError(
                path + [CodingKeys.jobsMax],
                "expected a number from \(range.lowerBound) to \(range.upperBound), got \(self.jobsMax)")
        }
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
    static func check(maxRetries: Int, _ path: [any CodingKey]) throws(WireDecodingError) {
        let range = ItemQueue.Rules.retriesRange
        guard range.contains(maxRetries) else {
            throw WireDecodingError(
                path, "expected a number from \(range.lowerBound) to \(range.upperBound), got \(maxRetries)")
        }
    }

    static func check(retryDelaySeconds: Double, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard (0...Job.spanSecondsMax).contains(retryDelaySeconds) else {
            throw WireDecodingError(
                path, "expected seconds from 0 to \(Int(Job.spanSecondsMax)), got \(retryDelaySeconds)")
        }
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
    public enum Change<Content: Hashable & Sendable>: Hashable, Sendable {
        case keep, remove
        case set(Content)
    }

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
        switch self.description {
        case .keep: break
        case .remove: rules.description = nil
        case .set(let text): rules.description = text
        }
    }

    private enum CodingKeys: String, CodingKey {
        case maxRetries, retryDelaySeconds, uniqueReference, performer, description
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func change<Content: Decodable>(_ key: CodingKeys, _: Content.Type = Content.self) throws -> Change<Content> {
            if let value = try container.decodeIfPresent(Content.self, forKey: key) { return .set(value) }
            return container.contains(key) ? .remove : .keep
        }
        self.init(
            maxRetries: try container.decodeIfPresent(Int.self, forKey: .maxRetries),
            retryDelaySeconds: try container.decodeIfPresent(Double.self, forKey: .retryDelaySeconds),
            uniqueReference: try container.decodeIfPresent(Bool.self, forKey: .uniqueReference),
            performer: try change(.performer), description: try change(.description))
        let path = decoder.codingPath
        if let maxRetries { try ItemQueueRules.check(maxRetries: maxRetries, path + [CodingKeys.maxRetries]) }
        if let retryDelaySeconds {
            try ItemQueueRules.check(
                retryDelaySeconds: retryDelaySeconds, path + [CodingKeys.retryDelaySeconds])
        }
        if case .set(let text) = self.description {
            try ItemQueueRules.check(description: text, path + [CodingKeys.description])
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func encode<Content: Encodable>(_ change: Change<Content>, _ key: CodingKeys) throws {
            switch change {
            case .keep: break
            case .remove: try container.encodeNil(forKey: key)
            case .set(let value): try container.encode(value, forKey: key)
            }
        }
        // A null would say that the member is taken away.
        try encode(self.maxRetries.map(Change.set) ?? .keep, .maxRetries)
        try encode(self.retryDelaySeconds.map(Change.set) ?? .keep, .retryDelaySeconds)
        try encode(self.uniqueReference.map(Change.set) ?? .keep, .uniqueReference)
        try encode(self.performer, .performer)
        try encode(self.description, .description)
    }
}

/// A queue of items as the API shows it.
public struct ItemQueueInfo: Hashable, Sendable, Codable {
    public let name: String
    public let maxRetries: Int
    public let retryDelaySeconds: Double
    public let uniqueReference: Bool
    public let performer: ItemPerformerInfo?
    public let description: String?
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String

    public init(_ queue: ItemQueue) {
        self.name = queue.name
        self.maxRetries = queue.rules.maxRetries
        self.retryDelaySeconds = queue.rules.retryDelaySeconds
        self.uniqueReference = queue.rules.uniqueReference
        self.performer = queue.rules.performer.map(ItemPerformerInfo.init)
        self.description = queue.rules.description
        self.createdAt = queue.createdAt
        self.createdBy = queue.createdBy
        self.updatedAt = queue.updatedAt
        self.updatedBy = queue.updatedBy
    }
}

/// `GET /api/v1/item-queues`.
public struct ItemQueuePage: Hashable, Sendable, Codable {
    /// By name.
    public let queues: [ItemQueueInfo]
    public let nextCursor: String?

    public init(queues: [ItemQueueInfo], nextCursor: String?) {
        self.queues = queues
        self.nextCursor = nextCursor
    }
}

/// How many items of a queue stand so.
public struct ItemCountInfo: Hashable, Sendable, Codable {
    public let status: WorkItem.Status
    public let count: Int
    /// False: there are more.
    public let isExact: Bool

    public init(status: WorkItem.Status, count: Int, isExact: Bool) {
        self.status = status
        self.count = count
        self.isExact = isExact
    }
}

/// `GET /api/v1/item-queues/{name}`.
public struct ItemQueueStatsInfo: Hashable, Sendable, Codable {
    public let queue: ItemQueueInfo
    /// Every status, in the order of an item's life.
    public let counts: [ItemCountInfo]
    /// Items that a performer would be given now.
    public let ready: Int
    /// False: there are more.
    public let isReadyExact: Bool
    /// Since when the oldest of them is there.
    public let oldestReadySince: Date?
    /// When the next item is ready that is postponed, or waits to be tried again.
    public let nextReadyAt: Date?

    public init(_ stats: ItemQueueStats) {
        self.queue = ItemQueueInfo(stats.queue)
        self.counts = WorkItem.Status.allCases.map { status in
            let count = stats.counts[status] ?? BoundedCount(0)
            return ItemCountInfo(status: status, count: count.value, isExact: count.isExact)
        }
        self.ready = stats.ready.value
        self.isReadyExact = stats.ready.isExact
        self.oldestReadySince = stats.oldestReadySince
        self.nextReadyAt = stats.nextReadyAt
    }
}
