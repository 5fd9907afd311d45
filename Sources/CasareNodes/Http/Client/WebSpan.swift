import CasareEngine
import NIOHTTP1
import Synchronization
import Tracing

/// What traces and servers are told of a node's requests.
struct WebTrace: Sendable {
    let tracer: any Tracer
    /// Servers that are told which trace a request belongs to, and its baggage.
    let hosts: HostPatterns
    /// Hides the run's secrets.
    let masked: @Sendable (String) -> String

    static let none = WebTrace(tracer: NoOpTracer(), hosts: .none, masked: { $0 })

    init(_ environment: NodeEnvironment) {
        self.init(tracer: environment.tracer, hosts: environment.policy.traceHosts, masked: environment.masked)
    }

    private init(tracer: any Tracer, hosts: HostPatterns, masked: @escaping @Sendable (String) -> String) {
        (self.tracer, self.hosts, self.masked) = (tracer, hosts, masked)
    }
}

/// How often a node's request was sent, to whatever server: by attempts, and by redirects within them.
final class SendCount: Sendable {
    private let count = Atomic(0)

    /// How often it was before.
    func next() -> Int { self.count.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// The span of one request as it goes out, of each attempt and each redirect (OpenTelemetry's conventions for HTTP).
struct WebSpan: Sendable {
    /// Others could be anything: a workflow names them.
    private static let methods: Set<String> = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
    ]

    private let span: ClientSpan
    /// By which the server learns what trace it belongs to; empty for servers that must not.
    let headers: HTTPHeaders

    /// - Parameter resends: how often the same was sent before.
    init(_ request: WebRequest, resends: Int) {
        let (trace, method) = (request.options.trace, request.method.rawValue)
        let isKnown = Self.methods.contains(method)
        let span = ClientSpan(isKnown ? method : "HTTP", by: trace.tracer)
        span.describe { attributes in
            attributes["http.request.method"] = isKnown ? method : "_OTHER"
            if !isKnown { attributes["http.request.method_original"] = trace.masked(method) }
            attributes["server.address"] = trace.masked(request.url.host)
            attributes["server.port"] = request.url.port
            attributes["url.full"] = trace.masked(request.options.hidesPath ? request.url.origin : request.url.redacted)
            if resends > 0 { attributes["http.request.resend_count"] = resends }
        }
        self.span = span
        var headers = HTTPHeaders()
        // What the node itself says of a trace is not mixed with this.
        if trace.hosts.contains(request.url.host), !request.headers.contains(name: "traceparent") {
            trace.tracer.inject(span.context, into: &headers, using: HeaderInjector())
        }
        self.headers = headers
    }

    func answered(_ status: Int) {
        self.span.describe { $0["http.response.status_code"] = status }
        if status >= 400 { self.span.failed(String(status)) }
    }

    func end(after error: (any Error)? = nil) { self.span.end(after: error) }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into headers: inout HTTPHeaders) {
        headers.replaceOrAdd(name: key, value: value)
    }
}
