import CasareTelemetry
import HTTPTypes

/// How requests are answered, by the conventions of OpenTelemetry.
struct HTTPMetrics: Sendable {
    private let duration: Histogram
    /// Others are `_OTHER`: anybody may send any word.
    private static let methods: Set<HTTPRequest.Method> = [
        .connect, .delete, .get, .head, .options, .patch, .post, .put, .trace,
    ]

    init(_ registry: MetricRegistry) { self.duration = registry.histogram(.httpRequestDuration) }

    /// - Parameters:
    ///   - route: as it is written in the table; `nil` where there is none.
    ///   - isSecure: whether it came over TLS.
    func answered(
        _ method: HTTPRequest.Method, _ route: String?, isSecure: Bool, status: Int, after duration: Duration
    ) {
        self.duration.record(
            duration,
            [
                .method: .string(Self.methods.contains(method) ? method.rawValue : "_OTHER"),
                .scheme: isSecure ? "https" : "http",
                .route: route.map(AttributeValue.string), .status: .int(status),
                .errorType: status >= 500 ? .string(String(status)) : nil,
            ])
    }
}
