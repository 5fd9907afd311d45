import NIOHTTP1
import Tracing

/// One try of a request, for whoever measures them.
public struct RequestAttempt: Hashable, Sendable {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    public let method: String
    /// Of the server's URL.
    public let host: String
    public let port: Int
    /// `nil` where no answer came.
    public let status: Int?
    /// Why it failed, in one word: the status of an answer that is an error, or what kept it from coming, such as
    /// `timeout` or `unreachable`.
    public let errorType: String?
    /// Until the whole answer was there.
    public let duration: Duration
    /// The server was asked to wait with its answer.
    public let isLongPoll: Bool
}

/// Who is told of requests.
struct RequestTelemetry: Sendable {
    let tracer: any Tracer
    let onAttempt: (@Sendable (RequestAttempt) -> Void)?
}

/// A try that is under way, in a span of its own (OpenTelemetry's conventions for HTTP).
///
/// What is done for nothing that is traced has none: robots ask for work all the time.
struct AttemptSpan: Sendable {
    private let span: any Span
    private let call: Call
    private let address: ServerAddress
    private let telemetry: RequestTelemetry
    private let startedAt = ContinuousClock.now
    /// By which the server learns to which trace the request belongs.
    let headers: HTTPHeaders

    /// - Parameters:
    ///   - resends: how often it was sent before.
    ///   - standing: what the server is told where nothing is traced.
    init(
        _ call: Call, to address: ServerAddress, resends: Int, _ telemetry: RequestTelemetry, standing: HTTPHeaders
    ) {
        self.call = call
        self.address = address
        self.telemetry = telemetry
        guard let context = ServiceContext.current, !(telemetry.tracer is NoOpTracer) else {
            self.span = NoOpTracer.NoOpSpan(context: .topLevel)
            self.headers = standing
            return
        }
        let span = telemetry.tracer.startSpan(call.method.rawValue, context: context, ofKind: .client)
        self.span = span
        var headers = HTTPHeaders()
        telemetry.tracer.inject(span.context, into: &headers, using: HeaderInjector())
        self.headers = headers
        guard span.isRecording else { return }
        span.updateAttributes { attributes in
            attributes["http.request.method"] = call.method.rawValue
            attributes["server.address"] = address.host
            attributes["server.port"] = address.port
            // What is secret is sent in headers and bodies, never in a URL.
            attributes["url.full"] = address.origin + address.prefix + call.path + Transport.text(of: call.query)
            if resends > 0 { attributes["http.request.resend_count"] = resends }
        }
    }

    func answered(_ status: Int) { self.end(status: status, errorType: status >= 400 ? String(status) : nil) }

    func failed(_ error: ClientError) { self.end(status: nil, errorType: error.kind) }

    /// The server answered otherwise than by opening the socket that it was asked for.
    func refused() { self.end(status: nil, errorType: "refused") }

    private func end(status: Int?, errorType: String?) {
        if self.span.isRecording {
            self.span.updateAttributes { attributes in
                if let status { attributes["http.response.status_code"] = status }
                if let errorType { attributes["error.type"] = errorType }
            }
            if errorType != nil { self.span.setStatus(SpanStatus(code: .error)) }
        }
        self.span.end()
        self.telemetry.onAttempt?(
            RequestAttempt(
                method: self.call.method.rawValue, host: self.address.host, port: self.address.port, status: status,
                errorType: errorType, duration: .now - self.startedAt, isLongPoll: self.call.waiting > .zero))
    }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into headers: inout HTTPHeaders) {
        headers.replaceOrAdd(name: key, value: value)
    }
}

extension ClientError {
    /// In one word, of which there are few.
    fileprivate var kind: String {
        switch self {
        case .api(let problem): String(problem.status)
        case .unreachable: "unreachable"
        case .tlsFailed, .invalidTLS: "tls"
        case .timedOut: "timeout"
        case .versionSkew, .notCasare: "unreadable"
        case .responseTooLarge: "too_large"
        case .invalidURL, .invalidRequest: "invalid"
        case .cancelled: "cancelled"
        }
    }
}
