import GRPCCore
import GRPCProtobuf

extension OTLPReceiver {
    /// What is done to a request, instead of taking it or beside that.
    package enum Fault: Hashable, Sendable {
        /// It fails.
        ///
        /// - Parameter retryAfter: said as `RetryInfo` in `grpc-status-details-bin`; `nil`: nothing is said.
        case status(Code, retryAfter: Duration? = nil)
        /// It is taken, and some of it called rejected. All of it is recorded nevertheless: a program that sends it
        /// again is found out by the spans that come twice.
        case partial(rejected: Int, message: String)
        /// It is taken, with a word of warning.
        case warning(String)
        /// It is taken, and the answer comes so much later.
        case delay(Duration)
        /// It is taken when the test says `answerHeld()`, and not before.
        case hold
        /// No answer ever: the program's deadline ends it.
        case hang
        /// All connections are cut.
        case disconnect
    }

    /// gRPC's statuses but for OK, spelled as gRPC does.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case cancelled = "CANCELLED"
        case unknown = "UNKNOWN"
        case invalidArgument = "INVALID_ARGUMENT"
        case deadlineExceeded = "DEADLINE_EXCEEDED"
        case notFound = "NOT_FOUND"
        case alreadyExists = "ALREADY_EXISTS"
        case permissionDenied = "PERMISSION_DENIED"
        case resourceExhausted = "RESOURCE_EXHAUSTED"
        case failedPrecondition = "FAILED_PRECONDITION"
        case aborted = "ABORTED"
        case outOfRange = "OUT_OF_RANGE"
        case unimplemented = "UNIMPLEMENTED"
        case internalError = "INTERNAL"
        case unavailable = "UNAVAILABLE"
        case dataLoss = "DATA_LOSS"
        case unauthenticated = "UNAUTHENTICATED"

        /// Those that programs are to try again.
        package static let retried: Set<Code> = [
            .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss,
        ]

        var rpc: RPCError.Code {
            switch self {
            case .cancelled: .cancelled
            case .unknown: .unknown
            case .invalidArgument: .invalidArgument
            case .deadlineExceeded: .deadlineExceeded
            case .notFound: .notFound
            case .alreadyExists: .alreadyExists
            case .permissionDenied: .permissionDenied
            case .resourceExhausted: .resourceExhausted
            case .failedPrecondition: .failedPrecondition
            case .aborted: .aborted
            case .outOfRange: .outOfRange
            case .unimplemented: .unimplemented
            case .internalError: .internalError
            case .unavailable: .unavailable
            case .dataLoss: .dataLoss
            case .unauthenticated: .unauthenticated
            }
        }
    }

    /// One export as it was asked for.
    package struct Attempt: Hashable, Sendable {
        package let signal: Signal
        package let at: ContinuousClock.Instant
        /// Spans, data points or log records in it.
        package let items: Int
        /// Before compression.
        package let bytes: Int
        /// `nil`: it was taken, and nothing else.
        package let fault: Fault?
        /// By name in small letters; several values of one name with commas between them.
        package let metadata: [String: String]
        /// The address and port of the other side: the same for all of one connection.
        package let peer: String

        /// How long the program was going to wait.
        package var timeout: Duration? { self.metadata["grpc-timeout"].flatMap(Self.duration) }

        /// Digits, and a letter for the unit.
        private static func duration(_ text: String) -> Duration? {
            guard let unit = text.last, let number = Int(text.dropLast()) else { return nil }
            switch unit {
            case "H": return .seconds(number * 3600)
            case "M": return .seconds(number * 60)
            case "S": return .seconds(number)
            case "m": return .milliseconds(number)
            case "u": return .microseconds(number)
            case "n": return .nanoseconds(number)
            default: return nil
            }
        }
    }
}

extension OTLPReceiver.Code {
    func error(retryAfter delay: Duration? = nil) -> RPCError {
        let message = "The test wants this to fail"
        guard let delay else { return RPCError(code: self.rpc, message: message) }
        return RPCError(GoogleRPCStatus(code: self.rpc, message: message, details: .retryInfo(delay: delay)))
    }
}
