public import FoundationEssentials

/// A job that failed for good, kept with its cause until somebody deals with it.
public struct DeadLetter: Identifiable, Hashable, Sendable {
    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case open, replayed
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

    /// The failed job's ID: a job opens one dead letter at most.
    public let id: Job.ID
    public let workflowName: String
    public let workflowVersion: Int
    public let failure: Failure
    /// Equal for errors that differ only in numbers, identifiers and quoted text.
    public let fingerprint: String
    public let attempts: [Attempt]
    public let variables: Object
    public let status: Status
    /// The job that a retry of this letter created.
    public let replayedAs: Job.ID?
    public let openedAt: Date

    public init(
        id: Job.ID, workflowName: String, workflowVersion: Int, failure: Failure, fingerprint: String,
        attempts: [Attempt], variables: Object, status: Status, replayedAs: Job.ID?, openedAt: Date
    ) {
        self.id = id
        self.workflowName = workflowName
        self.workflowVersion = workflowVersion
        self.failure = failure
        self.fingerprint = fingerprint
        self.attempts = attempts
        self.variables = variables
        self.status = status
        self.replayedAs = replayedAs
        self.openedAt = openedAt
    }
}
