@testable import CasareTelemetry
import CasareTestSupport
import Testing
import Tracing

/// When spans begin and end.
struct SpanTimeTests {
    private static let began: UInt64 = 1_700_000_000_000_000_000
    private static let second: UInt64 = 1_000_000_000

    private let collector = SpanCollector()
    private let clock = SpanClock(wall: Self.began)

    private static func time(_ nanoseconds: UInt64) -> DefaultTracerClock.Timestamp {
        DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: nanoseconds)
    }

    @Test(arguments: [Self.began - 3600 * Self.second, Self.began + 3600 * Self.second])
    func `whoever sets the wall's clock changes no trace`(wall: UInt64) throws {
        let tracer = self.collector.tracer(now: self.clock.clock)
        let root = tracer.startSpan("root", at: self.clock.now)
        self.clock.pass(Self.second)
        self.clock.set(wall: wall)
        let child = tracer.startSpan("child", context: root.context, at: self.clock.now)
        child.addEvent(SpanEvent(name: "event", at: self.clock.now))
        self.clock.pass(Self.second)
        child.end(at: self.clock.now)
        self.clock.pass(Self.second)
        root.end(at: self.clock.now)
        let spanOfChild = try self.collector.span("child")
        let spanOfRoot = try self.collector.span("root")
        #expect(spanOfRoot.startedAt == Self.began && spanOfRoot.endedAt == Self.began + 3 * Self.second)
        #expect(spanOfChild.startedAt == Self.began + Self.second)
        #expect(spanOfChild.endedAt == Self.began + 2 * Self.second)
        #expect(spanOfChild.events.map(\.at) == [Self.began + Self.second])
    }

    @Test func `the next trace begins by the wall's clock as it stands then`() throws {
        let tracer = self.collector.tracer(now: self.clock.clock)
        tracer.startSpan("one", at: self.clock.now).end(at: self.clock.now)
        self.clock.set(wall: Self.began - Self.second)
        tracer.startSpan("two", at: self.clock.now).end(at: self.clock.now)
        #expect(try self.collector.span("two").startedAt == Self.began - Self.second)
    }

    @Test(arguments: [
        (UInt64(1_000_000), true), (UInt64(1_000_001), false), (3600 * Self.second, false),
    ])
    func `a time that is not now is a time that the caller knows`(ago: UInt64, isNow: Bool) throws {
        let tracer = self.collector.tracer(now: self.clock.clock)
        tracer.startSpan("span", at: Self.time(Self.began - ago)).end(at: self.clock.now)
        let span = try self.collector.span("span")
        #expect(span.startedAt == (isNow ? Self.began : Self.began - ago) && span.endedAt == Self.began)
    }

    @Test func `no span ends before it begins`() throws {
        let tracer = self.collector.tracer(now: self.clock.clock)
        let later = Self.time(Self.began + 5 * Self.second)
        tracer.startSpan("span", at: later).end(at: self.clock.now)
        let span = try self.collector.span("span")
        #expect(span.startedAt == later.nanosecondsSinceEpoch && span.endedAt == span.startedAt)
    }

    @Test func `a caller that says nothing means now`() throws {
        let tracer = self.collector.tracer()
        let span = tracer.startSpan("span")
        span.addEvent("event")
        span.end()
        let ended = try self.collector.span("span")
        let event = try #require(ended.events.first)
        #expect(Self.began < ended.startedAt && ended.startedAt <= ended.endedAt && Self.began < event.at)
    }
}
