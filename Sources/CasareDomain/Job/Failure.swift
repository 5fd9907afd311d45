/// Why a job, or one attempt at it, ended badly.
public struct Failure: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// The workflow ended with an error.
        case application
        /// The workflow says that the data is at fault: never retried.
        case business
        case timeout
        /// Its robots died too often in a row.
        case crashLoop = "crash_loop"
        /// It was not begun before its deadline.
        case expired
        /// It cannot be run at all: the document is invalid or does not fit its journal. Never retried.
        case rejected

        /// Whether another attempt may end differently.
        public var isRetryable: Bool {
            switch self {
            case .application, .timeout: true
            case .business, .crashLoop, .expired, .rejected: false
            }
        }
    }

    public var kind: Kind
    public var message: String
    /// A stable name for the error, such as `HttpError`.
    public var type: String
    /// The node that failed, when one did.
    public var node: String?
    /// The server that could not answer asks to be left alone for so long (`Retry-After`): another attempt begins no
    /// sooner. From 0 to `RetryPolicy.delaySecondsMax`.
    public let retryAfterSeconds: Double?

    /// - Parameter retryAfterSeconds: cut at its bounds; what is no number is as good as none.
    public init(
        kind: Kind, message: String, type: String, node: String? = nil, retryAfterSeconds: Double? = nil
    ) {
        self.kind = kind
        self.message = message
        self.type = type
        self.node = node
        self.retryAfterSeconds = retryAfterSeconds.flatMap { seconds in
            seconds.isNaN ? nil : min(max(seconds, 0), RetryPolicy.delaySecondsMax)
        }
    }
}

extension Failure: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, message, type, node, retryAfterSeconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            kind: try container.decode(Kind.self, forKey: .kind),
            message: try container.decode(String.self, forKey: .message),
            type: try container.decode(String.self, forKey: .type),
            node: try container.decodeIfPresent(String.self, forKey: .node),
            retryAfterSeconds: try container.decodeIfPresent(Double.self, forKey: .retryAfterSeconds))
    }

    /// A server before it knew of `retryAfterSeconds` refuses it: it is left out where nobody asked for anything.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.message, forKey: .message)
        try container.encode(self.type, forKey: .type)
        try container.encodeIfPresent(self.node, forKey: .node)
        if let retryAfterSeconds { try container.encode(retryAfterSeconds, forKey: .retryAfterSeconds) }
    }
}

extension Failure {
    /// Of a job that nobody began before its deadline. Its message is the same for all, so that their letters go
    /// together.
    public static let expired = Failure(
        kind: .expired, message: "No robot began it before its deadline.", type: "Expired")
}
