public import CasareDomain
public import FoundationEssentials

/// A job as the API shows it.
public struct JobInfo: Hashable, Sendable, Codable {
    public let id: Job.ID
    /// The workflow's name.
    public let workflow: String
    public let workflowID: Workflow.ID
    public let workflowVersion: Int
    public let status: Job.Status
    public let priority: Priority
    public let attempt: Int
    public let environment: String
    /// The robot that runs it or ran it last.
    public let robot: String?
    public let createdAt: Date
    public let createdBy: String
    public let startedAt: Date?
    public let finishedAt: Date?
    /// When it may begin, while it waits for that.
    public let dueAt: Date?
    public package(set) var idempotencyKey: String?
    public let retryOf: Job.ID?
    /// A server hides what the workflow declares sensitive.
    public package(set) var variables: Object
    public let options: Job.Options
    /// Why it failed, or was cancelled.
    public let failure: FailureInfo?
    public let question: Job.Question?
    /// Who keeps it from going on, of a paused job, and of one that runs and is to be paused after the step that it is
    /// in. A server before there were pauses has none.
    public let pause: PauseInfo?
    public var result: RunResult?
    /// Jobs of one key take turns with those of others.
    public package(set) var queueKey: String?
    /// What its robot must be, where something is asked for.
    public let requirements: Job.Requirements?
    /// It fails as `expired` when no robot has begun it by then.
    public let expiresAt: Date?
    public package(set) var unique: UniqueKeyInfo?
    /// The job whose recorded steps it has taken over, and the first step that it has not.
    public let forkedFrom: Job.ID?
    public let forkedStep: Int?
    /// The trace that it belongs to, as 32 hexadecimal digits. A server before it knew of traces has none.
    public let traceID: String?

    public init(_ job: Job) {
        self.id = job.id
        self.workflow = job.workflowName
        self.workflowID = job.workflow
        self.workflowVersion = job.workflowVersion
        self.status = job.status
        self.priority = job.priority
        self.attempt = job.attempt
        self.environment = job.environment
        self.createdAt = job.createdAt
        self.createdBy = job.createdBy
        self.idempotencyKey = job.idempotencyKey
        self.retryOf = job.retryOf
        self.variables = job.variables
        self.options = job.options
        self.queueKey = job.queueKey
        self.requirements = job.requirements == .anyRobot ? nil : job.requirements
        self.expiresAt = job.expiresAt
        self.unique = job.uniqueKey.map(UniqueKeyInfo.init)
        self.forkedFrom = job.forkedFrom?.job
        self.forkedStep = job.forkedFrom?.step
        self.traceID = job.traceID?.description
        var robot: String?
        var startedAt: Date?
        var finishedAt: Date?
        var dueAt: Date?
        var failure: FailureInfo?
        var question: Job.Question?
        var pause: PauseInfo?
        var result: RunResult?
        switch job.state {
        case .pending(let due):
            dueAt = due
        case .running(let running):
            robot = running.robot
            startedAt = running.since
            pause = running.pause.map(PauseInfo.init)
        case .blocked(let asked, _):
            question = asked
        case .paused(let by, let due):
            pause = PauseInfo(by)
            dueAt = due
        case .finished(let outcome):
            robot = outcome.robot
            startedAt = outcome.startedAt
            finishedAt = outcome.finishedAt
            failure = FailureInfo(outcome)
            result = outcome.result
        }
        self.robot = robot
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.dueAt = dueAt
        self.failure = failure
        self.question = question
        self.pause = pause
        self.result = result
    }
}

/// The unique key that a job was submitted with.
public struct UniqueKeyInfo: Hashable, Sendable, Codable {
    public package(set) var key: String
    /// Until when the job has the key to itself: until a robot has it, until it has ended, or for a window.
    public let scope: Job.UniqueKey.ScopeName
    public let windowSeconds: Double?

    public init(_ key: Job.UniqueKey) {
        self.key = key.key
        self.scope = key.scopeName
        self.windowSeconds = key.windowSeconds
    }
}

