import CasareDomain
@testable import CasareTelemetry
import CasareTestSupport
import Instrumentation
import Testing
import Tracing

/// What a context says of traces.
struct ServiceContextTests {
    @Test func `a place and its baggage come out as they were put in`() throws {
        let carrier = try Places.carrier(state: "a=1", baggage: "k=v")
        var context = ServiceContext(carrier)
        #expect(context.trace == carrier && context.tracePlace?.isRemote == true)
        context.trace = nil
        #expect(context.trace == nil && context.isEmpty)
        #expect(ServiceContext.topLevel.trace == nil && ServiceContext.topLevel.spanID == nil)
    }

    @Test func `a place that is put back stays this process's, and another one does not`() throws {
        let tracer = SpanCollector().tracer()
        var context = tracer.startSpan("span").context
        let own = try #require(context.trace)
        context.trace = TraceCarrier(own.context, baggage: Baggage("k=v"))
        #expect(context.tracePlace?.isRemote == false && context.tracePlace?.local != nil)
        #expect(context.trace?.baggage?.description == "k=v")
        context.trace = try Places.carrier()
        #expect(context.tracePlace?.isRemote == true && context.tracePlace?.local == nil)
    }

    @Test func `baggage is added to a place, to other baggage, and to nothing`() throws {
        var context = ServiceContext(try Places.carrier())
        context.addBaggage("who", "bob, the builder")
        context.addBaggage("n", "1")
        #expect(context.trace?.baggage?.description == "who=bob%2C%20the%20builder,n=1")
        #expect(context.tracePlace?.isRemote == true)
        context.addBaggage("not a name", "1")
        #expect(context.trace?.baggage?.description == "who=bob%2C%20the%20builder,n=1")
        var empty = ServiceContext.topLevel
        empty.addBaggage("k", "v")
        #expect(empty.trace == nil, "Baggage alone is no place in a trace")
        let span = SpanCollector().tracer().startSpan("root", context: empty)
        #expect(span.context.trace?.baggage?.description == "k=v")
    }
}
