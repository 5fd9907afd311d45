import CasareDomain
import HTTPTypes

/// The trace that a request belongs to: the one that its headers name, or a new one.
enum RequestTrace {
    static let logKey = "trace_id"

    /// What is not valid counts as not there, as the specification of trace context says: nobody is refused for it.
    ///
    /// - Parameter values: of a header, in the order in which they came. `traceparent` must come once; the others are
    ///   lists, and may be spread over several headers (RFC 9110 §5.3).
    static func of(_ values: (HTTPField.Name) -> [String]) -> TraceCarrier { self.given(values) ?? .makeRoot() }

    /// The one that the headers name. `nil`: none, or what is not valid.
    static func given(_ values: (HTTPField.Name) -> [String]) -> TraceCarrier? {
        let parents = values(.traceparent)
        return TraceCarrier(
            traceparent: parents.count == 1 ? parents[0] : nil,
            tracestate: values(.tracestate).joined(separator: ","),
            baggage: values(.baggage).joined(separator: ","))
    }
}

extension HTTPField.Name {
    // The name is valid.
    static let baggage = HTTPField.Name("baggage")!
}
