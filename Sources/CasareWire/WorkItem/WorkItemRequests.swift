public import CasareDomain
public import FoundationEssentials

/// One of the items that are added to a queue.
public struct NewWorkItem: Hashable, Sendable, Codable {
    /// What it is in the business, such as the number of an invoice.
    public var reference: String?
    public var data: Object
    public var priority: Priority
    /// By then somebody must have taken it; else it fails.
    public var deadline: Date?
    /// Nobody is given it before.
    public var postponeUntil: Date?

    public init(
        reference: String? = nil, data: Object = [:], priority: Priority = .normal, deadline: Date? = nil,
        postponeUntil: Date? = nil
    ) {
        self.reference = reference
        self.data = data
        self.priority = priority
        self.deadline = deadline
        self.postponeUntil = postponeUntil
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            reference: try container.decodeIfPresent(String.self, forKey: .reference),
            data: try container.decodeIfPresent(Object.self, forKey: .data) ?? [:],
            priority: try container.decodeIfPresent(Priority.self, forKey: .priority) ?? .normal,
            deadline: try container.decodeIfPresent(Date.self, forKey: .deadline),
            postponeUntil: try container.decodeIfPresent(Date.self, forKey: .postponeUntil))
        let path = decoder.codingPath
        if let reference {
            try WorkItemReference.check(reference, path + [CodingKeys.reference])
        }
        try WorkItemTime.check(self.deadline, path + [CodingKeys.deadline])
        try WorkItemTime.check(self.postponeUntil, path + [CodingKeys.postponeUntil])
        if let deadline, let postponeUntil, postponeUntil >= deadline {
            throw WireDecodingError(
                path + [CodingKeys.postponeUntil], "is not before the deadline; nobody could take it in time")
        }
    }
}

/// The rule for references: they stand in paths, where an ID may stand as well.
enum WorkItemReference {
    static func check(_ reference: String, _ path: [any CodingKey]) throws(WireDecodingError) {
        try ShortText.check(reference, path, charactersMax: WorkItem.referenceCharactersMax)
        guard WorkItem.ID(reference) == nil else {
            throw WireDecodingError(path, "is a UUID, as the IDs of items are; put something before it")
        }
    }
}

/// A time that is no slip: of the years 2000 to 2099.
enum WorkItemTime {
    static func check(_ time: Date?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let time, !SubmitJobRequest.runAtRange.contains(time) else { return }
        throw WireDecodingError(path, "expected a time of the years 2000 to 2099")
    }
}

/// `POST /api/v1/item-queues/{name}/items`: all of them are added or none.
public struct AddWorkItemsRequest: Hashable, Sendable, Codable {
    /// 1 to 1000.
    public var items: [NewWorkItem]

    public init(items: [NewWorkItem]) { self.items = items }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(items: try container.decode([NewWorkItem].self, forKey: .items))
        guard (1...WorkItem.batchMax).contains(self.items.count) else {
            throw WireDecodingError(
                decoder.codingPath + [CodingKeys.items],
                "expected 1 to \(WorkItem.batchMax) items, got \(self.items.count)")
        }
    }
}

/// `POST /api/v1/item-queues/{name}/next`: gives the first item that is ready to whoever asks.
public struct TakeWorkItemRequest: Hashable, Sendable, Codable {
    /// So long the item is whoever takes it's, unless renewed: 1 to 86400.
    public var leaseSeconds: Double
    /// The job that works on it, to be shown.
    public var job: Job.ID?
    /// The robot, to be shown.
    public var robot: String?

    public init(
        leaseSeconds: Double = WorkItem.leaseSecondsDefault, job: Job.ID? = nil, robot: String? = nil
    ) {
        self.leaseSeconds = leaseSeconds
        self.job = job
        self.robot = robot
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            leaseSeconds: try container.decodeIfPresent(Double.self, forKey: .leaseSeconds)
                ?? WorkItem.leaseSecondsDefault,
            job: try container.decodeIfPresent(Job.ID.self, forKey: .job),
            robot: try container.decodeIfPresent(String.self, forKey: .robot))
        let path = decoder.codingPath
        try WorkItemLease.check(self.leaseSeconds, path + [CodingKeys.leaseSeconds])
        if let robot {
            try ShortText.check(robot, path + [CodingKeys.robot], charactersMax: WorkItemLease.robotCharactersMax)
        }
    }
}

enum WorkItemLease {
    static let robotCharactersMax = 128

