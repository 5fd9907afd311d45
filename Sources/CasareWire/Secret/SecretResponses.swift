public import CasareDomain
public import FoundationEssentials

/// A secret as the API shows it: all but its value.
public struct SecretInfo: Hashable, Sendable, Codable {
    public let id: Secret.ID
    public let name: Secret.Name
    public let kind: Secret.Kind
    public let description: String?
    /// Strings by name.
    public let labels: Object
    /// The version that is meant where none is named; 0: there is none.
    public let currentVersion: Int
    public let versionsMax: Int
    public let expiresAt: Date?
    public let rotation: RotationPolicy?
    /// When the current version took its place.
    public let rotatedAt: Date?
    /// What has it; `nil`: the server keeps it, encrypted.
    public let provider: String?
    public let path: String?
    /// Grows with every change of what is said of it; versions do not count.
    public let revision: Int
    public let deletedAt: Date?
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String
    /// The database was restored from a backup when it was due, or while a version waited: its policy waits until a
    /// person has said which value counts. `nil`: it is not so.
    public let rotationHeld: Bool?

    public init(_ secret: Secret) {
        self.id = secret.id
        self.name = secret.name
        self.kind = secret.kind
        self.description = secret.description
        var labels: Object = [:]
        for (name, value) in secret.labels.sorted(by: { $0.key < $1.key }) { labels[name] = .string(value) }
        self.labels = labels
        self.currentVersion = secret.currentVersion
        self.versionsMax = secret.versionsMax
        self.expiresAt = secret.expiresAt
        self.rotation = secret.rotation
        self.rotatedAt = secret.rotatedAt
        self.provider = secret.provider
        self.path = secret.path
        self.revision = secret.revision
        self.deletedAt = secret.deletedAt
        self.createdAt = secret.createdAt
        self.createdBy = secret.createdBy
        self.updatedAt = secret.updatedAt
        self.updatedBy = secret.updatedBy
        self.rotationHeld = secret.rotationHeld ? true : nil
    }
}

/// `GET /api/v1/secrets`.
public struct SecretPage: Hashable, Sendable, Codable {
    /// By name.
    public let secrets: [SecretInfo]
    public let nextCursor: String?

    public init(secrets: [SecretInfo], nextCursor: String?) {
        self.secrets = secrets
        self.nextCursor = nextCursor
    }
}

/// A version of a secret, without its value.
public struct SecretVersionInfo: Hashable, Sendable, Codable {
    public let version: Int
    public let state: SecretVersion.Kind
    /// When it came into that state, or leaves it, where the state has a time: of `overlapping` until when, of the
    /// others since when.
    public let stateTime: Date?
    /// Names of its fields.
    public let fields: [String]
    public let expiresAt: Date?
    /// Of the key that its data key is wrapped with; `nil` once it is destroyed.
    public let keyID: String?
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let reason: String?

    public init(_ version: SecretVersion) {
        self.version = version.number
        self.state = version.state.kind
        self.stateTime =
            switch version.state {
            case .pending, .live: .none
            case .overlapping(let time), .superseded(let time), .deleted(let time), .destroyed(let time): time
            }
        self.fields = version.fields
        self.expiresAt = version.expiresAt
        self.keyID = version.keyID
        self.createdAt = version.createdAt
        self.createdBy = version.createdBy
        self.reason = version.reason
    }
}

/// `GET /api/v1/secrets/{name}/versions`.
public struct SecretVersionList: Hashable, Sendable, Codable {
    public let name: Secret.Name
    public let currentVersion: Int
    /// The newest first.
    public let versions: [SecretVersionInfo]

    public init(name: Secret.Name, currentVersion: Int, versions: [SecretVersionInfo]) {
        self.name = name
        self.currentVersion = currentVersion
        self.versions = versions
    }
}

/// The answer to a version that was put.
public struct PutSecretResponse: Hashable, Sendable, Codable {
    /// The number of the new one.
    public let version: Int
    public let secret: SecretInfo

    public init(version: Int, secret: SecretInfo) {
        self.version = version
        self.secret = secret
    }
}

/// The value of a version, for who may see it.
public struct RevealedSecret: Sendable, Codable {
    public let name: Secret.Name
    public let kind: Secret.Kind
    public let version: Int
    public let fields: SecretFields

    public init(name: Secret.Name, kind: Secret.Kind, version: Int, fields: SecretFields) {
        self.name = name
        self.kind = kind
        self.version = version
        self.fields = fields
    }
}

/// A job that runs and was given a version of a secret.
public struct SecretConsumerInfo: Hashable, Sendable, Codable {
    public let job: Job.ID
    public let workflow: String
    public let robot: String?
    public let version: Int
    public let since: Date

    public init(job: Job.ID, workflow: String, robot: String?, version: Int, since: Date) {
        self.job = job
        self.workflow = workflow
        self.robot = robot
        self.version = version
        self.since = since
    }
}

/// `GET /api/v1/secrets/{name}/consumers`.
public struct SecretConsumerList: Hashable, Sendable, Codable {
    /// By version.
    public let consumers: [SecretConsumerInfo]
    /// There are more than one answer has.
    public let isPartial: Bool

    public init(consumers: [SecretConsumerInfo], isPartial: Bool) {
        self.consumers = consumers
        self.isPartial = isPartial
    }
}
