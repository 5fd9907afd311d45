public import CasareDomain
public import FoundationEssentials

/// A queue of items as the API shows it.
public struct ItemQueueInfo: Hashable, Sendable, Codable {
    public let name: String
    public let maxRetries: Int
    public let retryDelaySeconds: Double
    public let uniqueReference: Bool
    public var performer: ItemPerformerInfo?
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
    public var queue: ItemQueueInfo
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
