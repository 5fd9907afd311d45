import CasareDomain
import CasareStore
import CasareTelemetry
import HTTPTypes
import Instrumentation
import Tracing

/// The span in which a request is answered, by the conventions of OpenTelemetry for HTTP.
struct RequestSpan: Sendable {
    /// `nil`: nobody wants one.
    private let span: (any Span)?
    /// What the request belongs to, with its own span as the place in it; where none is recorded as the caller has it.
    let trace: TraceCarrier
    /// What is done for the request is done in this.
    let context: ServiceContext

    private static let userAgentMax = 256

    /// - Parameters:
    ///   - path: of its URL, without the query.
    ///   - route: `nil` where none was found.
    ///   - given: what the caller says of a trace.
    init(
        _ request: HTTPRequest, path: String, _ route: Route?, given: TraceCarrier?, id: String, tracer: any Tracer
    ) {
        var context = ServiceContext.topLevel
        context.trace = given
        guard Self.isTraced(route, isAsked: given != nil) else {
            self.span = nil
            self.trace = Self.makeUntraced()
            context.trace = self.trace
            self.context = context
            return
        }
        let method = HTTPMetrics.known(request.method)
        let span = tracer.startSpan(
            route.map { "\(method) \($0.path)" } ?? method, context: context, ofKind: .server)
        if span.isRecording {
            span.updateAttributes { attributes in
                attributes["http.request.method"] = method
                if method == HTTPMetrics.otherMethod {
                    attributes["http.request.method_original"] = request.method.rawValue
                }
                attributes["url.path"] = path
                attributes["url.scheme"] = request.scheme == "https" ? "https" : "http"
                if let route { attributes["http.route"] = route.path }
                if let agent = request.headerFields[.userAgent] {
                    attributes["user_agent.original"] = String(agent.prefix(Self.userAgentMax))
                }
                attributes["casare.request.id"] = id
            }
        }
        context = span.context
        self.trace = context.trace ?? given ?? .makeRoot()
        context.trace = self.trace
        self.span = span
        self.context = context
    }

    /// For the log alone: what is done for a request without a span, such as its statements, has none either. They would
    /// be below one that nobody ever sees.
    static func makeUntraced() -> TraceCarrier {
        let root = TraceContext.makeRoot()
        return TraceCarrier(TraceContext(traceID: root.traceID, spanID: root.spanID, flags: 0))
    }

    /// What is asked many times a minute, by robots and by whoever looks whether the service is there, has a span only
    /// where the caller has one.
    private static func isTraced(_ route: Route?, isAsked: Bool) -> Bool {
        if isAsked { return true }
        guard let route else { return true }
        return route.access != .needs(.robotProtocol) && !route.path.hasPrefix("/health") && route.path != "/metrics"
    }

    /// Says who asks, once that is known.
    func isBy(_ caller: Principal?, from source: String?) {
        guard let span, span.isRecording else { return }
        span.updateAttributes { attributes in
            if let source { attributes["client.address"] = source }
            if let caller {
                attributes["casare.tenant.id"] = Int64(caller.tenant.rawValue)
                attributes["casare.principal.name"] = caller.name
            }
        }
    }

    /// What the server could not do is an error; what the caller got wrong is not.
    func end(status: Int) {
        guard let span else { return }
        if span.isRecording {
            span.attributes["http.response.status_code"] = status
            if status >= 500 {
                span.attributes["error.type"] = String(status)
                span.setStatus(SpanStatus(code: .error))
            }
        }
        span.end()
    }
}
