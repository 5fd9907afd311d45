public import FoundationEssentials

/// Something that only those may know who need it, in numbered versions: all of it but the values.
public struct Secret: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7), as a job's.
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// Of all values of one version together.
    public static let bytesMax = 65_536
    public static let descriptionCharactersMax = 1000
    public static let labelsMax = 32
    public static let labelCharactersMax = 100
    public static let versionsMaxDefault = 10
    public static let versionsMaxRange = 1...100
    /// How long a version that another one replaces may count beside it.
    public static let overlapSecondsRange = 0.0...2_592_000.0

    public let id: ID
    /// Unique in a tenant, and never given to another secret.
    public let name: Name
    public let kind: Kind
    public let description: String?
    public let labels: [String: String]
    /// The version that is meant where none is named, also when it is deleted: nobody is given an older one instead.
    /// 0: none has been put there yet.
    public let currentVersion: Int
    /// How many versions are kept; older ones go when a new one comes.
    public let versionsMax: Int
    /// Nobody is given it from then on, whatever its versions say.
    public let expiresAt: Date?
    public let rotation: RotationPolicy?
    /// When the current version took its place: by that its age is counted.
    public let rotatedAt: Date?
    /// The provider that has it; `nil`: it is kept here, encrypted.
    public let provider: String?
    /// Where the provider has it.
    public let path: String?
    /// Grows with every change of what is said of it, from 1; versions do not count.
    public let revision: Int
    public let deletedAt: Date?
    public let createdAt: Date
    /// Name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String
    /// A restore from a backup has found it due, or while a version waited: by its policy it is rotated again when a
    /// person has said which value counts.
    public let rotationHeld: Bool

    public init(
        id: ID, name: Name, kind: Kind, description: String?, labels: [String: String], currentVersion: Int,
        versionsMax: Int, expiresAt: Date?, rotation: RotationPolicy?, rotatedAt: Date?, provider: String?,
        path: String?, revision: Int, deletedAt: Date?, createdAt: Date, createdBy: String, updatedAt: Date,
        updatedBy: String, rotationHeld: Bool = false
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.description = description
        self.labels = labels
        self.currentVersion = currentVersion
        self.versionsMax = versionsMax
        self.expiresAt = expiresAt
        self.rotation = rotation
        self.rotatedAt = rotatedAt
        self.provider = provider
        self.path = path
        self.revision = revision
        self.deletedAt = deletedAt
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
        self.rotationHeld = rotationHeld
    }

    public func hasExpired(at now: Date) -> Bool { self.expiresAt.map { $0 <= now } ?? false }
}
