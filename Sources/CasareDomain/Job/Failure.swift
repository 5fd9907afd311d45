/// Why a job, or one attempt at it, ended badly.
public struct Failure: Hashable, Sendable, Codable {
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

    public init(kind: Kind, message: String, type: String, node: String? = nil) {
        self.kind = kind
        self.message = message
        self.type = type
        self.node = node
    }
}

extension Failure {
    /// Of a job that nobody began before its deadline. Its message is the same for all, so that their letters go
    /// together.
    public static let expired = Failure(
        kind: .expired, message: "No robot began it before its deadline.", type: "Expired")
}
