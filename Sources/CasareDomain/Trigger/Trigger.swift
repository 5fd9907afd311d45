public import FoundationEssentials

/// What makes jobs of something that happens: of a request to its hook, of how other jobs end, or of what a robot finds
/// in a folder or a feed.
public struct Trigger: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7), as a job's. A webhook's is the last part of its address, `/hooks/{id}`.
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// What it waits for.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Requests to `/hooks/{id}`.
        case webhook
        /// Jobs that end.
        case job
        /// Files on a robot.
        case file
        /// News, events of a server, or mails.
        case feed
    }

    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case active, paused
    }

    /// That nothing comes of it until somebody resumes it.
    public struct Pause: Hashable, Sendable {
        public let at: Date
        /// Name of a token.
        public let by: String
        public let reason: String?

        public init(at: Date, by: String, reason: String?) {
            self.at = at
            self.by = by
            self.reason = reason
        }
    }

    public static let nameCharactersMax = 100
    /// Of one tenant.
    public static let countMax = 1000

    public let id: ID
    public let name: String
    public let spec: TriggerSpec
    /// Grows with every change of the spec, from 1.
    public let revision: Int
    public let pause: Pause?
    /// The mark of what keeps it as a file says.
    public let managedBy: String?
    /// When it last made a job, and which.
    public let lastFiredAt: Date?
    public let lastJob: Job.ID?
    /// Its secrets that count, the newest first; none of what nobody proves himself to.
    public let secrets: [TriggerSecret]
    public let createdAt: Date
    /// Name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String

    public init(
        id: ID, name: String, spec: TriggerSpec, revision: Int, pause: Pause?, managedBy: String?,
        lastFiredAt: Date?, lastJob: Job.ID?, secrets: [TriggerSecret], createdAt: Date, createdBy: String,
        updatedAt: Date, updatedBy: String
    ) {
        self.id = id
        self.name = name
        self.spec = spec
        self.revision = revision
        self.pause = pause
        self.managedBy = managedBy
        self.lastFiredAt = lastFiredAt
        self.lastJob = lastJob
        self.secrets = secrets
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }

    public var kind: Kind { self.spec.source.kind }
    public var status: Status { self.pause == nil ? .active : .paused }
}

/// What is known of a hook's secret without the secret.
public struct TriggerSecret: Hashable, Sendable {
    /// From 1 upwards with every rotation.
    public let number: Int
    public let createdAt: Date
    /// Of one that was rotated out: it counts until then.
    public let until: Date?

    public init(number: Int, createdAt: Date, until: Date?) {
        self.number = number
        self.createdAt = createdAt
        self.until = until
    }
}
