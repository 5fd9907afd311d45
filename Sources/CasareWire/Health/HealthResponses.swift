public import CasareDomain
public import FoundationEssentials

/// `GET /health/live`: the process answers.
public struct LiveResponse: Hashable, Sendable, Codable {
    public let status: String
    public let version: String

    public init(version: String) {
        self.status = "ok"
        self.version = version
    }
}

/// `GET /health/ready`: 200 when requests can be served, 503 otherwise.
public struct ReadyResponse: Hashable, Sendable, Codable {
    public struct Loop: Hashable, Sendable, Codable {
        public let name: String
        public let isHealthy: Bool
        public let lastSuccessAt: Date?
        /// What went wrong the last time, in general terms; the log has the details.
        public let problem: String?

        public init(name: String, isHealthy: Bool, lastSuccessAt: Date?, problem: String?) {
            self.name = name
            self.isHealthy = isHealthy
            self.lastSuccessAt = lastSuccessAt
            self.problem = problem
        }
    }

    public let ready: Bool
    /// Why it is not ready, and what to do.
    public let reason: String?
    public let loops: [Loop]
    /// How what keeps secrets elsewhere was when it was last asked. A sick one does not make the server unready: all
    /// that needs no secret of it goes on. A server before there were any says nothing, as one without a database.
    public let providers: [ProviderHealth]?

    public init(ready: Bool, reason: String?, loops: [Loop], providers: [ProviderHealth]? = nil) {
        self.ready = ready
        self.reason = reason
        self.loops = loops
        self.providers = providers
    }
}

/// `GET /api/v1/status`.
public struct StatusResponse: Hashable, Sendable, Codable {
    /// Jobs by status; those waiting for their time (`scheduled`) are counted apart from those that may begin.
    public struct Jobs: Hashable, Sendable, Codable {
        public let pending: Int
        public let scheduled: Int
        public let running: Int
        public let blocked: Int
        /// A server before there were pauses does not count them.
        public let paused: Int?

        public init(pending: Int, scheduled: Int, running: Int, blocked: Int, paused: Int?) {
            self.pending = pending
            self.scheduled = scheduled
            self.running = running
            self.blocked = blocked
            self.paused = paused
        }
    }

    public let version: String
    public let database: String
    public let jobs: Jobs
    public let robotsOnline: Int
    /// Those of them that take jobs: neither cordoned, nor asked to end, nor wedged. A server before it counted them
    /// says nothing.
    public let robotsAvailable: Int?
    public let deadLettersOpen: Int
    /// The counts that stop at a bound, of which there are more: `jobs.pending`, `dead_letters_open`,
    /// `dead_letters.acknowledged`, `schedules.late`, `drift.count`; `queues` where there are more of them than are
    /// listed. A server that counts to the end has none.
    public let inexact: [String]?
    /// The blocked jobs that wait longest for an answer, the longest first. A server before it listed them has none.
    public let blockedJobs: [BlockedJobInfo]?
    /// The first ones by name. A server before it listed them has none, as one without a database.
    public let queues: [QueueStatus]?
    /// How the robots stand. A server before it told them apart says nothing.
    public let robots: RobotCounts?
    /// A server before it knew when letters were opened says nothing.
    public let deadLetters: LetterStatus?
    /// The workflows of which most jobs failed for good within the last hour, the worst first. A server before it
    /// looked has none, as one without a database.
    public let failingWorkflows: [FailingWorkflow]?
    /// A server before there were schedules says nothing, as one without a database.
    public let schedules: ScheduleStatus?
    /// A server before files were applied says nothing, as one without a database.
    public let drift: DriftStatus?

    public init(
        version: String, database: String, jobs: Jobs, robotsOnline: Int, robotsAvailable: Int, deadLettersOpen: Int,
        inexact: [String] = [], blockedJobs: [BlockedJobInfo] = [], queues: [QueueStatus]? = nil,
        robots: RobotCounts? = nil, deadLetters: LetterStatus? = nil, failingWorkflows: [FailingWorkflow]? = nil,
        schedules: ScheduleStatus? = nil, drift: DriftStatus? = nil
    ) {
        self.version = version
        self.database = database
        self.jobs = jobs
        self.robotsOnline = robotsOnline
        self.robotsAvailable = robotsAvailable
        self.deadLettersOpen = deadLettersOpen
        self.inexact = inexact
        self.blockedJobs = blockedJobs
        self.queues = queues
        self.robots = robots
        self.deadLetters = deadLetters
        self.failingWorkflows = failingWorkflows
        self.schedules = schedules
        self.drift = drift
    }

    /// - Parameter count: as in `inexact`.
    public func isExact(_ count: String) -> Bool { self.inexact?.contains(count) != true }
}

/// A job that waits for a person.
public struct BlockedJobInfo: Hashable, Sendable, Codable {
    public let id: Job.ID
    /// The workflow's name.
    public let workflow: String
    public let question: Job.Question
    public let since: Date

    public init(id: Job.ID, workflow: String, question: Job.Question, since: Date) {
        self.id = id
        self.workflow = workflow
        self.question = question
        self.since = since
    }
}

/// The answer of requests that have nothing to tell.
public struct EmptyResponse: Hashable, Sendable, Codable {
    public init() {}
}
