import GRPCCore

/// How a call went wrong, as gRPC numbers it.
enum GRPCStatus: Int, Hashable, Sendable, CaseIterable {
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// A number that gRPC does not know is `unknown`, as its specification wants it.
    init(_ code: RPCError.Code) { self = GRPCStatus(rawValue: code.rawValue) ?? .unknown }

    /// In gRPC's own spelling.
    var name: String {
        switch self {
        case .cancelled: "CANCELLED"
        case .unknown: "UNKNOWN"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internalError: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        }
    }

    /// Whether the same request may be sent again (OTLP, "Failures" of OTLP/gRPC).
    ///
    /// - Parameter isAsked: whether the server has said when, in a `RetryInfo`.
    func mayBeRepeated(isAsked: Bool) -> Bool {
        switch self {
        case .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss: true
        case .resourceExhausted: isAsked
        case .unknown, .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition,
            .unimplemented, .internalError, .unauthenticated:
            false
        }
    }

    /// Whether it may be the connection that is at fault rather than whoever is at its other end.
    var mayBeOfConnection: Bool {
        switch self {
        case .cancelled, .unknown, .deadlineExceeded, .unavailable: true
        case .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .resourceExhausted, .failedPrecondition,
            .aborted, .outOfRange, .unimplemented, .internalError, .dataLoss, .unauthenticated:
            false
        }
    }
}
