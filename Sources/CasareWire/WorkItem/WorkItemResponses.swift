public import CasareDomain
public import FoundationEssentials

/// Until when somebody has an item.
public struct WorkItemLeaseInfo: Hashable, Sendable, Codable {
    /// What a performer proves with that the item is its own.
    public let token: Int64
    /// The name of a token of access.
    public let by: String
    public let job: Job.ID?
    public let robot: String?
    public let since: Date
    public let until: Date

    public init(_ hold: WorkItem.Hold) {
        self.token = hold.token
        self.by = hold.by
        self.job = hold.job
        self.robot = hold.robot
        self.since = hold.since
        self.until = hold.until
    }
}

/// An item as the API shows it.
public struct WorkItemInfo: Hashable, Sendable, Codable {
    public let id: WorkItem.ID
    /// The name of its queue.
    public let queue: String
    public let reference: String?
    public let status: WorkItem.Status
    public let priority: Priority
    public let data: Object
    public let output: Object?
    /// How often it was tried again.
    public let retries: Int
    public let deadline: Date?
    /// Nobody is given it before.
    public let postponeUntil: Date?
    /// Of the last failure.
    public let errorType: WorkItem.ErrorType?
    public let error: String?
    /// Who has it, or had it last: the name of a token.
    public let takenBy: String?
    /// With which the same works on it, or did so.
    public let job: Job.ID?
    public let robot: String?
    /// Of one in progress alone: what came of others is no one's to say any more.
    public let lease: WorkItemLeaseInfo?
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let finishedAt: Date?

    public init(_ item: WorkItem) {
        self.id = item.id
        self.queue = item.queue
        self.reference = item.reference
        self.status = item.status
        self.priority = item.priority
        self.data = item.data
        self.output = item.output
        self.retries = item.retries
        self.deadline = item.deadline
        self.postponeUntil = item.postponeUntil
        self.errorType = item.failure?.type
        self.error = item.failure?.message
        self.takenBy = item.hold?.by
        self.job = item.hold?.job
        self.robot = item.hold?.robot
        self.lease = item.status == .inProgress ? item.hold.map(WorkItemLeaseInfo.init) : nil
        self.createdAt = item.createdAt
        self.createdBy = item.createdBy
        self.updatedAt = item.updatedAt
        self.finishedAt = item.finishedAt
    }
}

/// `GET /api/v1/item-queues/{name}/items`.
public struct WorkItemPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let items: [WorkItemInfo]
    public let nextCursor: String?

    public init(items: [WorkItemInfo], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }
}

/// What became of one item that was to be added.
public struct AddedWorkItem: Hashable, Sendable, Codable {
    /// Of a duplicate that of the item that was there.
    public let id: WorkItem.ID
    public let reference: String?
    /// An item of that reference was there already, and nothing was added.
    public let isDuplicate: Bool

    public init(id: WorkItem.ID, reference: String?, isDuplicate: Bool) {
        self.id = id
        self.reference = reference
        self.isDuplicate = isDuplicate
    }
}

/// What became of items that were to be added, in their order.
public struct AddWorkItemsResponse: Hashable, Sendable, Codable {
    public let items: [AddedWorkItem]

    public init(items: [AddedWorkItem]) { self.items = items }
}

/// What a performer was given.
public struct TakeWorkItemResponse: Hashable, Sendable, Codable {
    /// `nil`: none is ready.
    public let item: WorkItemInfo?

    public init(item: WorkItemInfo?) { self.item = item }
}

/// Which items of a queue are listed.
public struct WorkItemQuery: Hashable, Sendable {
    public var status: WorkItem.Status?
    public var reference: String?
    public var errorType: WorkItem.ErrorType?
    public var limit: Int?
    public var cursor: String?

    public init(
        status: WorkItem.Status? = nil, reference: String? = nil, errorType: WorkItem.ErrorType? = nil,
        limit: Int? = nil, cursor: String? = nil
    ) {
        self.status = status
        self.reference = reference
        self.errorType = errorType
        self.limit = limit
        self.cursor = cursor
    }

    /// As the parameters of a request.
    public var parameters: [(name: String, value: String?)] {
        [
            ("status", self.status?.rawValue), ("reference", self.reference),
            ("error_type", self.errorType?.rawValue), ("limit", self.limit.map(String.init)),
            ("cursor", self.cursor),
        ]
    }
}
