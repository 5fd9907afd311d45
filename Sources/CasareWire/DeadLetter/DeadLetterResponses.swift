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

    /// That somebody dealt with a letter, and why.
    public struct Note: Hashable, Sendable, Codable {
        public let at: Date
        /// Name of a token; `casare` for what happened by itself.
        public let by: String
        public let reason: String?

        public init(_ note: DeadLetter.Note) {
            self.at = note.at
            self.by = note.by
            self.reason = note.reason
        }
    }

    /// The last time that the job was submitted anew.
    public struct Replay: Hashable, Sendable, Codable {
        public let job: Job.ID
        public let at: Date
        public let by: String
        /// When the new job ended; without one it goes on.
        public let endedAt: Date?

        public init(_ replay: DeadLetter.Replay) {
            self.job = replay.job
            self.at = replay.at
            self.by = replay.by
            self.endedAt = replay.endedAt
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
    /// The job that the last retry created.
    public let replayedAs: Job.ID?
    public let openedAt: Date

    // A server before it told more has none of what follows.

    /// How often a robot has begun the job.
    public let attemptCount: Int?
    /// The robot on which it ended.
    public let robot: String?
    /// Number of the last step that was recorded, from 0.
    public let step: Int?
    public let environment: String?
    public let priority: Priority?
    /// A server hides what it has of sensitive variables.
    public package(set) var queueKey: String?
    /// What the job asked its robot to have.
    public let tags: [String]?
    public let acknowledgement: Note?
    public let replay: Replay?
    public let resolution: Note?
    /// The trace that the failed job belongs to, as 32 hexadecimal digits.
    public let traceID: String?
    /// What helps to understand it; only where one letter was asked for.
    public package(set) var context: DeadLetterContextInfo?

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
        self.attemptCount = letter.attemptCount
        self.robot = letter.robot
        self.step = letter.step
        self.environment = letter.environment
        self.priority = letter.priority
        self.queueKey = letter.queueKey
        self.tags = letter.tags
        self.acknowledgement = letter.acknowledgement.map(Note.init)
        self.replay = letter.replay.map(Replay.init)
        self.resolution = letter.resolution.map(Note.init)
        self.traceID = letter.traceID?.description
        self.context = nil
    }
}

/// Other letters like one, and the last time that its workflow went well.
public struct DeadLetterContextInfo: Hashable, Sendable, Codable {
    /// Letters of the same fingerprint, opened within a day before or after this one, which is one of them.
    public struct Similar: Hashable, Sendable, Codable {
        public let count: Int
        /// Counting stops at a bound: there are more.
        public let isInexact: Bool
        public let firstOpenedAt: Date
        public let lastOpenedAt: Date

        public init(_ similar: DeadLetterContext.Similar) {
            self.count = similar.count
            self.isInexact = similar.isInexact
            self.firstOpenedAt = similar.firstOpenedAt
            self.lastOpenedAt = similar.lastOpenedAt
        }
    }

    /// The last job of the workflow that completed before the letter was opened.
    public struct Success: Hashable, Sendable, Codable {
        public let job: Job.ID
        public let workflowVersion: Int
        public let environment: String
        public let robot: String?
        public let finishedAt: Date

        public init(_ success: DeadLetterContext.Success) {
            self.job = success.job
            self.workflowVersion = success.workflowVersion
            self.environment = success.environment
            self.robot = success.robot
            self.finishedAt = success.finishedAt
        }
    }

    /// What the success and the failed job do not have in common.
    public struct Difference: Hashable, Sendable, Codable {
        /// `version`, `robot`, `environment`, or `variables.` and a variable's name.
        public let name: String
        /// In the success; without one it had none. Values of sensitive variables are hidden.
        public let before: Value?
        /// In the failed job.
        public let now: Value?

        public init(_ difference: DeadLetterContext.Difference) {
            self.name = difference.name
            self.before = difference.before
            self.now = difference.now
        }
    }

    public let similar: Similar
    /// Without one there is none among the last jobs, which are all that is looked at.
    public let lastSuccess: Success?
    public let differences: [Difference]

    /// - Parameter differences: with values as they may be shown.
    public init(_ context: DeadLetterContext, differences: [DeadLetterContext.Difference]) {
        self.similar = Similar(context.similar)
        self.lastSuccess = context.lastSuccess.map(Success.init)
        self.differences = differences.map(Difference.init)
    }
}

public struct DeadLetterPage: Hashable, Sendable, Codable {
    /// In the order that was asked for.
    public let deadLetters: [DeadLetterInfo]
    /// Where the list goes on. A page may be short, or empty, and go on all the same: the server looks through a bounded
    /// number of letters for each.
    public let nextCursor: String?

    public init(deadLetters: [DeadLetterInfo], nextCursor: String?) {
        self.deadLetters = deadLetters
        self.nextCursor = nextCursor
    }
}