/// Why a job ended badly.
public struct FailureInfo: Hashable, Sendable, Codable {
    /// One of `Failure.Kind`, or `cancelled`.
    public let kind: String
    public let type: String
    public let message: String
    public let node: String?

    public init(_ failure: Failure) {
        self.kind = failure.kind.rawValue
        self.type = failure.type
        self.message = failure.message
        self.node = failure.node
    }

    /// `nil` for an outcome that is none.
    init?(_ outcome: Job.Outcome) {
        switch outcome.kind {
        case .completed:
            return nil
        case .failed(let kind):
            self.kind = kind.rawValue
            self.type = outcome.failure?.type ?? Failure.typeUnknown
            self.node = outcome.failure?.node
        case .cancelled:
            self.kind = Job.Status.cancelled.rawValue
            self.type = "Cancelled"
            self.node = nil
        }
        self.message = outcome.failure?.message ?? outcome.message ?? ""
    }
}

extension Failure {
    /// The error's name when nobody gave it one.
    fileprivate static let typeUnknown = "ExecutionError"
}

/// The answer to a submit.
public struct SubmitJobResponse: Hashable, Sendable, Codable {
    /// Which key it is by which a job was found that was there already.
    public enum Found: String, Hashable, Sendable, Codable, CaseIterable {
        case idempotencyKey = "idempotency_key"
        case uniqueKey = "unique_key"
    }

    public let job: JobInfo
    /// `null` for a job that is new.
    public let foundBy: Found?
    /// The job of the same unique key that was cancelled for this one.
    public let replaced: Job.ID?

    public init(job: JobInfo, foundBy: Found?, replaced: Job.ID?) {
        self.job = job
        self.foundBy = foundBy
        self.replaced = replaced
    }
}

/// The answer to questions for one job.
public struct JobResponse: Hashable, Sendable, Codable {
    public let job: JobInfo

    public init(job: JobInfo) { self.job = job }
}

public struct SubmittedJobInfo: Hashable, Sendable, Codable {
    public let id: Job.ID
    public let status: Job.Status
    /// The idempotency key or the unique key was known: this is a job that was there already.
    public let isDuplicate: Bool
    public let foundBy: SubmitJobResponse.Found?
    /// The job of the same unique key that was cancelled for this one.
    public let replaced: Job.ID?
    /// How a job went that was there already and has ended, as far as there is room: see
    /// `SubmitBatchResponse.resultsBytesMax`. A server before it sent results has none.
    public let result: RunResult?

    public init(
        id: Job.ID, status: Job.Status, isDuplicate: Bool, foundBy: SubmitJobResponse.Found? = nil,
        replaced: Job.ID? = nil, result: RunResult? = nil
    ) {
        self.id = id
        self.status = status
        self.isDuplicate = isDuplicate
        self.foundBy = foundBy
        self.replaced = replaced
        self.result = result
    }
}

public struct SubmitBatchResponse: Hashable, Sendable, Codable {
    /// The results of all jobs together are no longer than about this. What does not fit is left out:
    /// `GET /api/v1/jobs/{id}` has each.
    public static let resultsBytesMax = 4 << 20

    /// In the order of the request.
    public let jobs: [SubmittedJobInfo]

    public init(jobs: [SubmittedJobInfo]) { self.jobs = jobs }
}

public struct JobPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let jobs: [JobInfo]
    public let nextCursor: String?

    public init(jobs: [JobInfo], nextCursor: String?) {
        self.jobs = jobs
        self.nextCursor = nextCursor
    }
}

/// A journaled step, as `GET /jobs/{id}/steps` lists it and the robot protocol carries it.
public struct StepInfo: Hashable, Sendable, Codable {
    public let step: Int
    public let node: String
    public let nodeType: String
    public let effect: String
    /// `null`: the step was begun and nothing is known of what followed, or the result was not asked for; then there is
    /// its size.
    public let result: Value?
    /// How many bytes the result has as it is stored, as people are told.
    public let resultBytes: Int?
    public let startedAt: Date
    /// There is one exactly when there is a result, sent along or not.
    public let finishedAt: Date?

