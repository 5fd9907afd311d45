public import CasareDomain
public import CasareWire

/// Why a request did not bring what was asked for.
public enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The server's answer, when it is an error.
    public struct Problem: Hashable, Sendable {
        public let status: Int
        /// `nil` for a code that this version does not know; `codeText` has it.
        public let code: ErrorCode?
        public let codeText: String
        /// What happened to which thing, and what to do.
        public let message: String
        /// The member or parameter at fault.
        public let field: String?
        public let details: Object?
        public let requestID: String
        /// When to try again, in seconds, if the server said so.
        public let retryAfterSeconds: Double?

        public init(
            status: Int, codeText: String, message: String, field: String?, details: Object?, requestID: String,
            retryAfterSeconds: Double?
        ) {
            self.status = status
            self.code = ErrorCode(rawValue: codeText)
            self.codeText = codeText
            self.message = message
            self.field = field
            self.details = details
            self.requestID = requestID
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// The server refused, or could not do it.
    case api(Problem)
    /// No answer: nothing listens there, the name is unknown, or the connection broke. The server may or may not have
    /// done what was asked.
    case unreachable(url: String, reason: String)
    /// TLS could not be set up: one of both certificates does not count, or something that speaks no TLS answers.
    /// Nothing was sent.
    case tlsFailed(url: String, reason: String)
    /// No answer in time. The server may or may not have done what was asked.
    case timedOut(operation: String, after: Duration)
    /// The server answered as another version of Casare might: it lacks the route, or its answer has another shape.
    case versionSkew(operation: String, serverVersion: String?, reason: String)
    /// Something that is not Casare answered.
    case notCasare(url: String, reason: String)
    case responseTooLarge(operation: String, bytesMax: Int)
    /// The URL of the server is none that can be called.
    case invalidURL(String)
    /// A file of `TLSSettings` cannot be used; says which setting names it.
    case invalidTLS(String)
    /// The request could not be written.
    case invalidRequest(String)
    /// The calling task was cancelled.
    case cancelled

    public var description: String {
        switch self {
        case .api(let problem):
            "\(problem.message) (\(problem.codeText), request \(problem.requestID))"
        case .unreachable(let url, let reason), .tlsFailed(let url, let reason):
            "cannot reach \(url): \(reason)"
        case .timedOut(let operation, let limit):
            "\(operation): no answer within \(limit)"
        case .versionSkew(let operation, let serverVersion, let reason):
            "\(operation): \(reason); this is version \(CasareVersion.current) and the server is "
                + (serverVersion.map { "version \($0)" } ?? "of another version")
        case .notCasare(let url, let reason):
            "what answers at \(url) is not a Casare server: \(reason)"
        case .responseTooLarge(let operation, let bytesMax):
            "\(operation): the answer is larger than \(bytesMax / 1_048_576) MiB; ask for less, such as a smaller limit"
        case .invalidURL(let url):
            "\"\(url)\" is not the URL of a server; write http://host:port or https://host"
        case .invalidTLS(let reason):
            reason
        case .invalidRequest(let reason):
            "the request cannot be written: \(reason)"
        case .cancelled:
            "cancelled"
        }
    }
}
