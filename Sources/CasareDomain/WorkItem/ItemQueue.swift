public import FoundationEssentials

/// Business transactions that wait to be worked on, one by one: a dispatcher adds them, performers take them.
///
/// It is no queue of jobs: what an item means only the workflow knows that takes it.
public struct ItemQueue: Identifiable, Hashable, Sendable {
    /// What is to be done about items that fail, and who works on them.
    public struct Rules: Hashable, Sendable {
        public static let retriesRange = 0...100
        public static let maxRetriesDefault = 3
        public static let retryDelaySecondsDefault = 60.0
        public static let descriptionCharactersMax = 1000

        /// So often an item is tried again after an application failure, within `retriesRange`.
        public var maxRetries: Int
        /// It waits so long before, 0 to `Job.spanSecondsMax`.
        public var retryDelaySeconds: Double
        /// Of one reference there is one item, and adding it again adds nothing. Holds for what is added from then on.
        public var uniqueReference: Bool
        /// Makes jobs while there are items; `nil`: somebody else sees to that.
        public var performer: Performer?
        public var description: String?

        public init(
            maxRetries: Int = Rules.maxRetriesDefault, retryDelaySeconds: Double = Rules.retryDelaySecondsDefault,
            uniqueReference: Bool = false, performer: Performer? = nil, description: String? = nil
        ) {
            self.maxRetries = maxRetries
            self.retryDelaySeconds = retryDelaySeconds
            self.uniqueReference = uniqueReference
            self.performer = performer
            self.description = description
        }
    }

    /// The jobs that are made for a queue's items.
    public struct Performer: Hashable, Sendable {
        public static let jobsRange = 1...100
        public static let workflowCharactersMax = 255
        public static let environmentDefault = "default"
        public static let environmentCharactersMax = 64

        /// Name of a workflow, whose newest version runs. It takes items until there is none.
        public var workflow: String
        public var variables: Object
        public var environment: String
        /// So many of them run at once, within `jobsRange`.
        public var jobsMax: Int

        public init(
            workflow: String, variables: Object = [:], environment: String = Performer.environmentDefault,
            jobsMax: Int = 1
        ) {
            self.workflow = workflow
            self.variables = variables
            self.environment = environment
            self.jobsMax = jobsMax
        }
    }

    public static let nameCharactersMax = 100
    /// Of one tenant.
    public static let countMax = 1000

    public var id: String { self.name }
    /// Unique in a tenant.
    public let name: String
    public let rules: Rules
    public let createdAt: Date
    /// Name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String

    public init(
        name: String, rules: Rules, createdAt: Date, createdBy: String, updatedAt: Date, updatedBy: String
    ) {
        self.name = name
        self.rules = rules
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }
}

/// A queue of items from nearer by.
public struct ItemQueueStats: Hashable, Sendable {
    public let queue: ItemQueue
    /// Statuses without any items are left out.
    public let counts: [WorkItem.Status: BoundedCount]
    /// Items that a performer would be given now.
    public let ready: BoundedCount
    /// Since when the oldest of them is there.
    public let oldestReadySince: Date?
    /// When the next item is ready that is postponed, or waits to be tried again.
    public let nextReadyAt: Date?

    public init(
        queue: ItemQueue, counts: [WorkItem.Status: BoundedCount], ready: BoundedCount, oldestReadySince: Date?,
        nextReadyAt: Date?
    ) {
        self.queue = queue
        self.counts = counts
        self.ready = ready
        self.oldestReadySince = oldestReadySince
        self.nextReadyAt = nextReadyAt
    }
}
