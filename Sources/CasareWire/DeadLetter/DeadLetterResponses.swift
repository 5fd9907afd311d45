public import CasareDomain
public import FoundationEssentials

/// A job that failed for good, as the API shows it.
public struct DeadLetterInfo: Hashable, Sendable, Codable {
    public struct Attempt: Hashable, Sendable, Codable {
        public let number: Int
        public let robot: String?
        public let startedAt: Date?
        public let finishedAt: Date
        public let failure: FailureInfo

        public init(_ attempt: DeadLetter.Attempt) {
            self.number = attempt.number
            self.robot = attempt.robot
            self.startedAt = attempt.startedAt
            self.finishedAt = attempt.finishedAt
            self.failure = FailureInfo(attempt.failure)
        }
    }

    /// The failed job's ID.
    public let id: Job.ID
    public let workflow: String
    public let workflowVersion: Int
    public let status: DeadLetter.Status
    public let failure: FailureInfo
    /// Equal for errors that differ only in numbers, identifiers and quoted text.
    public let fingerprint: String
    public let attempts: [Attempt]
    /// A server hides what the workflow declares sensitive.
    public package(set) var variables: Object
    /// The job that a retry created.
    public let replayedAs: Job.ID?
    public let openedAt: Date

    public init(_ letter: DeadLetter) {
        self.id = letter.id
        self.workflow = letter.workflowName
        self.workflowVersion = letter.workflowVersion
        self.status = letter.status
        self.failure = FailureInfo(letter.failure)
        self.fingerprint = letter.fingerprint
        self.attempts = letter.attempts.map(Attempt.init)
        self.variables = letter.variables
        self.replayedAs = letter.replayedAs
        self.openedAt = letter.openedAt
    }
}

public struct DeadLetterPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let deadLetters: [DeadLetterInfo]
    public let nextCursor: String?

    public init(deadLetters: [DeadLetterInfo], nextCursor: String?) {
        self.deadLetters = deadLetters
        self.nextCursor = nextCursor
    }
}

/// The filter and page of `GET /api/v1/dlq`.
public struct DeadLetterQuery: Hashable, Sendable {
    public var status: DeadLetter.Status?
    /// Name or ID.
    public var workflow: String?
    public var kind: Failure.Kind?
    public var limit: Int?
    public var cursor: String?

    public init(
        status: DeadLetter.Status? = nil, workflow: String? = nil, kind: Failure.Kind? = nil, limit: Int? = nil,
        cursor: String? = nil
    ) {
        self.status = status
        self.workflow = workflow
        self.kind = kind
        self.limit = limit
        self.cursor = cursor
    }
}
