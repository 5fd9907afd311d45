import AsyncHTTPClient
import CasareDomain
import CasareEngine
import Glibc
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL

/// No answer came: the same request may succeed later.
struct TransportFailure: Error {
    let failure: NodeFailure
    /// The connection never came about, so another address of the server may be tried without repeating anything.
    let neverConnected: Bool
    /// The message without the name of the server, as the end of a sentence about a request.
    let reason: String

    init(_ failure: NodeFailure, reason: String? = nil, neverConnected: Bool = false) {
        self.failure = failure
        self.reason = reason ?? failure.message
        self.neverConnected = neverConnected
    }
}

/// What the errors of the HTTP client mean.
enum WebFailure {
    /// An error while a request was made, as something to report. What is known already stays as it is.
    ///
    /// - Parameters:
    ///   - place: The address that was connected to.
    ///   - elapsed: Since the request was begun.
    static func describing(
        _ error: any Error, _ request: WebRequest, at place: String, after elapsed: Duration
    ) -> any Error {
        switch error {
        case is NodeFailure, is TransportFailure, is CancellationError: return error
        case let error as HTTPClientError: return self.describing(error, request, at: place)
        case let error as NIOConnectionError:
            return self.transport(request, self.reason(error.connectionErrors.first?.error, place), isFirst: true)
        case let error as IOError:
            let isFirst = self.isOfConnecting(error) && elapsed < self.connectionLossMin
            return self.transport(request, self.reason(error, place), isFirst: isFirst)
        case NIOSSLError.noSuchFilesystemObject, NIOSSLError.failedToLoadCertificate:
            return NodeFailure("SecurityError", "Cannot read the authorities to trust: look at SSL_CERT_FILE")
        case NIOSSLError.handshakeFailed(.sslError(let causes)): return self.untrusted(request, "\(causes)")
        case let error as NIOSSLExtraError: return self.untrusted(request, "\(error)")
        case HTTPParserError.invalidEOFState: return self.cutOff(request)
        default: return self.transport(request, "\(error)")
        }
    }

    /// The server was reached, and had begun to answer.
    private static func cutOff(_ request: WebRequest) -> TransportFailure {
        TransportFailure(
            NodeFailure(
                "NetworkError",
                "The answer of \(request.displayURL) was cut off: the connection ended before it was complete"),
            reason: "the answer was cut off")
    }

    static func timedOut(_ request: WebRequest) -> TransportFailure {
        let seconds = Value.double(request.options.timeout / .seconds(1)).displayText
        return TransportFailure(
            NodeFailure("TimeoutError", "\(request.displayURL) did not answer within \(seconds) s"),
            reason: "no answer came within \(seconds) s")
    }

    private static func describing(_ error: HTTPClientError, _ request: WebRequest, at place: String) -> any Error {
        switch error {
        case .cancelled:
            return CancellationError()
        case .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            let reason = "\(place) did not take the connection in time"
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
            NodeFailure("NetworkError", "Cannot reach \(request.displayURL): \(reason)"), reason: reason,
            neverConnected: isFirst)
    }

    private static func reason(_ error: (any Error)?, _ place: String) -> String {
        guard let system = error as? IOError else { return error.map { "\($0)" } ?? "no connection" }
        return system.errnoCode == ECONNREFUSED
            ? "\(place) refused the connection" : String(cString: strerror(system.errnoCode))
    }

    /// An established connection is given up with the same codes, but only after many minutes (tcp(7), `tcp_retries2`).
    private static let connectionLossMin = Duration.seconds(60)

    /// Codes that connect(2) ends with.
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
