import CasareDomain
@testable import CasareTelemetry
import CasareTestSupport
import Instrumentation
import Testing
import Tracing

/// Traces that begin at a place which was given away before.
struct RootTraceTests {
    private let collector = SpanCollector()

    @Test func `the first span takes the place that was given away, once`() throws {
        let tracer = self.collector.tracer()
        let root = TraceContext.makeRoot()
        var context = ServiceContext.topLevel
        context.rootTrace = root
        #expect(context.rootTrace == root)
        let first = tracer.startSpan("first", context: context, ofKind: .producer)
        let second = tracer.startSpan("second", context: context)
        let below = tracer.startSpan("below", context: first.context)
        for span in [below, second, first] { span.end() }
        let told = try self.collector.span("first")
        #expect(told.context.traceID == root.traceID && told.context.spanID == root.spanID && told.parent == nil)
        let other = try self.collector.span("second")
        #expect(other.context.traceID != root.traceID && other.context.spanID != root.spanID && other.parent == nil)
        let inner = try self.collector.span("below")
        #expect(inner.parent == root.spanID && inner.context.traceID == root.traceID)
        #expect(context.rootTrace == nil && first.context.rootTrace == nil)
    }

    @Test func `a span below another one leaves it alone`() throws {
        let tracer = self.collector.tracer()
        let root = TraceContext.makeRoot()
        var context = ServiceContext.topLevel
        context.trace = try Places.carrier()
        context.rootTrace = root
        tracer.startSpan("below", context: context).end()
        #expect(try self.collector.span("below").context.traceID.description == Places.trace)
        #expect(context.rootTrace == root)
    }

    @Test func `who gave the place away is followed by samplers that follow parents`() {
        let root = TraceContext.makeRoot()
        for (sampler, isRecorded) in [
            (SamplerKind.parentBased(root: .alwaysOff), true), (.alwaysOff, false), (.alwaysOn, true),
        ] {
            var context = ServiceContext.topLevel
            context.rootTrace = root
            let span = self.collector.tracer(sampler: sampler).startSpan("root", context: context)
            #expect(span.isRecording == isRecorded)
            #expect(span.context.trace?.context.spanID == root.spanID)
        }
    }
}
