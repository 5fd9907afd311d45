package import CasareDomain

/// A line of the log, or an event with a name, on its way to a collector.
package struct TelemetryLogRecord: Hashable, Sendable {
    /// Bytes of a body; the rest is cut off behind a whole character. OpenTelemetry has no limit there.
    package static let bodyBytesMax = 16 << 10

    /// As OpenTelemetry numbers severities, 1 to 24: DEBUG 5, INFO 9, NOTICE 10, WARN 13, ERROR 17, FATAL 21.
    package let severity: Int
    /// As the program calls it: `info`, `warning`.
    package let severityText: String
    /// Nanoseconds of Unix time.
    package let at: UInt64
    package let body: String
    /// Of events, such as `casare.node.exception`; `nil` for lines.
    package let eventName: String?
    package let attributes: [AttributeKey: AttributeValue]
    package let attributesDropped: Int
    /// The work in which it was written; `nil`: none is traced.
    package let context: TraceContext?
    /// What wrote it, as swift-log's label has it.
    package let scope: String

    package init(
        severity: Int, severityText: String, at: UInt64, body: String, eventName: String? = nil,
        attributes: [AttributeKey: AttributeValue] = [:], attributesDropped: Int = 0, context: TraceContext? = nil,
        scope: String
    ) {
        self.severity = severity
        self.severityText = severityText
        self.at = at
        self.body = body.shortened(toBytes: Self.bodyBytesMax)
        self.eventName = eventName
        self.attributes = attributes
        self.attributesDropped = attributesDropped
        self.context = context
        self.scope = scope
    }
}
