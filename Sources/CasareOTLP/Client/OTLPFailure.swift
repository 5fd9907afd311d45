import GRPCCore
import GRPCProtobuf

/// Why a request was not taken.
struct OTLPFailure: Error, Hashable, Sendable {
    let status: GRPCStatus
    /// For people; in part it is what a server wrote.
    let message: String
    /// What the server has said of when to come again (`google.rpc.RetryInfo`): zero where it only says that this may
    /// help; `nil` where it says nothing.
    let retryDelay: Duration?
    /// There was no connection, or it broke: no collector has said this.
    let hasReachedNobody: Bool
    /// Nobody waits for a repeat any more.
    var isLast = false

    /// Characters of `message` that are kept.
    static let charactersMax = 500
    /// A server that asks for longer is asked again after an hour.
    static let retryDelayMax = Duration.seconds(3600)
    /// Of calls after the client's end.
    static let closed = OTLPFailure(.cancelled, "The client is closed")

    init(_ status: GRPCStatus, _ message: String, retryDelay: Duration? = nil, hasReachedNobody: Bool = false) {
        self.status = status
        self.hasReachedNobody = hasReachedNobody
        self.message = String(message.prefix(Self.charactersMax))
        self.retryDelay = retryDelay.map { min(max($0, .zero), Self.retryDelayMax) }
    }

    init(_ error: any Error) {
        switch error {
        case let error as OTLPFailure:
            self = error
        case let error as RPCError:
            // What a collector says has no cause. That of a connection is what the system says of it.
            self.init(
                GRPCStatus(error.code), "\(error)", retryDelay: Self.retryDelay(of: error),
                hasReachedNobody: error.code == .unavailable && error.cause != nil)
        case is CancellationError:
            self.init(.cancelled, "cancelled")
        default:
            self.init(.unknown, "\(error)")
        }
    }

    /// From the trailer `grpc-status-details-bin`. One that cannot be read says nothing.
    private static func retryDelay(of error: RPCError) -> Duration? {
        guard let status = try? error.unpackGoogleRPCStatus() else { return nil }
        for detail in status.details {
            if let info = detail.retryInfo { return info.delay }
        }
        return nil
    }
}
