import CasareDomain
import CasareTelemetry
import HTTPTypes
import Instrumentation
import Tracing

/// The trace that a request belongs to, as its headers name it.
enum RequestTrace {
    static let logKey = "trace_id"

    /// The one that the headers name. `nil`: none, or what is not valid.
    private static func given(_ values: (HTTPField.Name) -> [String]) -> TraceCarrier? {
        let parents = values(.traceparent)
        return TraceCarrier(
            traceparent: parents.count == 1 ? parents[0] : nil,
            tracestate: values(.tracestate).joined(separator: ","),
            baggage: values(.baggage).joined(separator: ","))
    }

    /// The one that the headers name in the forms that the tracer reads (`OTEL_PROPAGATORS`); in W3C's where nothing is
    /// traced. What is not valid counts as not there, as the specification of trace context says: nobody is refused for
    /// it.
    ///
    /// - Parameter headers: in the order in which they came. `traceparent` must come once; the others are lists, and may
    ///   be spread over several headers (RFC 9110 §5.3).
    static func given(in headers: HTTPFields, to tracer: any Tracer) -> TraceCarrier? {
        if tracer is NoOpTracer { return self.given { headers[values: $0] } }
        var context = ServiceContext.topLevel
        tracer.extract(headers, into: &context, using: HeaderExtractor())
        return context.trace
    }
}

/// Lists may be spread over several headers, everything else must come once.
private struct HeaderExtractor: Extractor {
    func extract(key: String, from headers: HTTPFields) -> String? {
        guard let name = HTTPField.Name(key) else { return nil }
        let values = headers[values: name]
        if name == .tracestate || name == .baggage { return values.joined(separator: ",") }
        return values.count == 1 ? values[0] : nil
    }
}

extension HTTPField.Name {
    // The name is valid.
    static let baggage = HTTPField.Name("baggage")!
}
