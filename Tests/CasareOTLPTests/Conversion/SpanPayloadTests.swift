import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import FoundationEssentials
import OTLPProtos
import Testing

struct SpanPayloadTests {
    private static func span(
        flags: String = "01", state: String? = nil, parent: SpanID? = nil, isParentRemote: Bool = false,
        links: [FinishedSpan.Link] = []
    ) -> ProtoSpan {
        ProtoSpan(
            FinishedSpan(
                name: "work", kind: .internal, context: Sample.context(flags: flags, state: state), parent: parent,
                isParentRemote: isParentRemote, startedAt: 1, endedAt: 2, links: links))
    }

    @Test func `a span has its place in the trace, its times and its name`() throws {
        let parent = try #require(SpanID(Sample.other))
        let span = Self.span(state: "a=1,b=2", parent: parent)
        #expect(span.traceID == Sample.data(Sample.trace) && span.traceID.count == 16)
        #expect(span.spanID == Sample.data(Sample.span) && span.parentSpanID == Sample.data(Sample.other))
        #expect(span.traceState == "a=1,b=2" && span.name == "work")
        #expect(span.startTimeUnixNano == 1 && span.endTimeUnixNano == 2)
    }

    @Test func `the first of a trace has no parent, and says nothing of state`() {
        let span = Self.span()
        #expect(span.parentSpanID.isEmpty && span.traceState.isEmpty)
    }

    @Test(arguments: [
        ("00", false, UInt32(0x100)), ("01", false, 0x101), ("03", false, 0x103), ("00", true, 0x300),
        ("01", true, 0x301),
    ])
    func `flags say what is sampled, and whether the parent is in another process`(
        flags: String, isRemote: Bool, expected: UInt32
    ) {
        #expect(Self.span(flags: flags, parent: SpanID(Sample.other), isParentRemote: isRemote).flags == expected)
    }

    @Test(arguments: [
        (FinishedSpan.Kind.internal, ProtoSpan.SpanKind.internal), (.server, .server), (.client, .client),
        (.producer, .producer), (.consumer, .consumer),
    ])
    func `every kind has its own`(kind: FinishedSpan.Kind, proto: ProtoSpan.SpanKind) {
        #expect(ProtoSpan(Sample.span(kind: kind)).kind == proto)
    }

    @Test func `a status has a message only where something failed`() {
        #expect(ProtoSpan(Sample.span(status: .unset)).status.code == .unset)
        #expect(ProtoSpan(Sample.span(status: .ok)).status.code == .ok)
        let failed = ProtoSpan(Sample.span(status: .error(message: "no"))).status
        #expect(failed.code == .error && failed.message == "no")
        let silent = ProtoSpan(Sample.span(status: .error(message: nil))).status
        #expect(silent.code == .error && silent.message.isEmpty)
    }

    @Test func `attributes of every kind are there, by their keys`() {
        let span = ProtoSpan(
            Sample.span(attributes: [
                "text": "a", "number": .int(-3), "share": .double(0.5), "flag": .bool(true),
                "list": .array([.int(1), .int(2)]),
            ]))
        #expect(span.attributes.map(\.key) == ["flag", "list", "number", "share", "text"])
        let values = span.attributes.map(\.value)
        #expect(values[0].boolValue && values[1].arrayValue.values.map(\.intValue) == [1, 2])
        #expect(values[2].intValue == -3 && values[3].doubleValue == 0.5 && values[4].stringValue == "a")
    }

    @Test func `events and links are there, and how many were left out`() {
        let event = FinishedSpan.Event(name: "retry", at: 7, attributes: ["attempt": .int(2)], attributesDropped: 1)
        let link = FinishedSpan.Link(
            context: Sample.context(span: Sample.other, flags: "00", state: "a=1"), isRemote: true,
            attributes: ["why": "retry"], attributesDropped: 2)
        let span = ProtoSpan(
            FinishedSpan(
                name: "work", kind: .internal, context: Sample.context(), parent: nil, isParentRemote: false,
                startedAt: 1, endedAt: 2, attributesDropped: 3, events: [event], eventsDropped: 4, links: [link],
                linksDropped: 5))
        #expect(span.droppedAttributesCount == 3 && span.droppedEventsCount == 4 && span.droppedLinksCount == 5)
        #expect(span.events.count == 1 && span.events[0].name == "retry" && span.events[0].timeUnixNano == 7)
        #expect(span.events[0].attributes.map(\.key) == ["attempt"] && span.events[0].droppedAttributesCount == 1)
        #expect(span.links.count == 1 && span.links[0].spanID == Sample.data(Sample.other))
        #expect(span.links[0].traceID == Sample.data(Sample.trace) && span.links[0].traceState == "a=1")
        #expect(span.links[0].flags == 0x300 && span.links[0].droppedAttributesCount == 2)
        #expect(span.links[0].attributes.map(\.value.stringValue) == ["retry"])
    }

    @Test func `a link within the process says so`() {
        let link = FinishedSpan.Link(context: Sample.context(flags: "01"), isRemote: false)
        #expect(Self.span(links: [link]).links.map(\.flags) == [0x101])
    }

    @Test func `a request says who sends it, and by which conventions`() {
        let payload = SpanPayload(origin: Sample.origin)
        let request = payload.request(of: [Sample.span("a"), Sample.span("b")])
        #expect(request.resourceSpans.count == 1 && request.resourceSpans[0].scopeSpans.count == 1)
        let resource = request.resourceSpans[0]
        #expect(resource.resource.attributes.map(\.key) == ["process.pid", "service.name"])
        #expect(resource.schemaURL == "https://opentelemetry.io/schemas/1.44.0")
        let scope = resource.scopeSpans[0]
        #expect(scope.scope.name == "casare" && scope.scope.version == "1.2.3")
        #expect(scope.schemaURL == resource.schemaURL && scope.spans.map(\.name) == ["a", "b"])
    }

    @Test func `no word of partial success is full success`() {
        var response = ProtoTraceResponse()
        #expect(SpanPayload.partialSuccess(in: response) == nil)
        response.partialSuccess.rejectedSpans = 3
        response.partialSuccess.errorMessage = "full"
        #expect(SpanPayload.partialSuccess(in: response) == PartialSuccess(rejected: 3, message: "full"))
    }
}