    static func check(_ seconds: Double, _ path: [any CodingKey]) throws(WireDecodingError) {
        try NumberBounds.check(seconds: seconds, in: WorkItem.leaseSecondsRange, path)
    }
}

/// `POST /api/v1/item-queues/{name}/items/{id}/renew`.
public struct RenewWorkItemRequest: Hashable, Sendable, Codable {
    /// That of the lease.
    public var token: Int64
    /// From now.
    public var leaseSeconds: Double

    public init(token: Int64, leaseSeconds: Double = WorkItem.leaseSecondsDefault) {
        self.token = token
        self.leaseSeconds = leaseSeconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            token: try container.decode(Int64.self, forKey: .token),
            leaseSeconds: try container.decodeIfPresent(Double.self, forKey: .leaseSeconds)
                ?? WorkItem.leaseSecondsDefault)
        try WorkItemLease.check(self.leaseSeconds, decoder.codingPath + [CodingKeys.leaseSeconds])
    }
}

/// `POST /api/v1/item-queues/{name}/items/{id}/complete`.
public struct CompleteWorkItemRequest: Hashable, Sendable, Codable {
    /// That of the lease: refused where it is not the item's any more. Without one it is a person's word, whoever has the
    /// item.
    public var token: Int64?
    /// What came of it.
    public var output: Object?
    /// Of a person, kept with what was done.
    public var reason: String?

    public init(token: Int64? = nil, output: Object? = nil, reason: String? = nil) {
        self.token = token
        self.output = output
        self.reason = reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            token: try container.decodeIfPresent(Int64.self, forKey: .token),
            output: try container.decodeIfPresent(Object.self, forKey: .output),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}

/// `POST /api/v1/item-queues/{name}/items/{id}/fail`.
public struct FailWorkItemRequest: Hashable, Sendable, Codable {
    /// As that of completing.
    public var token: Int64?
    /// `business` ends the item; after `application` it is tried again.
    public var errorType: WorkItem.ErrorType
    /// What went wrong.
    public var error: String
    /// Of a person, kept with what was done.
    public var reason: String?

    public init(
        token: Int64? = nil, errorType: WorkItem.ErrorType = .application, error: String, reason: String? = nil
    ) {
        self.token = token
        self.errorType = errorType
        self.error = error
        self.reason = reason
    }

    public var failure: WorkItem.Failure { WorkItem.Failure(type: self.errorType, message: self.error) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            token: try container.decodeIfPresent(Int64.self, forKey: .token),
            errorType: try container.decodeIfPresent(WorkItem.ErrorType.self, forKey: .errorType) ?? .application,
            error: try container.decode(String.self, forKey: .error),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        let path = decoder.codingPath
        let charactersMax = WorkItem.Failure.messageCharactersMax
        guard (1...charactersMax).contains(self.error.unicodeScalars.count) else {
            throw WireDecodingError(
                path + [CodingKeys.error], "expected 1 to \(charactersMax) characters that say what went wrong")
        }
        try ControlReason.check(self.reason, path + [CodingKeys.reason])
    }
}

/// `POST /api/v1/item-queues/{name}/items/{id}/postpone`: it waits, and whoever has it has it no more.
public struct PostponeWorkItemRequest: Hashable, Sendable, Codable {
    /// As that of completing.
    public var token: Int64?
    /// One of the two.
    public var until: Date?
    public var forSeconds: Double?
    /// Of a person, kept with what was done.
    public var reason: String?

    public init(
        token: Int64? = nil, until: Date? = nil, forSeconds: Double? = nil, reason: String? = nil
    ) {
        self.token = token
        self.until = until
        self.forSeconds = forSeconds
        self.reason = reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            token: try container.decodeIfPresent(Int64.self, forKey: .token),
            until: try container.decodeIfPresent(Date.self, forKey: .until),
            forSeconds: try container.decodeIfPresent(Double.self, forKey: .forSeconds),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        let path = decoder.codingPath
        guard (self.until == nil) != (self.forSeconds == nil) else {
            throw WireDecodingError(path + [CodingKeys.until], "give one of until and for_seconds")
        }
        try WorkItemTime.check(self.until, path + [CodingKeys.until])
        try NumberBounds.check(self.forSeconds, above0UpTo: Job.spanSecondsMax, path + [CodingKeys.forSeconds])
        try ControlReason.check(self.reason, path + [CodingKeys.reason])
    }
}

/// `POST /api/v1/item-queues/{name}/items/{id}/retry` and `delete`.
public struct ChangeWorkItemRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}
