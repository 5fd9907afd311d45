package import CasareDomain
package import Instrumentation
import Synchronization
import Tracing

/// What travels with a task of traces.
extension ServiceContext {
    /// The place in a trace, and its baggage: of the span in which something runs, or as another process told it.
    ///
    /// What is put here is taken for another process's, unless it is the place that stands here already: then only the
    /// baggage changes.
    package var trace: TraceCarrier? {
        get {
            guard let place = self.tracePlace, let context = place.context else { return nil }
            return TraceCarrier(context, baggage: place.baggage)
        }
        set {
            guard let newValue else {
                self.tracePlace = nil
                return
            }
            if var place = self.tracePlace, place.context == newValue.context {
                place.baggage = newValue.baggage
                self.tracePlace = place
            } else {
                self.tracePlace = TracePlace(context: newValue.context, baggage: newValue.baggage, isRemote: true)
            }
        }
    }

    /// The ID that the next span takes which is started in this context, or in a copy of it. After that it is `nil`: no
    /// two spans have one ID.
    package var spanID: SpanID? {
        get { self[NextSpanKey.self]?.value }
        set { self[NextSpanKey.self] = newValue.map(TakenOnce.init) }
    }

    /// The place that the next span takes which begins a trace in this context, or in a copy of it: one that was given
    /// away before anybody could tell of it, such as a job's by the transaction that made it. After that it is `nil`. A
    /// span below another one leaves it alone.
    package var rootTrace: TraceContext? {
        get { self[NextRootKey.self]?.value }
        set { self[NextRootKey.self] = newValue.map(TakenOnce.init) }
    }

    /// A context of nothing but a place in a trace, such as a job's that another process asked for, or a link's.
    package init(_ trace: TraceCarrier) {
        self = .topLevel
        self.trace = trace
    }

    /// Gives one more name and value to everybody further on, as `Baggage.adding` does.
    package mutating func addBaggage(_ name: String, _ value: String) {
        var place = self.tracePlace ?? TracePlace()
        if let known = place.baggage {
            place.baggage = known.adding(name, value)
        } else {
            place.baggage = Baggage(name, value)
        }
        self.tracePlace = place
    }
}

extension ServiceContext {
    var tracePlace: TracePlace? {
        get { self[TracePlaceKey.self] }
        set { self[TracePlaceKey.self] = newValue }
    }

    /// The ID that was kept for the next span, which is this one.
    mutating func takeSpanID() -> SpanID? {
        guard let next = self[NextSpanKey.self] else { return nil }
        self[NextSpanKey.self] = nil
        return next.take()
    }

    /// The place that was kept for the next span that begins a trace, which is this one.
    mutating func takeRootTrace() -> TraceContext? {
        guard let next = self[NextRootKey.self] else { return nil }
        self[NextRootKey.self] = nil
        return next.take()
    }
}

/// Where something stands in a trace, with what the tracer has to know of that.
struct TracePlace: Sendable {
    /// `nil`: baggage came, and no place.
    var context: TraceContext?
    var baggage: Baggage?
    /// Whether the span at this place is another process's.
    var isRemote = false
    /// B3's debug flag, which is handed on as it came.
    var isDebug = false
    /// Whether the span at this place is the one in which this process began with what somebody else had asked for.
    var isEntry = false
    /// Of the recorded spans of this process; `nil` where there is none yet.
    var local: LocalTrace?

    /// Whether a span that is begun here is one of many that tell how its work was done, and not what was done: a node, a
    /// statement, a request for a node. Such are short for the most part, and the first that nobody misses.
    func isDetail(_ kind: SpanKind) -> Bool {
        guard self.local != nil, !self.isEntry else { return false }
        return kind == .internal || kind == .client
    }
}

private enum TracePlaceKey: ServiceContextKey {
    typealias Value = TracePlace

    static var nameOverride: String? { "casare.trace" }
}

private enum NextSpanKey: ServiceContextKey {
    typealias Value = TakenOnce<SpanID>

    static var nameOverride: String? { "casare.span_id" }
}

private enum NextRootKey: ServiceContextKey {
    typealias Value = TakenOnce<TraceContext>

    static var nameOverride: String? { "casare.root_trace" }
}

/// What is for one span. Contexts are copied, so that they hold it together.
private final class TakenOnce<Reserved: Sendable>: Sendable {
    private let reserved: Reserved
    private let isTaken = Atomic(false)

    init(_ reserved: Reserved) { self.reserved = reserved }

    /// `nil` once it is taken.
    var value: Reserved? { self.isTaken.load(ordering: .relaxed) ? nil : self.reserved }

    func take() -> Reserved? { self.isTaken.exchange(true, ordering: .relaxed) ? nil : self.reserved }
}
