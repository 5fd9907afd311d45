import CasareDomain
@testable import CasareTelemetry
import CasareTestSupport
import Instrumentation
import Testing
import Tracing

/// Where spans stand in their traces.
struct TracerTests {
    private let collector = SpanCollector()

    private static func leaf(_ name: String, _ tracer: TelemetryTracer) { tracer.withSpan(name) { _ in } }

    @Test func `the first span of a trace has no parent, and an ID that is said to be random`() throws {
        let tracer = self.collector.tracer()
        Self.leaf("one", tracer)
        Self.leaf("two", tracer)
        let one = try self.collector.span("one")
        let two = try self.collector.span("two")
        #expect(one.parent == nil && !one.isParentRemote && one.context.flags == 3 && one.context.state == nil)
        #expect(one.context.traceID != two.context.traceID && one.context.spanID != two.context.spanID)
        #expect(one.startedAt <= one.endedAt && one.status == .unset && one.kind == .internal)
    }

    @Test func `a span is below the one in which it starts, in a task or in several`() async throws {
        let tracer = self.collector.tracer()
        await tracer.withSpan("root", ofKind: .server) { _ in
            await tracer.withSpan("inner", ofKind: .client) { _ in
                await Task.yield()
                Self.leaf("leaf", tracer)
            }
            await Task { Self.leaf("task", tracer) }.value
            await withTaskGroup(of: Void.self) { group in
                for number in 1...3 { group.addTask { Self.leaf("child \(number)", tracer) } }
            }
            Self.leaf("after", tracer)
            await Task.detached { Self.leaf("alone", tracer) }.value
        }
        let root = try self.collector.span("root")
        let inner = try self.collector.span("inner")
        #expect(root.parent == nil && root.kind == .server && inner.kind == .client)
        #expect(inner.parent == root.context.spanID)
        #expect(try self.collector.span("leaf").parent == inner.context.spanID)
        for name in ["task", "child 1", "child 2", "child 3", "after"] {
            let span = try self.collector.span(name)
            #expect(span.parent == root.context.spanID && span.context.traceID == root.context.traceID)
            #expect(!span.isParentRemote)
        }
        let alone = try self.collector.span("alone")
        #expect(alone.parent == nil && alone.context.traceID != root.context.traceID)
        #expect(Set(self.collector.spans.map(\.context.spanID)).count == 9)
        #expect(ServiceContext.current?.trace == nil)
    }

