public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/robots/{id}/sessions`.
public struct OpenSessionRequest: Hashable, Sendable, Codable {
    /// Chosen anew by the robot at each start.
    public var bootID: UUID
    public var slots: Int

    public init(bootID: UUID, slots: Int) {
        self.bootID = bootID
        self.slots = slots
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let text = try container.decode(String.self, forKey: .bootID)
        guard let bootID = UUID(uuidString: text) else {
            throw WireDecodingError(decoder.codingPath + [CodingKeys.bootID], expected: "a UUID", got: .string(text))
        }
        self.init(bootID: bootID, slots: try container.decode(Int.self, forKey: .slots))
        guard RegisterRobotRequest.slotsRange.contains(self.slots) else {
            throw WireDecodingError(
                decoder.codingPath + [CodingKeys.slots], expected: "a number from 1 to 1000", got: .int(self.slots))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.bootID.uuidString.lowercased(), forKey: .bootID)
        try container.encode(self.slots, forKey: .slots)
    }

    private enum CodingKeys: String, CodingKey {
        case bootID, slots
    }
}

public struct OpenSessionResponse: Hashable, Sendable, Codable {
    public let sessionID: Robot.SessionID
    /// Life of the session, and of its leases, without a renewal.
    public let leaseSeconds: Double
    /// How often to renew.
    public let heartbeatSeconds: Double
    /// Sessions of the robot's ID beside this one that are in time: of other processes. A server before it counted them
    /// says nothing.
    public let otherSessions: Int?
    /// The name of whose jobs they are, for logs and traces. A server before it said so says nothing.
    public let tenant: String?

    public init(
        sessionID: Robot.SessionID, leaseSeconds: Double, heartbeatSeconds: Double, otherSessions: Int?,
        tenant: String? = nil
    ) {
        self.sessionID = sessionID
        self.leaseSeconds = leaseSeconds
        self.heartbeatSeconds = heartbeatSeconds
        self.otherSessions = otherSessions
        self.tenant = tenant
    }
}

/// `POST /api/v1/sessions/{sid}/lease`: answered when there is a job, or after `waitSeconds` with none.
public struct LeaseRequest: Hashable, Sendable, Codable {
    public static let waitSecondsMax = 25.0
    /// The most jobs that one request leases.
    public static let slotsMax = 1000

    public var slots: Int
    public var waitSeconds: Double?

    public init(slots: Int, waitSeconds: Double? = nil) {
        self.slots = slots
        self.waitSeconds = waitSeconds
    }
}

/// A job with everything a robot needs to run it.
public struct LeasedJobInfo: Hashable, Sendable, Codable {
    public let jobID: Job.ID
    public let token: Lease.Token
    public let attempt: Int
    public let workflow: String
    public let workflowVersion: Int
    /// The document's JSON text, byte for byte as it was stored.
    public let document: String
    public let variables: Object
    public let options: Job.Options
    public let priority: Priority
    /// What the tenant says about the safety rules. An orchestrator before it knew of this says nothing.
    public let policy: SafetyPolicy?
    /// The job that first ran the steps which this one has taken over: random numbers are those of that job.
    public let origin: Job.ID?
    /// What the job belongs to. An orchestrator before it knew of this says nothing.
    public let traceContext: TraceContextInfo?
    /// How long the job could have been leased before it was. An orchestrator before it knew of this says nothing.
    public let waitedSeconds: Double?
    /// How long before that the job was due for the first time. An orchestrator before it knew of this says nothing.
    public let dueSeconds: Double?
    /// The lease under which the attempt before this one was made; `nil` for the first.
    public let previousToken: Lease.Token?

    public init(_ job: LeasedJob) {
        self.jobID = job.lease.job
        self.token = job.lease.token
        self.attempt = job.attempt
        self.workflow = job.workflowName
        self.workflowVersion = job.workflowVersion
        self.document = job.document
        self.variables = job.variables
        self.options = job.options
        self.priority = job.priority
        self.policy = job.policy
        self.origin = job.origin
        self.traceContext = job.trace.map(TraceContextInfo.init)
        self.waitedSeconds = job.waited.map { $0 / .seconds(1) }
        self.dueSeconds = job.sinceDue.map { $0 / .seconds(1) }
        self.previousToken = job.previousToken
    }

    public var leasedJob: LeasedJob {
        LeasedJob(
            lease: Lease(job: self.jobID, token: self.token), attempt: self.attempt, workflowName: self.workflow,
            workflowVersion: self.workflowVersion, document: self.document, variables: self.variables,
            options: self.options, priority: self.priority, policy: self.policy ?? SafetyPolicy(), origin: self.origin,
            trace: self.traceContext?.carrier,
            waited: Self.duration(self.waitedSeconds), sinceDue: Self.duration(self.dueSeconds),
            previousToken: self.previousToken)
    }

    /// Numbers come from another program: what no duration can hold is left out.
    private static func duration(_ seconds: Double?) -> Duration? {
        guard let seconds, (0...1e9).contains(seconds) else { return nil }
        return .seconds(seconds)
    }
}

public struct LeaseResponse: Hashable, Sendable, Codable {
    /// Of documents and variables in one answer, if there is more than one job in it. A robot reads about twice as
    /// much.
    public static let bytesMax = 32 << 20

    public let jobs: [LeasedJobInfo]
    /// The robot is asked to end: no jobs come any more.
    public let order: Robot.Order?

    public init(jobs: [LeasedJobInfo], order: Robot.Order? = nil) {
        self.jobs = jobs
        self.order = order
    }
}

public struct LeaseInfo: Hashable, Sendable, Codable {
    public var jobID: Job.ID
    public var token: Lease.Token

    public init(_ lease: Lease) {
        self.jobID = lease.job
        self.token = lease.token
    }

    public var lease: Lease { Lease(job: self.jobID, token: self.token) }
}

/// `POST /api/v1/sessions/{sid}/renew`.
public struct RenewRequest: Hashable, Sendable, Codable {
    /// Held by the robot; it learns which of them have passed on.
    public var leases: [LeaseInfo]
    /// How it gets on; a robot before it knew of this says nothing.
    public var progress: Robot.Progress?

    public init(leases: [LeaseInfo], progress: Robot.Progress? = nil) {
        self.leases = leases
        self.progress = progress
    }

    /// Nothing lasts longer than this, and nothing less than no time.
    private static let secondsRange = 0...Double(Int32.max)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            leases: try container.decode([LeaseInfo].self, forKey: .leases),
            progress: try container.decodeIfPresent(Robot.Progress.self, forKey: .progress))
        for seconds in [self.progress?.secondsUnasked, self.progress?.secondsSilent, self.progress?.secondsOverdue] {
            guard let seconds, !Self.secondsRange.contains(seconds) else { continue }
            throw WireDecodingError(
                decoder.codingPath + [CodingKeys.progress], "expected seconds from 0 to \(Int32.max)")
        }
    }
}

/// `POST /api/v1/sessions/{sid}/news`: answered when there is news of the session, or after `waitSeconds` with none.
/// The news itself comes with a renewal.
public struct NewsRequest: Hashable, Sendable, Codable {
    public static let waitSecondsMax = 25.0

    /// Held by the robot: that one of them has passed on is news, however long ago it happened.
    public var leases: [LeaseInfo]
    public var waitSeconds: Double?
    /// What the last renewal told: anything else is news, however long ago it happened. `nil`: a robot that does not
    /// say, to whom orders and pauses are news only while it waits.
    public var known: Known?

    /// What a robot knows of what it is asked for.
    public struct Known: Hashable, Sendable, Codable {
        /// Jobs to hand back after the step that they are in.
        public var paused: [Job.ID]
        public var order: Robot.Order?

        public init(paused: [Job.ID], order: Robot.Order?) {
            self.paused = paused
            self.order = order
        }
    }

    private enum CodingKeys: String, CodingKey {
        case leases, waitSeconds, known
    }

    public init(leases: [LeaseInfo], waitSeconds: Double? = nil, known: Known? = nil) {
        self.leases = leases
        self.waitSeconds = waitSeconds
        self.known = known
    }

    /// A server before it knew of `known` refuses it: it is left out where there is none.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.leases, forKey: .leases)
        try container.encodeIfPresent(self.waitSeconds, forKey: .waitSeconds)
        if let known { try container.encode(known, forKey: .known) }
    }
}

public struct NewsResponse: Hashable, Sendable, Codable {
    public let hasNews: Bool

    public init(hasNews: Bool) { self.hasNews = hasNews }
}

public struct RenewResponse: Hashable, Sendable, Codable {
    public let lost: [Job.ID]
    /// Jobs to hand back after the step that they are in: somebody wants them paused. An orchestrator before it knew of
    /// this says nothing, and a robot before it goes on to the attempt's end.
    public let paused: [Job.ID]?
    public let leaseSeconds: Double
    /// Jobs that the robot is to run at once from now on. An orchestrator before it knew of this says nothing.
    public let slots: Int?
    /// The robot is asked to end.
    public let order: Robot.Order?

    public init(
        lost: [Job.ID], paused: [Job.ID]? = nil, leaseSeconds: Double, slots: Int?, order: Robot.Order?
    ) {
        self.lost = lost
        self.paused = paused
        self.leaseSeconds = leaseSeconds
        self.slots = slots
        self.order = order
    }
}
