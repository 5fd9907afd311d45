public import FoundationEssentials

/// A job that failed for good, kept with its cause until somebody deals with it.
public struct DeadLetter: Identifiable, Hashable, Sendable {
    /// Where a letter stands. It follows from what happened to it; nothing stores it.
    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        /// Nobody has dealt with it.
        case open
        /// Somebody knows of it, and nothing is done yet.
        case acknowledged
        /// The job was submitted anew, and that replay has not completed.
        case replayed
        /// Its replay has completed, or a person said that nothing is left to do.
        case resolved
    }

    /// One attempt at the job that did not complete.
    public struct Attempt: Hashable, Sendable {
        public let number: Int
        public let robot: String?
        public let startedAt: Date?
        public let finishedAt: Date
        public let failure: Failure

        public init(number: Int, robot: String?, startedAt: Date?, finishedAt: Date, failure: Failure) {
            self.number = number
            self.robot = robot
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.failure = failure
        }
    }

    /// That somebody dealt with a letter, and why.
    public struct Note: Hashable, Sendable {
        public let at: Date
        /// Name of a token; `casare` for what happened by itself.
        public let by: String
        public let reason: String?

        public init(at: Date, by: String, reason: String?) {
            self.at = at
            self.by = by
            self.reason = reason
        }
    }

    /// The last time that the job was submitted anew.
    public struct Replay: Hashable, Sendable {
        public let job: Job.ID
        public let at: Date
        public let by: String
        /// When the new job ended; `nil`: it goes on.
        public let endedAt: Date?

        public init(job: Job.ID, at: Date, by: String, endedAt: Date?) {
            self.job = job
            self.at = at
            self.by = by
            self.endedAt = endedAt
        }
    }

    /// What stands in a note where no person did it.
    public static let ownActor = "casare"

    /// The failed job's ID: a job opens one dead letter at most.
    public let id: Job.ID
    public let workflow: Workflow.ID
    public let workflowName: String
    public let workflowVersion: Int
    /// What the failed job was submitted with.
    public let environment: String
    public let priority: Priority
    public let queueKey: String?
    /// What it asked its robot to have.
    public let tags: [String]
    public let variables: Object
    public let failure: Failure
    /// Equal for errors that differ only in numbers, identifiers and quoted text.
    public let fingerprint: String
    /// The robot on which it ended.
    public let robot: String?
    /// Number of the last step that was recorded, from 0; `nil`: none was.
    public let step: Int?
    /// How often a robot has begun it.
    public let attemptCount: Int
    /// Those of them that are kept.
    public let attempts: [Attempt]
    public let openedAt: Date
    public let acknowledgement: Note?
    public let replay: Replay?
    public let resolution: Note?
    /// What the failed job belongs to; `nil` for one from before that was known.
    public let traceID: TraceID?

    public init(
        id: Job.ID, workflow: Workflow.ID, workflowName: String, workflowVersion: Int, environment: String,
        priority: Priority, queueKey: String?, tags: [String], variables: Object, failure: Failure,
        fingerprint: String, robot: String?, step: Int?, attemptCount: Int, attempts: [Attempt], openedAt: Date,
        acknowledgement: Note? = nil, replay: Replay? = nil, resolution: Note? = nil, traceID: TraceID? = nil
    ) {
        self.id = id
        self.workflow = workflow
        self.workflowName = workflowName
        self.workflowVersion = workflowVersion
        self.environment = environment
        self.priority = priority
        self.queueKey = queueKey
        self.tags = tags
        self.variables = variables
        self.failure = failure
        self.fingerprint = fingerprint
        self.robot = robot
        self.step = step
        self.attemptCount = attemptCount
        self.attempts = attempts
        self.openedAt = openedAt
        self.acknowledgement = acknowledgement
        self.replay = replay
        self.resolution = resolution
        self.traceID = traceID
    }

    public var status: Status {
        if self.resolution != nil { return .resolved }
        if self.replay != nil { return .replayed }
        return self.acknowledgement == nil ? .open : .acknowledged
    }

    /// The job that the last replay created.
    public var replayedAs: Job.ID? { self.replay?.job }
}
