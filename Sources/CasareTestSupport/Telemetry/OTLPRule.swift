/// What telemetry must keep to: the protocol, OpenTelemetry's rules for SDKs, and its semantic conventions.
package enum OTLPRule: String, Hashable, Sendable, CaseIterable {
    // MARK: - Of everything

    /// A request brings something.
    case empty
    /// The resource says `service.name`, and not what SDKs fall back to.
    case serviceName
    /// It says `service.instance.id`: instances without one overwrite each other's series.
    case serviceInstance
    case serviceVersion
    /// It says `telemetry.sdk.name`, `.language` and `.version`.
    case sdk
    /// Keys of attributes are not empty, and each comes once.
    case attributeKey
    /// Attributes, events and links are not more than OpenTelemetry's limits.
    case limit
    /// The instrumentation scope has a name.
    case scope
    /// No planted secret is anywhere in it.
    case canary
    /// Times are about now: not zero, not in milliseconds.
    case time

    // MARK: - Of spans

    /// 16 bytes, not all zero.
    case traceID
    /// 8 bytes, not all zero.
    case spanID
    /// 8 bytes, not all zero, and not the span itself.
    case parentID
    /// It is not empty.
    case spanName
    /// The name of a span is one of few.
    case spanNameIdentifier
    /// It ends when it begins or later.
    case spanEnd
    case spanKind
    /// There is a message only with an error.
    case status
    /// `error.type` stands with an error and only there.
    case errorType
    /// An event has a name and a time.
    case event
    /// Exceptions are log records, no longer events of spans.
    case exceptionEvent
    /// The IDs of a link are valid.
    case link
    /// No span comes twice.
    case duplicateSpan
    /// The kind fits `messaging.operation.type`.
    case messagingKind

    // MARK: - Of spans among each other, when all have come

    /// A parent is in the same trace.
    case parentTrace
    /// A parent in the same process came, too.
    case localParent
    /// Parents do not go round in a circle.
    case parentCycle
    /// Within one process a parent begins first.
    case parentStart

    // MARK: - Of metrics

    /// As OpenTelemetry has names of instruments: 255 letters, digits and `_.-/`, a letter first.
    case metricName
    /// Names leave out the unit and `total`: readers add them.
    case metricNameSuffix
    /// UCUM's basic units, or one thing in braces.
    case unit
    case description
    case noPoints
    case temporality
    /// What only grows did not shrink.
    case decreased
    /// Cumulative points say since when, and that does not go back.
    case start
    /// It counts since a time before its own.
    case startAfterTime
    /// A point is later than the one before it of its series.
    case repeated
    /// A histogram's count is the sum of its buckets.
    case bucketSum
    /// Bounds grow, and are one fewer than the buckets.
    case bounds
    /// Sum, smallest, largest and count can all be true.
    case range
    /// What only grows is not negative.
    case negative
    /// A value is there, and finite.
    case notFinite
    /// A metric stays of one kind and unit.
    case conflict
    /// Deltas do not count the same time twice.
    case overlap
    /// At most 2000 series of a metric, and one for the rest.
    case cardinality
    /// The IDs of an exemplar are valid, and it has a value.
    case exemplar
    /// A utilization is 0 to 1.
    case utilization
    /// Attributes of metrics take few values.
    case metricAttribute

    // MARK: - Of log records

    /// A severity is 1 to 24.
    case severity
    /// The IDs are valid, and a span's comes with a trace's.
    case logContext
    /// A record has a body or the name of an event.
    case logBody
}

/// A rule that an item did not keep to.
package struct OTLPViolation: Hashable, Sendable, CustomStringConvertible {
    package let rule: OTLPRule
    package let signal: OTLPReceiver.Signal
    package let service: String
    /// The name of the span or metric, or of what made the log record; `resource` for that.
    package let subject: String
    /// What was wrong. Never the text of a planted secret.
    package let message: String

    package var description: String {
        "\(self.rule.rawValue): \(self.signal.rawValue) of \(self.service), \(self.subject): \(self.message)"
    }
}
