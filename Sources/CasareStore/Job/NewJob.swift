package import CasareDomain
package import FoundationEssentials

/// A job to submit.
package struct NewJob: Hashable, Sendable {
    package enum Due: Hashable, Sendable {
        case now
        case after(Duration)
        case at(Date)
    }

    /// By when a robot must have begun it.
    package enum Deadline: Hashable, Sendable {
        case after(Duration)
        case at(Date)
    }

    package struct Idempotency: Hashable, Sendable {
        package let key: String
        /// Tells requests apart that come with the same key; any text.
        package let request: String

        package init(key: String, request: String) {
            self.key = key
            self.request = request
        }
    }

    package var id: Job.ID
    package var workflow: Workflow.ID
    package var workflowVersion: Int
    package var variables: Object
    package var priority: Priority
    /// The queue that it goes to: robots of this environment run it.
    package var environment: String
    package var options: Job.Options
    package var idempotency: Idempotency?
    package var due: Due
    /// Jobs of one key take turns with those of others, and the queue may limit each key.
    package var queueKey: String?
    package var requirements: Job.Requirements
    package var deadline: Deadline?
    package var uniqueness: Job.Uniqueness?
    /// What it belongs to: the trace of whoever asked for it, or one of its own.
    package var trace: TraceCarrier

    package static let environmentDefault = "default"

    package init(
        id: Job.ID = .new(at: Date()), workflow: Workflow.ID, workflowVersion: Int, variables: Object = [:],
        priority: Priority = .normal, environment: String = NewJob.environmentDefault, options: Job.Options = .init(),
        idempotency: Idempotency? = nil, due: Due = .now, queueKey: String? = nil,
        requirements: Job.Requirements = .anyRobot, deadline: Deadline? = nil, uniqueness: Job.Uniqueness? = nil,
        trace: TraceCarrier = .makeRoot()
    ) {
        self.id = id
        self.workflow = workflow
        self.workflowVersion = workflowVersion
        self.variables = variables
        self.priority = priority
        self.environment = environment
        self.options = options
        self.idempotency = idempotency
        self.due = due
        self.queueKey = queueKey
        self.requirements = requirements
        self.deadline = deadline
        self.uniqueness = uniqueness
        self.trace = trace
    }

    /// Whether it asks the queue for more than a place in it: that takes another statement.
    package var asksForMore: Bool {
        self.queueKey != nil || self.requirements != .anyRobot || self.deadline != nil || self.uniqueness != nil
    }
}

/// What became of a `NewJob`.
package struct SubmittedJob: Hashable, Sendable {
    package enum Found: Hashable, Sendable {
        case idempotencyKey, uniqueKey
    }

    /// The new job's ID, or that of the job which was there already.
    package let id: Job.ID
    /// Which key that job was found by; `nil` for a new one.
    package let found: Found?
    /// The job of the same unique key that was cancelled for this one.
    package let replaced: Job.ID?

    package var isDuplicate: Bool { self.found != nil }

    init(id: Job.ID, found: Found? = nil, replaced: Job.ID? = nil) {
        self.id = id
        self.found = found
        self.replaced = replaced
    }

    init(id: Job.ID, isDuplicate: Bool) { self.init(id: id, found: isDuplicate ? .idempotencyKey : nil) }
}
