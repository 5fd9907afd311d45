import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the HTTP client's errors mean, in a few words for people: none of the names of its own parts.
extension ClientError {
    init(_ error: any Error, call: Call, url: String, limit: Duration) {
        switch error {
        case is CancellationError:
            self = .cancelled
        case let error as HTTPClientError:
            self.init(error, call: call, url: url, limit: limit)
        case is NIOTooManyBytesError:
            self = .responseTooLarge(operation: call.operation, bytesMax: CasareClient.responseBytesMax)
        case let error as NIOConnectionError:
            self = .unreachable(url: url, reason: Self.reason(error, url))
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
            self = .unreachable(url: url, reason: "the connection was closed in the middle of the answer")
        case NIOSSLError.uncleanShutdown:
            self = .unreachable(url: url, reason: "the connection was closed before the answer came")
        case is HTTPParserError:
            self = .notCasare(url: url, reason: "it does not speak HTTP")
        default:
            self = .unreachable(url: url, reason: Self.reason(error, url))
        }
    }

    private init(_ error: HTTPClientError, call: Call, url: String, limit: Duration) {
        switch error {
        case .cancelled:
            self = .cancelled
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            self = .timedOut(operation: call.operation, after: limit)
        case .connectTimeout:
            self = .unreachable(url: url, reason: "nothing answered in time to connect")
        case .tlsHandshakeTimeout:
            self = .unreachable(url: url, reason: "nothing answered in time to set TLS up")
        case .invalidURL, .emptyHost, .emptyScheme:
            self = .invalidURL(url)
        case .remoteConnectionClosed:
            self = .unreachable(url: url, reason: "the connection was closed before the answer came")
        default:
            self = .unreachable(url: url, reason: error.shortDescription)
        }
    }

    private static func reason(_ error: NIOConnectionError, _ url: String) -> String {
        error.connectionErrors.first.map { Self.reason($0.error, url) } ?? "the name \(error.host) is not known"
    }

    private static func reason(_ error: any Error, _ url: String) -> String {
        guard let error = error as? IOError else {
            // The library's own errors are those of TLS.
            return url.hasPrefix("https:")
                ? "TLS could not be set up: it is not spoken there, or the certificate is not trusted"
                : "the connection failed"
        }
        switch error.errnoCode {
        case ECONNREFUSED: return "connection refused"
        case ECONNRESET, EPIPE, ECONNABORTED: return "the connection was broken off"
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN: return "there is no way to that address"
        case ETIMEDOUT: return "nothing answered in time to connect"
        case EMFILE, ENFILE: return "this machine has too many files open"
        // The system's words, without the call that failed.
        default: return String(cString: strerror(error.errnoCode)).lowercased()
        }
    }
}
