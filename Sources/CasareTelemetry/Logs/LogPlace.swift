import CasareDomain
import Logging

/// The trace that a line belongs to.
struct LogPlace: Hashable, Sendable {
    static let traceKey = "trace_id"
    static let spanKey = "span_id"

    /// As text, for lines.
    let traceID: String?
    let spanID: String?
    /// The work in which it was logged; `nil` where metadata names another trace.
    let context: TraceContext?

    /// - Parameters:
    ///   - metadata: what it says of traces wins: a logger knows better whom its lines are of.
    ///   - context: where the task is that logs; `nil`: in none.
    init(_ metadata: Logger.Metadata, in context: TraceContext?) {
        let traceID = metadata[Self.traceKey]?.description
        let spanID = metadata[Self.spanKey]?.description
        if let context, traceID == nil || traceID == context.traceID.description,
            spanID == nil || spanID == context.spanID.description
        {
            self.context = context
            self.traceID = context.traceID.description
            self.spanID = context.spanID.description
        } else {
            self.context = nil
            self.traceID = traceID
            self.spanID = spanID
        }
    }
}
