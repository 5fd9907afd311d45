public import CasareDomain

/// A place in a trace, as the W3C's headers of the same names have it.
public struct TraceContextInfo: Hashable, Sendable, Codable {
    public let traceparent: String
    public let tracestate: String?
    public let baggage: String?

    public init(_ carrier: TraceCarrier) {
        self.traceparent = carrier.context.traceparent
        self.tracestate = carrier.context.state?.description
        self.baggage = carrier.baggage?.description
    }

    /// `nil` for what is not valid, which is as good as nothing.
    public var carrier: TraceCarrier? {
        TraceCarrier(traceparent: self.traceparent, tracestate: self.tracestate, baggage: self.baggage)
    }
}
