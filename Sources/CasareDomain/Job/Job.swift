public import FoundationEssentials

/// One run of one version of a workflow, as it was asked for and where it stands.
public struct Job: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7), so that jobs are partitioned and paged by their ID.
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// Where a job stands, with exactly the data that exists there.
    public enum State: Hashable, Sendable {
        /// Ready, or due later.
        case pending(dueAt: Date?)
        case running(Running)
        /// A person must decide before it goes on.
        case blocked(Question, since: Date)
        /// A person keeps it from going on until somebody resumes it.
        case paused(Pause, dueAt: Date?)
        case finished(Outcome)
    }

    /// The state's name, as people and programs see it.
    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case pending, running, blocked, paused, completed, failed, cancelled

        public var isTerminal: Bool {
            switch self {
            case .completed, .failed, .cancelled: true
            case .pending, .running, .blocked, .paused: false
            }
        }
    }

    public struct Running: Hashable, Sendable {
        public let robot: String
        public let since: Date
        /// It is to be paused as soon as its robot hands it back, which is after the step that it is in.
        public let pause: Pause?

        public init(robot: String, since: Date, pause: Pause? = nil) {
            self.robot = robot
            self.since = since
            self.pause = pause
        }
    }

    /// Who keeps a job from going on, and why.
    public struct Pause: Hashable, Sendable {
        public let by: String
        public let reason: String?
        /// Since when it stands still; of a job that runs, when that was asked for.
        public let since: Date

        public init(by: String, reason: String?, since: Date) {
            self.by = by
            self.reason = reason
            self.since = since
        }
    }

    /// What a person is asked about a step that may or may not have happened.
    public struct Question: Hashable, Sendable {
        /// Position of the step in the journal, from 0.
        public let step: Int
        public let node: String
        public let nodeType: String
        /// A sentence for people.
        public let text: String

        public init(step: Int, node: String, nodeType: String, text: String) {
            self.step = step
            self.node = node
            self.nodeType = nodeType
            self.text = text
        }
    }

    public struct Outcome: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            case completed
            case failed(Failure.Kind)
            case cancelled
        }

        public let kind: Kind
        public let result: RunResult?
        /// The failure's message, or why the job was cancelled.
        public let message: String?
        public let robot: String?
        public let startedAt: Date?
        public let finishedAt: Date
        /// What went wrong, of a failed job.
        public let failure: Failure?

        public init(
            kind: Kind, result: RunResult?, message: String?, robot: String?, startedAt: Date?, finishedAt: Date,
            failure: Failure? = nil
        ) {
            self.kind = kind
            self.result = result
            self.message = message
            self.robot = robot
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.failure = failure
        }
    }

    public let id: ID
    public let workflow: Workflow.ID
    public let workflowName: String
    public let workflowVersion: Int
    public let priority: Priority
    public let environment: String
    public let variables: Object
    public let options: Options
    /// How often a robot has begun it, the present time included.
    public let attempt: Int
    public let state: State
    public let idempotencyKey: String?
    /// The job that this one is a retry of.
    public let retryOf: ID?
    public let createdAt: Date
    /// Name of the token that submitted it.
    public let createdBy: String
    /// Jobs of one key take turns with those of others, and the queue may limit each key.
    public let queueKey: String?
    public let requirements: Requirements
    /// The deadline by which a robot must have begun it.
    public let expiresAt: Date?
    /// As it was asked for: whether the job still holds it follows from where the job stands.
    public let uniqueKey: UniqueKey?
    /// Of a fork, and of a retry that goes on from a step.
    public let forkedFrom: Origin?
    /// What it belongs to; `nil` for a job from before that was known.
    public let traceID: TraceID?

    public init(
        id: ID, workflow: Workflow.ID, workflowName: String, workflowVersion: Int, priority: Priority,
        environment: String, variables: Object, options: Options, attempt: Int, state: State, idempotencyKey: String?,
        retryOf: ID?, createdAt: Date, createdBy: String, queueKey: String? = nil,
        requirements: Requirements = .anyRobot, expiresAt: Date? = nil, uniqueKey: UniqueKey? = nil,
        forkedFrom: Origin? = nil, traceID: TraceID? = nil
    ) {
        self.id = id
        self.workflow = workflow
        self.workflowName = workflowName
        self.workflowVersion = workflowVersion
        self.priority = priority
        self.environment = environment
        self.variables = variables
        self.options = options
        self.attempt = attempt
        self.state = state
        self.idempotencyKey = idempotencyKey
        self.retryOf = retryOf
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.queueKey = queueKey
        self.requirements = requirements
        self.expiresAt = expiresAt
        self.uniqueKey = uniqueKey
        self.forkedFrom = forkedFrom
        self.traceID = traceID
    }

    public var status: Status {
        switch self.state {
        case .pending: .pending
        case .running: .running
        case .blocked: .blocked
        case .paused: .paused
        case .finished(let outcome):
            switch outcome.kind {
            case .completed: .completed
            case .failed: .failed
            case .cancelled: .cancelled
            }
        }
    }
}
