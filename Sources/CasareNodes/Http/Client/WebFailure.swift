import AsyncHTTPClient
import CasareEngine
import Glibc
import NIOCore
import NIOHTTPCompression
import NIOPosix
import NIOSSL

/// No answer came: the same request may succeed later.
struct TransportFailure: Error {
    let failure: NodeFailure
    /// The connection never came about, so another address of the server may be tried without repeating anything.
    let neverConnected: Bool

    init(_ failure: NodeFailure, neverConnected: Bool = false) {
        self.failure = failure
        self.neverConnected = neverConnected
    }
}

/// What the errors of the HTTP client mean.
enum WebFailure {
    /// An error while a request was made, as something to report. What is known already stays as it is.
    static func describing(_ error: any Error, _ request: WebRequest, at address: IPAddress) -> any Error {
        switch error {
        case is NodeFailure, is TransportFailure, is CancellationError: return error
        case let error as HTTPClientError: return self.describing(error, request, at: address)
        case let error as NIOConnectionError:
            return self.transport(request, self.reason(error.connectionErrors.first?.error, address), isFirst: true)
        case let error as IOError:
            return self.transport(request, self.reason(error, address), isFirst: self.isOfConnecting(error))
        case NIOSSLError.handshakeFailed(.sslError(let causes)): return self.untrusted(request, "\(causes)")
        case let error as NIOSSLExtraError: return self.untrusted(request, "\(error)")
        default: return self.transport(request, "\(error)")
        }
    }

    static func timedOut(_ request: WebRequest) -> TransportFailure {
        let seconds = request.options.timeout / .seconds(1)
        return TransportFailure(
            NodeFailure("TimeoutError", "\(request.displayURL) did not answer within \(seconds) s"))
    }

    private static func describing(_ error: HTTPClientError, _ request: WebRequest, at address: IPAddress) -> any Error
    {
        switch error {
        case .cancelled:
            return CancellationError()
        case .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            let reason = "\(address) did not take the connection in time"
            return self.transport(request, reason, isFirst: true)
        case .deadlineExceeded, .readTimeout, .writeTimeout:
            return self.timedOut(request)
        case .remoteConnectionClosed:
            return self.transport(request, "the connection was closed before the answer was complete")
        case .proxyAuthenticationRequired:
            return NodeFailure("NetworkError", "The proxy wants a name and password: http://name:password@host:port")
        case .invalidProxyResponse:
            return self.transport(request, "the proxy did not open the connection", isFirst: true)
        default:
            return self.transport(request, error.shortDescription)
        }
    }

    /// Nearly always the certificate, and trying again does not make it better.
    private static func untrusted(_ request: WebRequest, _ reason: String) -> NodeFailure {
        NodeFailure(
            "SecurityError",
            "Cannot reach \(request.displayURL): no trusted TLS connection (\(reason)); verify_ssl: false takes any "
                + "certificate")
    }

    private static func transport(_ request: WebRequest, _ reason: String, isFirst: Bool = false) -> TransportFailure {
        TransportFailure(
            NodeFailure("NetworkError", "Cannot reach \(request.displayURL): \(reason)"), neverConnected: isFirst)
    }

    private static func reason(_ error: (any Error)?, _ address: IPAddress) -> String {
        guard let system = error as? IOError else { return error.map { "\($0)" } ?? "no connection" }
        return system.errnoCode == ECONNREFUSED
            ? "\(address) refused the connection" : String(cString: strerror(system.errnoCode))
    }

    /// Codes that connect(2) ends with and nothing later does.
    private static func isOfConnecting(_ error: IOError) -> Bool {
        [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode)
    }

    /// The decompressor takes no body at all, as of an answer to HEAD, for one that was cut off.
    static func isEmptyCompressedBody(_ error: any Error) -> Bool {
        error as? NIOHTTPDecompression.ExtraDecompressionError == .truncatedData
    }

    static func isDecompressionLimit(_ error: any Error) -> Bool {
        error as? NIOHTTPDecompression.DecompressionError == .limit
    }
}
