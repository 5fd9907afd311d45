import CasareDomain
import FoundationEssentials

/// What the server sends over a WebSocket of events: one text frame of JSON each, told apart by `type`.
public enum StreamFrame: Hashable, Sendable, Codable {
    /// Something happened.
    case event(EventInfo)
    /// Everything up to this cursor has been sent, or is left out by the filter. What follows happens from then on.
    case caughtUp(cursor: String)
    /// Why the connection is about to be closed.
    case error(Problem)

    public struct Problem: Hashable, Sendable {
        /// One of `StreamFrame.ProblemCode`. A newer server may know more of them.
        public let code: String
        /// What happened, and what to do.
        public let message: String
        /// Where to go on, if there is such a place.
        public let cursor: String?

        public init(code: String, message: String, cursor: String?) {
            self.code = code
            self.message = message
            self.cursor = cursor
        }
    }

    public enum ProblemCode: String, Hashable, Sendable, CaseIterable {
        /// The client does not read what it is sent.
        case slowReader = "SLOW_READER"
        /// The server cannot send more just now.
        case unavailable = "STREAM_UNAVAILABLE"
        /// The token has been revoked or has expired.
        case tokenInvalid = "AUTH_TOKEN_INVALID"
    }

    private enum Kind: String, Codable, CaseIterable {
        case event
        case caughtUp = "caught_up"
        case error
    }

    private enum CodingKeys: String, CodingKey {
        case type, cursor, at, kind, job, workflow, workflowVersion, environment, secret, detail, code, message
    }

    /// - Throws: `WireDecodingError` for a frame that lacks what its type needs.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(Kind.self, forKey: .type)
        // All members are asked for, so that the schema that is made by watching this has them.
        let cursor = try container.decodeIfPresent(String.self, forKey: .cursor)
        let at = try container.decodeIfPresent(Date.self, forKey: .at)
        let name = try container.decodeIfPresent(String.self, forKey: .kind)
        let job = try container.decodeIfPresent(Job.ID.self, forKey: .job)
        let workflow = try container.decodeIfPresent(String.self, forKey: .workflow)
        let version = try container.decodeIfPresent(Int.self, forKey: .workflowVersion)
        let environment = try container.decodeIfPresent(String.self, forKey: .environment)
        let secret = try container.decodeIfPresent(String.self, forKey: .secret)
        let detail = try container.decodeIfPresent(Object.self, forKey: .detail)
        let code = try container.decodeIfPresent(String.self, forKey: .code)
        let message = try container.decodeIfPresent(String.self, forKey: .message)
        func needed<Member>(_ member: Member?, _ key: CodingKeys) throws -> Member {
            guard let member else { throw WireDecodingError(decoder.codingPath + [key], "is required") }
            return member
        }
        switch kind {
        case .event:
            self = .event(
                EventInfo(
                    cursor: try needed(cursor, .cursor), at: try needed(at, .at), kind: try needed(name, .kind),
                    job: job, workflow: workflow, workflowVersion: version, environment: environment, secret: secret,
                    detail: detail))
        case .caughtUp:
            self = .caughtUp(cursor: try needed(cursor, .cursor))
        case .error:
            self = .error(
                Problem(code: try needed(code, .code), message: try needed(message, .message), cursor: cursor))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .event(let event):
            try container.encode(Kind.event, forKey: .type)
            try container.encode(event.cursor, forKey: .cursor)
            try container.encode(event.at, forKey: .at)
            try container.encode(event.kind, forKey: .kind)
            try container.encodeIfPresent(event.job, forKey: .job)
            try container.encodeIfPresent(event.workflow, forKey: .workflow)
            try container.encodeIfPresent(event.workflowVersion, forKey: .workflowVersion)
            try container.encodeIfPresent(event.environment, forKey: .environment)
            try container.encodeIfPresent(event.secret, forKey: .secret)
            try container.encodeIfPresent(event.detail, forKey: .detail)
        case .caughtUp(let cursor):
            try container.encode(Kind.caughtUp, forKey: .type)
            try container.encode(cursor, forKey: .cursor)
        case .error(let problem):
            try container.encode(Kind.error, forKey: .type)
            try container.encode(problem.code, forKey: .code)
            try container.encode(problem.message, forKey: .message)
            try container.encodeIfPresent(problem.cursor, forKey: .cursor)
        }
    }
}

/// The codes with which the server closes a WebSocket of events (RFC 6455 §7.4.1, and the registry behind it).
public enum StreamClose {
    /// The job has ended, and all of its events were sent.
    public static let ended: UInt16 = 1000
    /// The server stops. Another one may take over.
    public static let goingAway: UInt16 = 1001
    /// What the client sent is no proper WebSocket.
    public static let protocolError: UInt16 = 1002
    /// What the client sent is not text.
    public static let unacceptable: UInt16 = 1003
    /// The token has been revoked or has expired.
    public static let refused: UInt16 = 1008
    /// The client sent more than a stream takes.
    public static let tooLarge: UInt16 = 1009
    /// Try again, from the last cursor: the client did not read, or the server cannot send just now.
    public static let tryAgain: UInt16 = 1013
}
