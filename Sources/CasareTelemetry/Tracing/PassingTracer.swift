package import Instrumentation
package import Tracing

/// Records nothing, and hands places in traces on as they came: for a process that sends no spans of its own
/// (OpenTelemetry's specification: switching the SDK off leaves propagators as they are).
package struct PassingTracer: Tracer {
    package typealias Span = NoOpTracer.NoOpSpan

    private let propagation: PlacePropagation

    /// - Parameters:
    ///   - sampler: decides where a caller leaves it to us whether a trace is recorded.
    ///   - propagators: as those of `TelemetryTracer`.
    package init(
        sampler: SamplerKind = .standard, propagators: [TelemetrySettings.Propagator] = [.tracecontext, .baggage]
    ) {
        self.propagation = PlacePropagation(propagators: propagators, sampler: Sampler(sampler))
    }

    /// A span at the place where the caller stands.
    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> NoOpTracer.NoOpSpan {
        NoOpTracer.NoOpSpan(context: context())
    }

    package func forceFlush() {}

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        self.propagation.inject(context, into: &carrier, using: injector)
    }

    /// What cannot be read is as if it had not come, and leaves in the context what stands there.
    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        self.propagation.extract(carrier, into: &context, using: extractor)
    }
}

extension Tracer {
    /// Whether a span of it may be recorded: else what would be looked up for one need not be.
    package var makesSpans: Bool { !(self is NoOpTracer) && !(self is PassingTracer) }
}
