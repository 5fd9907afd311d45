import CasareDomain
package import Instrumentation
import Synchronization
package import Tracing

/// Makes spans, and hands those that are recorded on when they end.
///
/// A span that is not recorded has its place in the trace all the same, so that what is below it and what other
/// processes do for it belongs to the same trace, and is not recorded either.
///
/// It keeps nothing and waits for nothing: whoever takes ended spans bounds and sends them. Spans that are never ended
/// are gone without a word.
package final class TelemetryTracer: Tracer {
    package typealias Span = TelemetrySpan

    let limits: SpanLimits
    let onException: (@Sendable (TelemetryLogRecord) -> Void)?
    let onEnd: @Sendable (FinishedSpan) -> Void
    let intake: SpanIntake
    let sampler: Sampler
    let propagation: PlacePropagation
    private let clock: TraceClock
    private let spanNumbers: Atomic<UInt64>

    /// - Parameters:
    ///   - propagators: in which forms the place in a trace is told to other processes and read from them. Of those that
    ///     find a place the last one counts.
    ///   - intake: what there is room for of what `onEnd` would be given.
    ///   - onException: takes errors that spans record, each once, as records of a log. It must not wait.
    ///   - onEnd: takes the spans that are recorded. It must not wait.
    package init(
        sampler: SamplerKind = .standard, limits: SpanLimits = .standard,
        propagators: [TelemetrySettings.Propagator] = [.tracecontext, .baggage], now clock: TraceClock = .system,
        intake: SpanIntake = .open, onException: (@Sendable (TelemetryLogRecord) -> Void)? = nil,
        onEnd: @escaping @Sendable (FinishedSpan) -> Void
    ) {
        let sampler = Sampler(sampler)
        self.sampler = sampler
        self.limits = limits
        self.propagation = PlacePropagation(propagators: propagators, sampler: sampler)
        self.clock = clock
        self.intake = intake
        self.onException = onException
        self.onEnd = onEnd
        self.spanNumbers = Atomic(UInt64.random(in: .min ... .max))
    }

    /// Starts a span below the one of `context`, or a trace where there is none. The caller ends it.
    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> TelemetrySpan {
        var own = context()
        let above = own.tracePlace ?? TracePlace()
        // What is below it is below the span that it would be in.
        if above.isDetail(kind), self.intake.shedsNext() { return TelemetrySpan(context: own, recorded: nil) }
        let spanID = own.takeSpanID()
        let place =
            if above.context == nil, let root = own.takeRootTrace() {
                self.place(at: root)
            } else {
                self.place(of: spanID ?? self.makeSpanID(), below: above.context)
            }
        var local = above.local
        if place.isSampled, local == nil { local = LocalTrace(self.clock) }
        own.tracePlace = TracePlace(
            context: place, baggage: above.baggage, isRemote: false, isDebug: above.isDebug,
            isEntry: kind == .server || kind == .consumer, local: local)
        guard place.isSampled, let local else { return TelemetrySpan(context: own, recorded: nil) }
        return TelemetrySpan(
            context: own,
            recorded: RecordedSpan(
                operationName, FinishedSpan.Kind(kind), at: place, below: above.context?.spanID,
                isParentRemote: above.isRemote, since: local.time(of: instant().nanosecondsSinceEpoch), local: local,
                tracer: self))
    }

    /// Does nothing: what has ended is not here any more.
    package func forceFlush() {}

    // MARK: - Places in a trace

    private func place(of span: SpanID, below parent: TraceContext?) -> TraceContext {
        let trace: TraceID
        let flags: UInt8
        let state: TraceState?
        if let parent {
            (trace, flags, state) = (parent.traceID, parent.flags, parent.state)
        } else {
            (trace, flags, state) = (Self.makeTraceID(), TraceContext.randomFlag, nil)
        }
        let isSampled = self.sampler.samples(trace, below: parent)
        return TraceContext(
            traceID: trace, spanID: span,
            flags: isSampled ? flags | TraceContext.sampledFlag : flags & ~TraceContext.sampledFlag, state: state)
    }

    /// Who gave the place away has told others already whether it is recorded.
    private func place(at root: TraceContext) -> TraceContext {
        let isSampled = self.sampler.samples(root.traceID, below: root)
        return TraceContext(
            traceID: root.traceID, spanID: root.spanID,
            flags: isSampled ? root.flags | TraceContext.sampledFlag : root.flags & ~TraceContext.sampledFlag,
            state: root.state)
    }

    private static func makeTraceID() -> TraceID {
        var generator = SystemRandomNumberGenerator()
        return TraceID(using: &generator)
    }

    /// SplitMix64 from a random beginning on: asking the system for each would take longer than all the rest of a span.
    private func makeSpanID() -> SpanID {
        while true {
            var bits = self.spanNumbers.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
            bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
            // One number in 2⁶⁴ is no ID.
            if let id = SpanID(bits: bits ^ bits >> 31) { return id }
        }
    }
}

extension FinishedSpan.Kind {
    init(_ kind: SpanKind) {
        switch kind {
        case .server: self = .server
        case .client: self = .client
        case .producer: self = .producer
        case .consumer: self = .consumer
        case .internal: self = .internal
        }
    }
}
