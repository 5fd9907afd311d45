import AsyncHTTPClient
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension ClientError {
    /// What the HTTP client's errors mean.
    init(_ error: any Error, call: Call, url: String, limit: Duration) {
        switch error {
        case is CancellationError:
            self = .cancelled
        case let error as HTTPClientError:
            self.init(error, call: call, url: url, limit: limit)
        case is NIOTooManyBytesError:
            self = .responseTooLarge(operation: call.operation, bytesMax: CasareClient.responseBytesMax)
        case let error as NIOConnectionError:
            self = .unreachable(url: url, reason: Self.reason(error))
        case let error as IOError:
            self = .unreachable(url: url, reason: Self.reason(error))
        default:
            self = .unreachable(url: url, reason: "\(error)")
        }
    }

    private init(_ error: HTTPClientError, call: Call, url: String, limit: Duration) {
        switch error {
        case .cancelled:
            self = .cancelled
        case .deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout:
            self = .timedOut(operation: call.operation, after: limit)
        case .connectTimeout:
            self = .unreachable(url: url, reason: "nothing answered in time to connect")
        case .invalidURL, .emptyHost, .emptyScheme:
            self = .invalidURL(url)
        case .remoteConnectionClosed:
            self = .unreachable(url: url, reason: "the connection was closed before the answer came")
        default:
            self = .unreachable(url: url, reason: error.shortDescription)
        }
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.first {
            guard let system = failure.error as? IOError else { return "\(failure.error)" }
            return Self.reason(system)
        }
        return "the name \(error.host) is not known"
    }

    private static func reason(_ error: IOError) -> String {
        error.errnoCode == ECONNREFUSED ? "connection refused; nothing listens there" : error.description
    }
}
