public import CasareDomain
public import FoundationEssentials

/// Which events to read, and from where on.
public struct EventQuery: Hashable, Sendable {
    /// Of these kinds; empty: of all.
    public var kinds: Set<EventKind>
    /// Of jobs of this workflow: its name.
    public var workflow: String?
    public var job: Job.ID?
    /// Of jobs for this environment.
    public var environment: String?
    /// Of this secret: its name.
    public var secret: String?
    /// An event's cursor, the `next_cursor` of a page, or one of `EventStart`. `nil` is `now`, and for the stream of one
    /// job its first event.
    public var cursor: String?
    /// Begins with the first event at this time or later. Not together with `cursor`.
    public var since: Date?

    public init(
        kinds: Set<EventKind> = [], workflow: String? = nil, job: Job.ID? = nil, environment: String? = nil,
        secret: String? = nil, cursor: String? = nil, since: Date? = nil
    ) {
        self.kinds = kinds
        self.workflow = workflow
        self.job = job
        self.environment = environment
        self.secret = secret
        self.cursor = cursor
        self.since = since
    }
}
