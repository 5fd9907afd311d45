package import CasareDomain
package import FoundationEssentials

/// A job to submit.
package struct NewJob: Hashable, Sendable {
    package enum Due: Hashable, Sendable {
        case now
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

    package static let environmentDefault = "default"

    package init(
        id: Job.ID = .new(at: Date()), workflow: Workflow.ID, workflowVersion: Int, variables: Object = [:],
        priority: Priority = .normal, environment: String = NewJob.environmentDefault, options: Job.Options = .init(),
        idempotency: Idempotency? = nil, due: Due = .now
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
    }
}

/// What became of a `NewJob`.
package struct SubmittedJob: Hashable, Sendable {
    /// The new job's ID, or that of the job which the idempotency key stands for.
    package let id: Job.ID
    package let isDuplicate: Bool
}
