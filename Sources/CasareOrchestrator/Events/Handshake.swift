import HTTPTypes
import Instrumentation
import NIOHTTP1
import Tracing

/// The request by which a stream is opened. It has been answered when the connection has become a stream; one that is
/// refused never ends here, but is told of as the request that its route answers.
struct Handshake: Sendable {
    let span: RequestSpan
    private let route: Route
    private let isSecure: Bool
    private let startedAt = ContinuousClock.now

    /// - Parameters:
    ///   - path: of its URL, without the query.
    ///   - id: under which it is found in logs.
    ///   - isSecure: whether it came over TLS.
    init(
        _ head: HTTPRequestHead, path: String, of route: Route, id: String, isSecure: Bool, tracer: any Tracer
    ) {
        let request = HTTPRequest(
            method: .get, scheme: isSecure ? "https" : "http", authority: nil, path: head.uri,
            headerFields: Self.fields(of: head))
        self.span = RequestSpan(
            request, path: path, route, given: RequestTrace.given(in: request.headerFields, to: tracer), id: id,
            tracer: tracer)
        self.route = route
        self.isSecure = isSecure
    }

    /// The client was told that the connection is a stream.
    func upgraded(_ metrics: HTTPMetrics) {
        self.span.end(status: HTTPMetrics.upgradedStatus)
        // In its trace, to which the number leads.
        ServiceContext.withValue(self.span.context) {
            metrics.upgraded(self.route.path, isSecure: self.isSecure, after: .now - self.startedAt)
        }
    }

    /// Those that have a valid name.
    private static func fields(of head: HTTPRequestHead) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }
}
