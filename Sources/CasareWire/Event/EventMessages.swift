public import CasareDomain
public import FoundationEssentials

/// Something that happened to a job, a secret, or the keys of the installation, by the database's clock.
public struct EventInfo: Hashable, Sendable, Codable {
    /// Its place among the events of the tenant: reading goes on after it.
    public let cursor: String
    public let at: Date
    /// One of `EventKind`. A newer server may know more of them.
    public let kind: String
    /// `nil`, as the workflow is, for what happened to no job.
    public let job: Job.ID?
    public let workflow: String?
    public let workflowVersion: Int?
    public let environment: String?
    /// The name of the secret that it happened to.
    public let secret: String?
    /// What there is to say beside the kind.
    public let detail: Object?

    public init(
        cursor: String, at: Date, kind: String, job: Job.ID? = nil, workflow: String? = nil,
        workflowVersion: Int? = nil, environment: String? = nil, secret: String? = nil, detail: Object?
    ) {
        self.cursor = cursor
        self.at = at
        self.kind = kind
        self.job = job
        self.workflow = workflow
        self.workflowVersion = workflowVersion
        self.environment = environment
        self.secret = secret
        self.detail = detail
    }
}

/// `GET /api/v1/events`.
public struct EventPage: Hashable, Sendable, Codable {
    /// In the order in which they are numbered; those of one job are in the order in which they happened.
    public let events: [EventInfo]
    /// Where to go on, always: there may be nothing after it yet.
    public let nextCursor: String
    /// Nothing comes after it just now. A page that is not may be short, or empty: the filter left out all that was
    /// looked at.
    public let isCaughtUp: Bool

    public init(events: [EventInfo], nextCursor: String, isCaughtUp: Bool) {
        self.events = events
        self.nextCursor = nextCursor
        self.isCaughtUp = isCaughtUp
    }

    private enum CodingKeys: String, CodingKey {
        case events, nextCursor
        case isCaughtUp = "caughtUp"
    }
}

/// Words that stand in the place of a cursor.
public enum EventStart: String, Hashable, Sendable, CaseIterable {
    /// What happens from now on.
    case now
    /// The first event that is kept.
    case start
}
