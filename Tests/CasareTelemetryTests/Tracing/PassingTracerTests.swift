import CasareDomain
@testable import CasareTelemetry
import Instrumentation
import Testing
import Tracing

/// A process that sends no spans hands on whose traces its work belongs to.
struct PassingTracerTests {
    private static let headers = ["traceparent": "00-\(Places.trace)-\(Places.span)-01", "baggage": "k=v"]

    @Test func `what came in goes out as it was, through spans that are not recorded`() throws {
        let tracer = PassingTracer()
        var context = ServiceContext.topLevel
        tracer.extract(Self.headers, into: &context, using: Headers())
        let span = tracer.startSpan("work", context: context)
        let carrier = try Places.carrier(baggage: "k=v")
        #expect(!span.isRecording && span.context.trace == carrier)
        var out: [String: String] = [:]
        tracer.inject(span.context, into: &out, using: Headers())
        span.end()
        #expect(out == Self.headers)
    }

    @Test func `it does so in the forms that are asked for`() throws {
        let context = ServiceContext(try Places.carrier(flags: "00"))
        var out: [String: String] = [:]
        PassingTracer(propagators: [.b3]).inject(context, into: &out, using: Headers())
        #expect(out == ["b3": "\(Places.trace)-\(Places.span)-0"])
        PassingTracer(propagators: []).inject(context, into: &out, using: Headers())
        #expect(out.count == 1)
    }

    @Test func `it makes no trace of its own`() {
        let tracer = PassingTracer()
        var out: [String: String] = [:]
        tracer.inject(tracer.startSpan("work", context: .topLevel).context, into: &out, using: Headers())
        #expect(out.isEmpty)
    }

    @Test func `neither it nor the one that does nothing makes spans`() {
        let tracers: [any Tracer] = [PassingTracer(), NoOpTracer(), TelemetryTracer(onEnd: { _ in })]
        #expect(tracers.map { $0.makesSpans } == [false, false, true])
    }
}
