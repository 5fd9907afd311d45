public import FoundationEssentials

/// One value that a secret had, has, or is about to have, without the value.
public struct SecretVersion: Hashable, Sendable {
    /// What may be done with it. Only a live one and one that overlaps are given to jobs.
    public enum State: Hashable, Sendable {
        /// It is stored, and nobody is given it until it is promoted or discarded.
        case pending
        /// It may be used: the current one, or an older one that is asked for by its number.
        case live
        /// Another one was rotated into its place, and it counts beside that until then.
        case overlapping(until: Date)
        /// Another one was rotated into its place, and its time beside that is over. A rollback can take its value.
        case superseded(since: Date)
        /// Nobody is given it, and it can be undeleted.
        case deleted(at: Date)
        /// Its value is gone for good.
        case destroyed(at: Date)

        /// As people and programs write it.
        public var kind: Kind {
            switch self {
            case .pending: .pending
            case .live: .live
            case .overlapping: .overlapping
            case .superseded: .superseded
            case .deleted: .deleted
            case .destroyed: .destroyed
            }
        }

        /// Whether jobs are given it.
        public var isUsable: Bool {
            switch self {
            case .live, .overlapping: true
            case .pending, .superseded, .deleted, .destroyed: false
            }
        }

        /// Whether its value may be looked at and copied by people who may do that.
        public var isReadable: Bool {
            switch self {
            case .pending, .live, .overlapping, .superseded: true
            case .deleted, .destroyed: false
            }
        }
    }

    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case pending, live, overlapping, superseded, deleted, destroyed
    }

    /// From 1 upwards; never given twice.
    public let number: Int
    /// At the time at which it was read.
    public let state: State
    /// Names of its fields.
    public let fields: [String]
    /// Nobody is given it from then on.
    public let expiresAt: Date?
    /// Of the key that its data key is wrapped with; `nil` once it is destroyed.
    public let keyID: String?
    public let createdAt: Date
    /// Name of a token.
    public let createdBy: String
    /// Kept with it: why it was made.
    public let reason: String?

    public init(
        number: Int, state: State, fields: [String], expiresAt: Date?, keyID: String?, createdAt: Date,
        createdBy: String, reason: String?
    ) {
        self.number = number
        self.state = state
        self.fields = fields
        self.expiresAt = expiresAt
        self.keyID = keyID
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.reason = reason
    }

    public func hasExpired(at now: Date) -> Bool { self.expiresAt.map { $0 <= now } ?? false }

    /// What becomes of a version by what was done to it, and by the time. What takes more away counts before what takes
    /// less.
    package static func state(
        isPending: Bool, overlapUntil: Date?, deletedAt: Date?, destroyedAt: Date?, at now: Date
    ) -> State {
        if let destroyedAt { return .destroyed(at: destroyedAt) }
        if let deletedAt { return .deleted(at: deletedAt) }
        if isPending { return .pending }
        guard let overlapUntil else { return .live }
        return overlapUntil > now ? .overlapping(until: overlapUntil) : .superseded(since: overlapUntil)
    }
}
