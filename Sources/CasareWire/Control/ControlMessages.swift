public import CasareDomain
public import FoundationEssentials

/// Why somebody steers the queue or a robot: free text that is kept with what was done.
public enum ControlReason {
    public static let charactersMax = 1000

    static func check(_ reason: String?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let reason else { return }
        try ShortText.check(reason, path, charactersMax: Self.charactersMax)
    }

    /// The same for one that is a parameter.
    public static func check(_ reason: String, _ place: String) throws(WireDecodingError) {
        try ShortText.check(reason, place, charactersMax: Self.charactersMax)
    }
}

/// Something that a person did to a queue, a waiting job, a robot or a workflow.
public struct ControlActionInfo: Hashable, Sendable, Codable {
    public let at: Date
    /// The name of a token.
    public let actor: String
    /// The noun and the verb: `queue.pause`.
    public let action: String
    /// The name of the queue, robot or workflow, or the job's ID.
    public let subject: String
    public let reason: String?
    /// What was asked for, where the action does not say it all.
    public let detail: Object

    public init(
        at: Date, actor: String, action: String, subject: String, reason: String?, detail: Object
    ) {
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.reason = reason
        self.detail = detail
    }
}

/// `GET /api/v1/actions`.
public struct ControlActionPage: Hashable, Sendable, Codable {
    /// The latest first.
    public let actions: [ControlActionInfo]
    public let nextCursor: String?

    public init(actions: [ControlActionInfo], nextCursor: String?) {
        self.actions = actions
        self.nextCursor = nextCursor
    }
}
