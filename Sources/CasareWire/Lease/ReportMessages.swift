public import CasareDomain
public import FoundationEssentials

/// `GET /api/v1/jobs/{id}/journal`.
public struct JournalResponse: Hashable, Sendable, Codable {
    public let steps: [StepInfo]
    /// Seconds of the job's time limit that are spent. An orchestrator before it counted them says nothing.
    public let secondsSpent: Double?

    public init(steps: [StepInfo], secondsSpent: Double?) {
        self.steps = steps
        self.secondsSpent = secondsSpent
    }
}

/// `POST /api/v1/jobs/{id}/checkpoint`.
public struct CheckpointRequest: Hashable, Sendable, Codable {
    public var token: Lease.Token
    public var entries: [StepInfo]

    public init(token: Lease.Token, entries: [StepInfo]) {
        self.token = token
        self.entries = entries
    }
}

/// `POST /api/v1/jobs/{id}/complete`.
public struct CompleteRequest: Hashable, Sendable, Codable {
    public var token: Lease.Token
    public var result: RunResult
    public var entries: [StepInfo]?

    public init(token: Lease.Token, result: RunResult, entries: [StepInfo]? = nil) {
        self.token = token
        self.result = result
        self.entries = entries
    }
}

/// `POST /api/v1/jobs/{id}/fail`.
public struct FailRequest: Hashable, Sendable, Codable {
    public var token: Lease.Token
    public var failure: Failure
    public var result: RunResult?
    public var entries: [StepInfo]?

    public init(token: Lease.Token, failure: Failure, result: RunResult? = nil, entries: [StepInfo]? = nil) {
        self.token = token
        self.failure = failure
        self.result = result
        self.entries = entries
    }
}

/// What became of a failed attempt.
public struct FailResponse: Hashable, Sendable, Codable {
    /// `pending` when it is tried again, otherwise `failed`.
    public let status: Job.Status
    public let retryAt: Date?

    public init(status: Job.Status, retryAt: Date?) {
        self.status = status
        self.retryAt = retryAt
    }
}

/// `POST /api/v1/jobs/{id}/block`.
public struct BlockRequest: Hashable, Sendable, Codable {
    public var token: Lease.Token
    public var question: Job.Question
    public var entries: [StepInfo]?

    public init(token: Lease.Token, question: Job.Question, entries: [StepInfo]? = nil) {
        self.token = token
        self.question = question
        self.entries = entries
    }
}

/// `POST /api/v1/jobs/{id}/release`.
public struct ReleaseRequest: Hashable, Sendable, Codable {
    public var token: Lease.Token
    public var reason: String

    public init(token: Lease.Token, reason: String) {
        self.token = token
        self.reason = reason
    }
}