    @Test func `while nothing gets through, details are not recorded, and are no place to be below`() throws {
        let tracer = self.collector.tracer(intake: SpanIntake(dropsNext: { false }, shedsNext: { true }))
        tracer.withSpan("process", ofKind: .consumer) { _ in
            tracer.withSpan("run") { run in
                #expect(run.isRecording)
                tracer.withSpan("node") { node in
                    #expect(!node.isRecording)
                    #expect(node.context.trace == run.context.trace)
                    tracer.withSpan("GET", ofKind: .client) { request in #expect(!request.isRecording) }
                    tracer.withSpan("submit", ofKind: .producer) { submit in #expect(submit.isRecording) }
                }
            }
        }
        tracer.withSpan("lease", ofKind: .client) { _ in }
        #expect(self.collector.spans.map(\.name) == ["submit", "run", "process", "lease"])
        let run = try self.collector.span("run")
        #expect(try self.collector.span("submit").parent == run.context.spanID)
    }

    @Test func `what would be dropped is not handed on`() {
        let tracer = self.collector.tracer(intake: SpanIntake(dropsNext: { true }, shedsNext: { false }))
        tracer.withSpan("one") { span in #expect(span.isRecording) }
        #expect(self.collector.spans.isEmpty)
    }

    @Test func `whoever holds a tracer without knowing which gets the same`() throws {
        let tracer: any Tracer = self.collector.tracer()
        tracer.withSpan("outer", ofKind: .consumer) { span in
            span.updateAttributes { attributes in
                attributes["a"] = 1
                attributes["b"] = "two"
            }
            span.attributes["c"] = true
            tracer.startSpan("inner").end()
        }
        let outer = try self.collector.span("outer")
        #expect(outer.attributes == ["a": .int(1), "b": .string("two"), "c": .bool(true)])
        #expect(outer.kind == .consumer)
        #expect(try self.collector.span("inner").parent == outer.context.spanID)
    }

    @Test func `a place that came from elsewhere is a remote parent, and its baggage and state go on`() throws {
        let tracer = self.collector.tracer()
        let given = try Places.carrier(state: "a=1", baggage: "k=v")
        let span = tracer.startSpan("here", context: ServiceContext(given))
        let inner = tracer.startSpan("below", context: span.context)
        inner.end()
        span.end()
        let here = try self.collector.span("here")
        #expect(here.parent == given.context.spanID && here.isParentRemote)
        #expect(here.context.traceID == given.traceID && here.context.state == given.context.state)
        // Whether the ID is random is up to whoever made it.
        #expect(here.context.flags == 1)
        let handedOn = try #require(inner.context.trace)
        #expect(handedOn.baggage == given.baggage && handedOn.context.state == given.context.state)
        let below = try self.collector.span("below")
        #expect(below.parent == here.context.spanID && !below.isParentRemote)
    }

    @Test(arguments: [SpanKind.server, .client, .producer, .consumer, .internal])
    func `kinds are kept`(kind: SpanKind) throws {
        self.collector.tracer().startSpan("span", ofKind: kind).end()
        #expect(try self.collector.span("span").kind == FinishedSpan.Kind(kind))
    }

    // MARK: - What is not recorded

    @Test func `a span that is not recorded has its place, and so has what is below it`() throws {
        let tracer = self.collector.tracer(sampler: .alwaysOff)
        let root = tracer.startSpan("root")
        let below = tracer.startSpan("below", context: root.context)
        let place = try #require(root.context.trace?.context)
        let placeBelow = try #require(below.context.trace?.context)
        #expect(!root.isRecording && place.flags == 2 && placeBelow.flags == 2)
        #expect(place.traceID == placeBelow.traceID && place.spanID != placeBelow.spanID)
        root.attributes["a"] = 1
        root.operationName = "other"
        root.addEvent("event")
        root.recordError(CancellationError())
        #expect(root.attributes.isEmpty && root.operationName.isEmpty)
        below.end()
        root.end()
        #expect(self.collector.spans.isEmpty && self.collector.exceptions.isEmpty)
    }

    @Test(arguments: [("00", false), ("01", true), ("02", false), ("03", true)])
    func `the caller's decision is followed`(flags: String, isRecorded: Bool) throws {
        let tracer = self.collector.tracer()
        let given = try Places.carrier(flags: flags)
        let span = tracer.startSpan("span", context: ServiceContext(given))
        #expect(span.isRecording == isRecorded && span.context.trace?.context.flags == given.context.flags)
        span.end()
        #expect(self.collector.spans.count == (isRecorded ? 1 : 0))
    }

    @Test func `who samples on their own says so in the flags`() throws {
        let denied = ServiceContext(try Places.carrier(flags: "02"))
        let recorded = self.collector.tracer(sampler: .alwaysOn).startSpan("span", context: denied)
        #expect(recorded.isRecording && recorded.context.trace?.context.flags == 3)
        let accepted = ServiceContext(try Places.carrier(flags: "03"))
        let dropped = self.collector.tracer(sampler: .alwaysOff).startSpan("span", context: accepted)
        #expect(!dropped.isRecording && dropped.context.trace?.context.flags == 2)
    }

    // MARK: - IDs that are given

    @Test(arguments: [SamplerKind.alwaysOn, .alwaysOff])
    func `an ID that is kept for the next span is that of one`(sampler: SamplerKind) throws {
        let tracer = self.collector.tracer(sampler: sampler)
        let id = try #require(SpanID("00000000000000ab"))
        var context = ServiceContext(try Places.carrier())
        context.spanID = id
        let copy = context
        #expect(copy.spanID == id)
        let span = tracer.startSpan("job", context: context)
        #expect(span.context.trace?.context.spanID == id && span.context.spanID == nil)
        #expect(context.spanID == nil && copy.spanID == nil)
        let again = tracer.startSpan("again", context: copy)
        let below = tracer.startSpan("below", context: span.context)
        #expect(again.context.trace?.context.spanID != id && below.context.trace?.context.spanID != id)
        #expect(again.context.trace?.traceID == span.context.trace?.traceID)
    }

    @Test func `an ID is kept for a root too, and can be taken back`() throws {
        let id = try #require(SpanID("00000000000000ab"))
        var context = ServiceContext.topLevel
        context.spanID = id
        context.spanID = nil
        let tracer = self.collector.tracer()
        let other = tracer.startSpan("other", context: context)
        context.spanID = id
        let root = tracer.startSpan("root", context: context)
        #expect(other.context.trace?.context.spanID != id && root.context.trace?.context.spanID == id)
    }

    @Test func `of tasks that share a kept ID one gets it`() async throws {
        let id = try #require(SpanID("00000000000000ab"))
        let tracer = self.collector.tracer()
        var context = ServiceContext.topLevel
        context.spanID = id
        let shared = context
        await withTaskGroup(of: Void.self) { group in
            for _ in 1...8 { group.addTask { tracer.startSpan("span", context: shared).end() } }
        }
        #expect(self.collector.spans.count == 8)
        #expect(self.collector.spans.filter { $0.context.spanID == id }.count == 1)
    }

    @Test func `IDs are not given twice`() async {
        let tracer = self.collector.tracer()
        await withTaskGroup(of: Void.self) { group in
            for _ in 1...4 {
                group.addTask { for _ in 1...500 { tracer.startSpan("span", context: .topLevel).end() } }
            }
        }
        #expect(Set(self.collector.spans.map(\.context.spanID)).count == 2000)
        #expect(Set(self.collector.spans.map(\.context.traceID)).count == 2000)
    }
}
