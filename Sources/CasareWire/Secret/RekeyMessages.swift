public import FoundationEssentials

/// `POST /api/v1/vault/rekey`: wraps everything with the key that the server has now.
public struct RekeyRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// Something that could not be wrapped anew, and why.
public struct RekeyFailure: Hashable, Sendable, Codable {
    public let what: String
    public let why: String

    public init(what: String, why: String) {
        self.what = what
        self.why = why
    }
}

/// How far it has got: `GET /api/v1/vault/rekey`.
public struct RekeyInfo: Hashable, Sendable, Codable {
    public let id: Int
    /// Of the key that everything is wrapped with in the end.
    public let keyID: String
    public let startedAt: Date
    public let startedBy: String
    /// `nil`: it is under way.
    public let finishedAt: Date?
    /// When it last got on.
    public let movedAt: Date
    /// Rows that were wrapped anew.
    public let done: Int
    /// Rows that could not be: they stay as they are.
    public let failed: Int
    /// The first of them.
    public let failures: [RekeyFailure]

    public init(
        id: Int, keyID: String, startedAt: Date, startedBy: String, finishedAt: Date?, movedAt: Date, done: Int,
        failed: Int, failures: [RekeyFailure]
    ) {
        self.id = id
        self.keyID = keyID
        self.startedAt = startedAt
        self.startedBy = startedBy
        self.finishedAt = finishedAt
        self.movedAt = movedAt
        self.done = done
        self.failed = failed
        self.failures = failures
    }
}

/// The answer of both routes.
public struct RekeyStatus: Hashable, Sendable, Codable {
    /// Of the key that the server which answers wraps with; `nil`: it has none.
    public let currentKey: String?
    /// The last one; `nil`: there was none yet.
    public let rekey: RekeyInfo?

    public init(currentKey: String?, rekey: RekeyInfo?) {
        self.currentKey = currentKey
        self.rekey = rekey
    }
}
