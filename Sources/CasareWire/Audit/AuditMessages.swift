public import CasareDomain
public import FoundationEssentials

/// An entry of the audit log as people and programs look at it.
public struct AuditEntryInfo: Hashable, Sendable, Codable {
    public let id: Int64
    public let at: Date
    /// The name of a token, `oidc:` and the subject, `robot:` and the robot's ID; empty: nobody knows.
    public let actor: String
    /// How they showed who they are: `token`, `oidc`, `certificate`, `internal`; `none`: they did not.
    public let actorKind: String
    /// The noun and the verb: `schedule.pause`.
    public let action: String
    /// The name or ID of what it was done to.
    public let subject: String?
    public let outcome: AuditEntry.Outcome
    public let reason: String?
    /// The address that the request came from.
    public let source: String?
    public let requestID: String?
    public let traceID: String?
    /// What the action does not say.
    public let detail: Object

    public init(_ entry: AuditEntry) {
        self.id = entry.id
        // What the database wrote is a time.
        self.at = Timestamp.date(entry.at) ?? .distantPast
        self.actor = entry.actor
        self.actorKind = entry.actorKind
        self.action = entry.action
        self.subject = entry.subject
        self.outcome = entry.outcome
        self.reason = entry.reason
        self.source = entry.source
        self.requestID = entry.requestID
        self.traceID = entry.traceID
        // It was written as an object; one that is none any more is for verify to find.
        self.detail = entry.detail.flatMap { (try? Value(parsingJSON: $0))?.object } ?? [:]
    }
}

/// `GET /api/v1/audit`.
public struct AuditPage: Hashable, Sendable, Codable {
    /// The newest first. May be empty although there are more: so many entries are looked through for one page.
    public let entries: [AuditEntryInfo]
    public let nextCursor: String?

    public init(entries: [AuditEntryInfo], nextCursor: String?) {
        self.entries = entries
        self.nextCursor = nextCursor
    }
}

/// Which entries `GET /api/v1/audit` lists; what is `nil` is not asked.
public struct AuditQuery: Hashable, Sendable {
    public var actor: String?
    /// An action, or all of a noun: `secret.*`.
    public var action: String?
    public var subject: String?
    public var outcome: AuditEntry.Outcome?
    public var since: Date?
    public var until: Date?

    public init(
        actor: String? = nil, action: String? = nil, subject: String? = nil, outcome: AuditEntry.Outcome? = nil,
        since: Date? = nil, until: Date? = nil
    ) {
        self.actor = actor
        self.action = action
        self.subject = subject
        self.outcome = outcome
        self.since = since
        self.until = until
    }

    public var parameters: [(name: String, value: String?)] {
        [
            ("actor", self.actor), ("action", self.action), ("subject", self.subject),
            ("outcome", self.outcome?.rawValue), ("since", self.since.map(Timestamp.text)),
            ("until", self.until.map(Timestamp.text)),
        ]
    }
}
