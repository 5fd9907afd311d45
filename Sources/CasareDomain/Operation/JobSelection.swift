public import FoundationEssentials

/// Which jobs something is done to. All that is given must be true of a job.
public struct JobSelection: Hashable, Sendable {
    /// Any of these; empty: any at all.
    public var statuses: Set<Job.Status>
    /// Name or ID.
    public var workflow: String?
    public var version: Int?
    public var environment: String?
    public var queueKey: String?
    /// The robot that runs it, or that ended it.
    public var robot: String?
    /// One that the job asks its robot to have.
    public var tag: String?
    public var priority: Priority?
    /// Of jobs that failed.
    public var kind: Failure.Kind?
    /// Created at this time or later.
    public var since: Date?
    /// Created before this time.
    public var until: Date?

    public init(
        statuses: Set<Job.Status> = [], workflow: String? = nil, version: Int? = nil, environment: String? = nil,
        queueKey: String? = nil, robot: String? = nil, tag: String? = nil, priority: Priority? = nil,
        kind: Failure.Kind? = nil, since: Date? = nil, until: Date? = nil
    ) {
        self.statuses = statuses
        self.workflow = workflow
        self.version = version
        self.environment = environment
        self.queueKey = queueKey
        self.robot = robot
        self.tag = tag
        self.priority = priority
        self.kind = kind
        self.since = since
        self.until = until
    }

    /// Whether it names nothing, and so would be all jobs.
    public var isEmpty: Bool { self == JobSelection() }
}

extension JobSelection: CustomStringConvertible {
    /// In words for people: `pending or paused, of workflow invoices, in production`.
    public var description: String {
        var parts: [String] = []
        if !self.statuses.isEmpty {
            parts.append(
                Job.Status.allCases.filter(self.statuses.contains).map(\.rawValue).joined(separator: " or "))
        }
        if let workflow { parts.append("of workflow \(workflow)") }
        if let version { parts.append("of version \(version)") }
        if let environment { parts.append("in \(environment)") }
        if let queueKey { parts.append("with the key \(queueKey)") }
        if let robot { parts.append("on robot \(robot)") }
        if let tag { parts.append("that ask for the tag \(tag)") }
        if let priority { parts.append("of priority \(priority)") }
        if let kind { parts.append("failed as \(kind.rawValue)") }
        if let since { parts.append("created since \(since.formatted(.iso8601))") }
        if let until { parts.append("created before \(until.formatted(.iso8601))") }
        return parts.isEmpty ? "any" : parts.joined(separator: ", ")
    }
}