    private enum CodingKeys: String, CodingKey {
        case step, node, nodeType, effect, result, resultBytes, startedAt, finishedAt
    }

    /// Refuses what no journal can hold.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func refuse(_ key: CodingKeys, _ message: String) -> WireDecodingError {
            WireDecodingError(decoder.codingPath + [key], message)
        }
        self.step = try container.decode(Int.self, forKey: .step)
        self.node = try container.decode(String.self, forKey: .node)
        self.nodeType = try container.decode(String.self, forKey: .nodeType)
        self.effect = try container.decode(String.self, forKey: .effect)
        self.result = try container.decodeIfPresent(Value.self, forKey: .result)
        self.resultBytes = try container.decodeIfPresent(Int.self, forKey: .resultBytes)
        self.startedAt = try container.decode(Date.self, forKey: .startedAt)
        self.finishedAt = try container.decodeIfPresent(Date.self, forKey: .finishedAt)
        guard Self.stepRange.contains(self.step) else { throw refuse(.step, "expected a number from 0") }
        guard Self.effects.contains(self.effect) else {
            throw refuse(.effect, "expected one of \(Self.effects.joined(separator: ", "))")
        }
        guard (self.result == nil && self.resultBytes == nil) == (self.finishedAt == nil) else {
            throw refuse(.finishedAt, "goes with a result: give both or neither")
        }
    }

    /// Without `resultBytes` where nobody has counted: a server that does not know the member refuses a robot's report
    /// with it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.step, forKey: .step)
        try container.encode(self.node, forKey: .node)
        try container.encode(self.nodeType, forKey: .nodeType)
        try container.encode(self.effect, forKey: .effect)
        try container.encodeIfPresent(self.result, forKey: .result)
        if let resultBytes { try container.encode(resultBytes, forKey: .resultBytes) }
        try container.encode(self.startedAt, forKey: .startedAt)
        try container.encodeIfPresent(self.finishedAt, forKey: .finishedAt)
    }

    static let stepRange = 0...Int(Int32.max)
    private static let effects = ["captured", "idempotent", "effect"]

    /// - Throws: `JSONError` when the row's result is not JSON.
    public init(_ row: JournalRow) throws(JSONError) {
        try self.init(
            step: row.step, node: row.node, nodeType: row.nodeType, effect: row.effect, result: row.result,
            resultBytes: nil, startedAt: row.startedAt, finishedAt: row.finishedAt)
    }

    /// - Parameter result: its JSON text; `nil` for an intent, and where it is left out.
    /// - Throws: `JSONError` when the result is not JSON.
    public init(
        step: Int, node: String, nodeType: String, effect: String, result: String?, resultBytes: Int?, startedAt: Date,
        finishedAt: Date?
    ) throws(JSONError) {
        self.step = step
        self.node = node
        self.nodeType = nodeType
        self.effect = effect
        if let result {
            self.result = try Value(parsingJSON: result)
        } else {
            self.result = nil
        }
        self.resultBytes = resultBytes
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    /// One without its result is an intent.
    public var row: JournalRow {
        JournalRow(
            step: self.step, node: self.node, nodeType: self.nodeType, effect: self.effect,
            result: self.result?.jsonText(.compact), startedAt: self.startedAt,
            finishedAt: self.result == nil ? nil : self.finishedAt)
    }
}

/// `GET /api/v1/jobs/{id}/steps`.
public struct StepsResponse: Hashable, Sendable, Codable {
    public let steps: [StepInfo]
    /// The cursor of the page after this one. A server before there were pages has none.
    public let nextCursor: String?

    public init(steps: [StepInfo], nextCursor: String? = nil) {
        self.steps = steps
        self.nextCursor = nextCursor
    }
}
