public import FoundationEssentials

/// One business transaction of a queue: its data, and what became of it.
///
/// Its rules stand in `WorkItemState`.
public struct WorkItem: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7), as a job's.
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        /// Nobody has tried it yet.
        case new
        /// A performer has it.
        case inProgress = "in_progress"
        case completed
        /// For good: for a reason of the business, because its retries are used up, or past its deadline.
        case failed
        /// Its performer never said what became of it, and its retries are used up.
        case abandoned
        /// It failed, and is tried again.
        case retry
        /// By a person; it is kept for a while.
        case deleted

        /// Whether nothing more is done about it unless somebody retries it.
        public var isTerminal: Bool {
            switch self {
            case .completed, .failed, .abandoned, .deleted: true
            case .new, .inProgress, .retry: false
            }
        }

        /// Whether it waits for a performer.
        public var isWaiting: Bool {
            switch self {
            case .new, .retry: true
            case .inProgress, .completed, .failed, .abandoned, .deleted: false
            }
        }
    }

    /// Whose fault a failure is.
    public enum ErrorType: String, Hashable, Sendable, Codable, CaseIterable {
        /// The transaction itself cannot be done, such as an invoice without a number: it is not tried again.
        case business
        /// Something around it did not work: it is tried again.
        case application
    }

    /// Why it was not done, as its performer said it.
    public struct Failure: Hashable, Sendable {
        public static let messageCharactersMax = 4000

        public let type: ErrorType
        public let message: String

        public init(type: ErrorType, message: String) {
            self.type = type
            self.message = message
        }
    }

    /// Who has it. It goes to somebody else when `until` passes.
    public struct Hold: Hashable, Sendable {
        /// Taken anew whenever the item is taken: who has an older one holds nothing.
        public let token: Int64
        /// Name of a token of access.
        public let by: String
        public let job: Job.ID?
        public let robot: String?
        public let since: Date
        public let until: Date

        public init(token: Int64, by: String, job: Job.ID?, robot: String?, since: Date, until: Date) {
            self.token = token
            self.by = by
            self.job = job
            self.robot = robot
            self.since = since
            self.until = until
        }
    }

    public static let referenceCharactersMax = 255
    /// Of the data, and of the output, as compact JSON.
    public static let bytesMax = 262_144
    /// Items of one request.
    public static let batchMax = 1000
    /// How long a performer may hold an item without a renewal, in seconds.
    public static let leaseSecondsRange = 1.0...86_400.0
    public static let leaseSecondsDefault = 300.0

    public let id: ID
    /// Name of its queue.
    public let queue: String
    /// What it is in the business, such as the number of an invoice.
    public let reference: String?
    public let data: Object
    /// What its performer left when it completed.
    public let output: Object?
    public let status: Status
    /// Those of a high one are taken first; of one priority the oldest.
    public let priority: Priority
    /// How often it was tried again.
    public let retries: Int
    /// By then somebody must have taken it; else it fails.
    public let deadline: Date?
    /// Nobody takes it before; of one that is tried again, when.
    public let postponeUntil: Date?
    /// The last one.
    public let failure: Failure?
    /// Of one in progress who has it; of others who had it last.
    public let hold: Hold?
    public let createdAt: Date
    public let createdBy: String
    public let updatedAt: Date
    public let finishedAt: Date?

    public init(
        id: ID, queue: String, reference: String?, data: Object, output: Object?, status: Status, priority: Priority,
        retries: Int, deadline: Date?, postponeUntil: Date?, failure: Failure?, hold: Hold?, createdAt: Date,
        createdBy: String, updatedAt: Date, finishedAt: Date?
    ) {
        self.id = id
        self.queue = queue
        self.reference = reference
        self.data = data
        self.output = output
        self.status = status
        self.priority = priority
        self.retries = retries
        self.deadline = deadline
        self.postponeUntil = postponeUntil
        self.failure = failure
        self.hold = hold
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.finishedAt = finishedAt
    }
}
