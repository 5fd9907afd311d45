/// What is handed on from one process to the next, and stored with a job: a place in a trace, and its baggage.
public struct TraceCarrier: Hashable, Sendable {
    public let context: TraceContext
    public let baggage: Baggage?

    public init(_ context: TraceContext, baggage: Baggage? = nil) {
        self.context = context
        self.baggage = baggage
    }

    /// The beginning of a new trace, for what nobody has asked for or who did says nothing of a trace.
    public static func makeRoot() -> TraceCarrier { TraceCarrier(.makeRoot()) }

    /// What came as three headers, or in three variables of the environment.
    ///
    /// - Returns: `nil` unless `traceparent` is there and valid. What is wrong with the others leaves them out.
    public init?(traceparent: String?, tracestate: String?, baggage: String?) {
        guard let traceparent, let context = TraceContext(traceparent: traceparent, tracestate: tracestate) else {
            return nil
        }
        self.init(context, baggage: baggage.flatMap(Baggage.init))
    }

    public var traceID: TraceID { self.context.traceID }
}
