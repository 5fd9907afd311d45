package import Instrumentation
package import Tracing

/// What `TelemetryTracer` makes: a place in a trace, and a record of the work where somebody keeps one.
package struct TelemetrySpan: Tracing.Span {
    /// What runs in the span runs in this context.
    package let context: ServiceContext
    /// `nil`: it is not recorded.
    let recorded: RecordedSpan?

    package var isRecording: Bool { self.recorded?.isRecording ?? false }

    /// Empty where nothing is recorded.
    package var operationName: String {
        get { self.recorded?.name ?? "" }
        nonmutating set { self.recorded?.rename(newValue) }
    }

    /// None where nothing is recorded, and none any more when the span has ended. To set several,
    /// `updateAttributes(_:)` is cheaper than one after the other: each time all of them are copied.
    package var attributes: SpanAttributes {
        get { self.recorded?.attributes ?? .empty }
        nonmutating set { self.recorded?.set(newValue) }
    }

    /// `ok` is final. Of errors the last one counts; without a message it leaves that of the one before.
    package func setStatus(_ status: SpanStatus) { self.recorded?.set(status) }

    package func addEvent(_ event: SpanEvent) { self.recorded?.add(event) }

    /// Links to contexts without a place in a trace are left out.
    package func addLink(_ link: SpanLink) { self.recorded?.add(link) }

    /// The work failed: status and `error.type`, unless that says already why. What the error says is not put on the
    /// span, for it may repeat what was secret to the work; it goes where the tracer's `onException` takes it.
    package func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        guard let recorded else { return }
        recorded.failed(error, attributes, at: instant().nanosecondsSinceEpoch)
    }

    /// Only the first end counts, and nothing changes after it.
    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let recorded else { return }
        recorded.end(at: instant().nanosecondsSinceEpoch)
    }
}
