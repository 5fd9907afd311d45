import CasareDomain
@testable import CasareTelemetry
import CasareTestSupport
import Instrumentation
import Testing
import Tracing

/// Places in traces as they are told to other processes and read from what those tell.
struct PropagationTests {
    private typealias Propagator = TelemetrySettings.Propagator

    private static let trace = Places.trace
    private static let span = Places.span
    private static let collector = SpanCollector()

    private static func extracted(
        _ headers: [String: String], _ propagators: [Propagator], into context: ServiceContext = .topLevel
    ) -> ServiceContext {
        var context = context
        Self.collector.tracer(propagators: propagators).extract(headers, into: &context, using: Headers())
        return context
    }

    private static func injected(_ context: ServiceContext, _ propagators: [Propagator]) -> [String: String] {
        var headers: [String: String] = [:]
        Self.collector.tracer(propagators: propagators).inject(context, into: &headers, using: Headers())
        return headers
    }

    // MARK: - W3C

    @Test func `a place goes out in three headers and comes back as it was`() throws {
        let carrier = try Places.carrier(state: "a=1,b=2", baggage: "k=v;p,l=w")
        let headers = Self.injected(ServiceContext(carrier), [.tracecontext, .baggage])
        #expect(
            headers == [
                "traceparent": "00-\(Self.trace)-\(Self.span)-01", "tracestate": "a=1,b=2", "baggage": "k=v;p,l=w",
            ])
        let context = Self.extracted(headers, [.tracecontext, .baggage])
        #expect(context.trace == carrier && context.tracePlace?.isRemote == true)
        #expect(Self.injected(.topLevel, Propagator.allCases).isEmpty)
    }

    @Test func `only what is asked for goes out and comes in`() throws {
        let context = ServiceContext(try Places.carrier(baggage: "k=v"))
        #expect(Self.injected(context, []).isEmpty)
        #expect(Self.injected(context, [.baggage]) == ["baggage": "k=v"])
        #expect(Self.injected(context, [.tracecontext]).keys.sorted() == ["traceparent"])
        let headers = Self.injected(context, Propagator.allCases)
        #expect(Self.extracted(headers, []).isEmpty)
        #expect(Self.extracted(headers, [.tracecontext]).trace?.baggage == nil)
        let alone = Self.extracted(headers, [.baggage])
        #expect(alone.trace == nil && alone.tracePlace?.baggage?.description == "k=v")
    }

    @Test(arguments: [
        "", "00-\(Self.trace)-\(Self.span)", "ff-\(Self.trace)-\(Self.span)-01", "00-\(Self.trace)-0000000000000000-01",
        "00-\(Self.trace.uppercased())-\(Self.span)-01",
    ])
    func `a place that breaks the rules is as if it had not come, and its baggage is kept`(text: String) throws {
        let headers = ["traceparent": text, "tracestate": "a=1", "baggage": "k=v,=bad"]
        let context = Self.extracted(headers, [.tracecontext, .baggage])
        #expect(context.trace == nil && context.tracePlace?.baggage?.description == "k=v")
        let root = Self.collector.tracer().startSpan("root", context: context)
        #expect(root.context.trace?.baggage?.description == "k=v" && root.recorded?.parent == nil)
        #expect(root.recorded?.isParentRemote == false)
    }

    @Test func `bad headers leave in the context what stands there`() throws {
        let known = ServiceContext(try Places.carrier(baggage: "k=v"))
        let headers = ["traceparent": "x", "baggage": "=", "b3": "x", "x-b3-traceid": "x"]
        #expect(Self.extracted(headers, Propagator.allCases, into: known).trace == known.trace)
    }

    @Test func `a span tells of itself and not of its parent`() throws {
        let tracer = Self.collector.tracer()
        var headers: [String: String] = [:]
        let context = ServiceContext(try Places.carrier())
        let span = tracer.startSpan("out", context: context)
        tracer.inject(span.context, into: &headers, using: Headers())
        let own = try #require(span.context.trace?.context)
        #expect(headers == ["traceparent": "00-\(Self.trace)-\(own.spanID)-01"] && own.spanID.description != Self.span)
        let dropped = Self.collector.tracer(sampler: .alwaysOff).startSpan("out", context: span.context)
        #expect(Self.injected(dropped.context, [.tracecontext])["traceparent"]?.hasSuffix("-00") == true)
    }

    // MARK: - B3

    @Test(arguments: [("01", "1"), ("00", "0")])
    func `B3 goes out in one header or in three`(flags: String, decision: String) throws {
        let context = ServiceContext(try Places.carrier(flags: flags, state: "a=1"))
        #expect(Self.injected(context, [.b3]) == ["b3": "\(Self.trace)-\(Self.span)-\(decision)"])
        #expect(
            Self.injected(context, [.b3multi]) == [
                "x-b3-traceid": Self.trace, "x-b3-spanid": Self.span, "x-b3-sampled": decision,
            ])
    }

    private static let single: [(text: String, flags: UInt8)] = [
        ("\(trace)-\(span)-1", 1), ("\(trace)-\(span)-0", 0), ("\(trace)-\(span)-d", 1), ("\(trace)-\(span)", 1),
        ("\(trace)-\(span)-1-00f067aa0ba902b7", 1),
    ]

    @Test(arguments: Self.single.indices, [TelemetrySettings.Propagator.b3, .b3multi])
    func `one header is read, whichever form is sent`(index: Int, propagator: TelemetrySettings.Propagator) throws {
        let (text, flags) = Self.single[index]
        let context = Self.extracted(["b3": text], [propagator])
        let place = try #require(context.trace?.context)
        #expect(place.traceID.description == Self.trace && place.spanID.description == Self.span)
        #expect(place.flags == flags && place.state == nil && context.tracePlace?.isRemote == true)
    }

    private static let several: [(headers: [String: String], flags: UInt8)] = [
        (["x-b3-sampled": "1"], 1), (["x-b3-sampled": "0"], 0), (["x-b3-sampled": "True"], 1),
        (["x-b3-sampled": "false"], 0), (["x-b3-flags": "1"], 1), (["x-b3-flags": "1", "x-b3-sampled": "0"], 1),
        (["x-b3-flags": "0", "x-b3-sampled": "0"], 0), ([:], 1), (["x-b3-parentspanid": "00f067aa0ba902b7"], 1),
        // Not valid, so that the other form counts.
        (["b3": "0", "x-b3-sampled": "0"], 0),
    ]

    @Test(arguments: Self.several.indices, [TelemetrySettings.Propagator.b3, .b3multi])
    func `several headers are read, whichever form is sent`(
        index: Int, propagator: TelemetrySettings.Propagator
    ) throws {
        let (headers, flags) = Self.several[index]
        let ids = ["x-b3-traceid": Self.trace, "x-b3-spanid": Self.span]
        let context = Self.extracted(headers.merging(ids) { own, _ in own }, [propagator])
        let place = try #require(context.trace?.context)
        #expect(place.traceID.description == Self.trace && place.spanID.description == Self.span)
        #expect(place.flags == flags)
    }

    @Test(arguments: [
        "", "1", "d", Self.trace, "\(Self.trace)-\(Self.span)-", "\(Self.trace)-\(Self.span)-2",
        "\(Self.trace)-\(Self.span)-1-a-b", "\(Self.trace)--1", "-\(Self.span)-1",
        "\(Self.trace.uppercased())-\(Self.span)-1", "\(Self.trace)-0000000000000000-1",
        "\(String(repeating: "0", count: 32))-\(Self.span)-1", "\(Self.trace.dropLast())-\(Self.span)-1",
    ])
    func `a header that breaks the rules is as if it had not come`(text: String) {
        #expect(Self.extracted(["b3": text], [.b3]).trace == nil)
    }

    @Test(arguments: [
        ["x-b3-traceid": Self.trace], ["x-b3-spanid": Self.span],
        ["x-b3-traceid": Self.trace, "x-b3-spanid": "1"],
        ["x-b3-traceid": Self.trace, "x-b3-spanid": Self.span, "x-b3-sampled": "perhaps"],
    ])
    func `headers that break the rules are as if they had not come`(headers: [String: String]) {
        #expect(Self.extracted(headers, [.b3multi]).trace == nil)
    }

    @Test(arguments: [["b3": "0"], ["x-b3-sampled": "0"], ["x-b3-sampled": "false", "x-b3-flags": "0"]])
    func `a decision against recording is followed without a place, too`(headers: [String: String]) throws {
        let context = Self.extracted(headers, [.tracecontext, .b3])
        #expect(context.trace?.context.isSampled == false)
        let span = Self.collector.tracer().startSpan("here", context: context)
        #expect(!span.isRecording && span.context.trace?.traceID == context.trace?.traceID)
        #expect(Self.extracted(headers, [.tracecontext]).trace == nil, "Nobody reads B3")
        let named = headers.merging(["traceparent": "00-\(Self.trace)-\(Self.span)-01"]) { own, _ in own }
        #expect(Self.extracted(named, [.tracecontext, .b3]).trace?.context.isSampled == true, "There is a place")
        var own = ServiceContext.topLevel
        Self.collector.tracer(sampler: .alwaysOn, propagators: [.b3]).extract(headers, into: &own, using: Headers())
        #expect(own.trace == nil, "The sampler asks nobody")
    }

    @Test(arguments: [["x-b3-sampled": "1"], ["x-b3-flags": "1", "x-b3-sampled": "0"], ["b3": "1"], ["b3": "d"]])
    func `a decision for recording without a place is ours`(headers: [String: String]) {
        #expect(Self.extracted(headers, [.b3]).trace == nil)
    }

    @Test func `an ID of 8 bytes is the end of one of 16`() throws {
        let context = Self.extracted(["b3": "\(Self.span)-\(Self.span)-1"], [.b3])
        #expect(context.trace?.traceID.description == "0000000000000000\(Self.span)")
    }

    @Test func `a decision that is left to us is made by the rule for roots`() throws {
        let tracer = Self.collector.tracer(sampler: .parentBased(root: .alwaysOff), propagators: [.b3])
        var context = ServiceContext.topLevel
        tracer.extract(["b3": "\(Self.trace)-\(Self.span)"], into: &context, using: Headers())
        #expect(context.trace?.context.isSampled == false)
    }

    @Test func `debugging goes on through spans of this process`() throws {
        let context = Self.extracted(["b3": "\(Self.trace)-\(Self.span)-d"], [.b3])
        let span = Self.collector.tracer().startSpan("here", context: context)
        let own = try #require(span.context.trace?.context)
        #expect(own.isSampled)
        #expect(Self.injected(span.context, [.b3]) == ["b3": "\(Self.trace)-\(own.spanID)-d"])
        #expect(
            Self.injected(span.context, [.b3multi]) == [
                "x-b3-traceid": Self.trace, "x-b3-spanid": own.spanID.description, "x-b3-flags": "1",
            ])
    }

    @Test func `of several places the last one counts, and all forms go out`() throws {
        let other = "00f067aa0ba902b7"
        let headers = [
            "traceparent": "00-\(Self.trace)-\(Self.span)-01", "b3": "\(Self.trace)-\(other)-0", "baggage": "k=v",
        ]
        let last = Self.extracted(headers, [.baggage, .tracecontext, .b3]).trace
        #expect(last?.context.spanID.description == other && last?.baggage?.description == "k=v")
        let first = Self.extracted(headers, [.b3, .tracecontext, .baggage]).trace
        #expect(first?.context.spanID.description == Self.span && first?.context.isSampled == true)
        let out = Self.injected(ServiceContext(try #require(first)), Propagator.allCases)
        #expect(
            out.keys.sorted() == ["b3", "baggage", "traceparent", "x-b3-sampled", "x-b3-spanid", "x-b3-traceid"])
    }
}
