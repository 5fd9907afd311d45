import CasareTelemetry
import HTTPTypes

/// How requests are answered, by the conventions of OpenTelemetry, and which streams are open.
struct HTTPMetrics: Sendable {
    private let duration: Histogram
    private let active: UpDownCounter<Int>
    private let streams: UpDownCounter<Int>
    /// Others are `otherMethod`: anybody may send any word.
    private static let methods: Set<HTTPRequest.Method> = [
        .connect, .delete, .get, .head, .options, .patch, .post, .put, .trace,
    ]

    static let otherMethod = "_OTHER"

    static func known(_ method: HTTPRequest.Method) -> String {
        Self.methods.contains(method) ? method.rawValue : Self.otherMethod
    }

    init(_ registry: MetricRegistry) {
        self.duration = registry.histogram(.httpRequestDuration)
        self.active = registry.upDownCounter(.httpActiveRequests)
        self.streams = registry.upDownCounter(.streamActive)
        for stream in Stream.allCases { self.streams.add(0, [.stream: .string(stream.rawValue)]) }
    }

    /// What a stream over WebSocket tells of.
    enum Stream: String, Sendable, CaseIterable {
        /// What happens in a tenant.
        case events
        /// What happens with one job.
        case job
    }

    /// Counts a stream while `body` runs.
    func counting<Result>(_ stream: Stream, _ body: () async throws -> Result) async rethrows -> Result {
        let attributes: Attributes = [.stream: .string(stream.rawValue)]
        self.streams.add(1, attributes)
        defer { self.streams.add(-1, attributes) }
        return try await body()
    }

    /// A request came; `answered` follows.
    func began(_ method: HTTPRequest.Method, isSecure: Bool) {
        self.active.add(1, [.method: .string(Self.known(method)), .scheme: isSecure ? "https" : "http"])
    }

    /// - Parameters:
    ///   - route: as it is written in the table; `nil` where there is none.
    ///   - isSecure: whether it came over TLS.
    func answered(
        _ method: HTTPRequest.Method, _ route: String?, isSecure: Bool, status: Int, after duration: Duration
    ) {
        self.active.add(-1, [.method: .string(Self.known(method)), .scheme: isSecure ? "https" : "http"])
        self.took(method, route, isSecure: isSecure, status: status, duration)
    }

    /// A stream was opened, by a handshake on which `began` was not called: one that is refused becomes a request.
    ///
    /// - Parameters:
    ///   - route: as it is written in the table.
    ///   - isSecure: whether it came over TLS.
    func upgraded(_ route: String, isSecure: Bool, after duration: Duration) {
        self.took(.get, route, isSecure: isSecure, status: Self.upgradedStatus, duration)
    }

    /// Switching Protocols.
    static let upgradedStatus = 101

    private func took(
        _ method: HTTPRequest.Method, _ route: String?, isSecure: Bool, status: Int, _ duration: Duration
    ) {
        self.duration.record(
            duration,
            [
                .method: .string(Self.known(method)),
                .scheme: isSecure ? "https" : "http",
                .route: route.map(AttributeValue.string), .status: .int(status),
                .errorType: status >= 500 ? .string(String(status)) : nil,
            ])
    }
}
