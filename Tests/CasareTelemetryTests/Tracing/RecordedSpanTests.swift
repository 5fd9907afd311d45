import CasareDomain
@testable import CasareTelemetry
import CasareTestSupport
import Instrumentation
import Testing
import Tracing

/// What is recorded of a span, and how much of it.
struct RecordedSpanTests {
    private let collector = SpanCollector()

    /// What one span has recorded, to which `body` did something.
    private func recorded(
        limits: SpanLimits = .standard, _ body: (TelemetrySpan) throws -> Void
    ) throws -> FinishedSpan {
        let span = self.collector.tracer(limits: limits).startSpan("span")
        try body(span)
        span.end()
        return try #require(self.collector.spans.last)
    }

    // MARK: - Attributes

    private static let values: [(SpanAttribute, AttributeValue)] = [
        (.int32(-7), .int(-7)), (.int64(1 << 40), .int(1 << 40)), (.double(0.5), .double(0.5)),
        (.bool(true), .bool(true)), (.string("text"), .string("text")), (.string(""), .string("")),
        (.stringConvertible(3 as UInt8), .string("3")),
        (.int32Array([1, 2]), .array([.int(1), .int(2)])), (.int64Array([]), .array([])),
        (.doubleArray([1, 0.5]), .array([.double(1), .double(0.5)])),
        (.boolArray([true, false]), .array([.bool(true), .bool(false)])),
        (.stringArray(["a", "b"]), .array([.string("a"), .string("b")])),
        (.stringConvertibleArray([1 as UInt8, "b"]), .array([.string("1"), .string("b")])),
    ]

    @Test(arguments: Self.values.indices)
    func `a value of each kind is recorded as it is`(index: Int) throws {
        let (given, expected) = Self.values[index]
        let span = try self.recorded { $0.attributes["a"] = given }
        #expect(span.attributes == ["a": expected] && span.attributesDropped == 0)
    }

    @Test func `attributes are set, changed and taken back, one by one or together`() throws {
        let span = try self.recorded { span in
            span.attributes["a"] = 1
            span.attributes["b"] = 2
            span.attributes["c"] = 3
            span.updateAttributes { attributes in
                attributes["a"] = "one"
                attributes.set("b", value: nil)
            }
            #expect(span.attributes.count == 2 && span.attributes.get("c") == .int64(3))
        }
        #expect(span.attributes == ["a": .string("one"), "c": .int(3)] && span.attributesDropped == 0)
    }

    private static func limits(attributes: Int, valueLength: Int? = nil) -> SpanLimits {
        SpanLimits(attributes: AttributeLimits(count: attributes, valueLength: valueLength))
    }

    @Test(arguments: [2, 3, 4])
    func `attributes beyond the limit are dropped and counted`(count: Int) throws {
        let span = try self.recorded(limits: Self.limits(attributes: 3)) { span in
            span.updateAttributes { attributes in for number in 1...count { attributes["k\(number)"] = number } }
        }
        #expect(span.attributes.count == min(count, 3) && span.attributesDropped == max(0, count - 3))
    }

    @Test func `those that are there already stay, and may change at the limit`() throws {
        let span = try self.recorded(limits: Self.limits(attributes: 2)) { span in
            for key in ["a", "b", "c", "d"] { span.attributes[key] = 1 }
            span.attributes["a"] = 2
            #expect(span.attributes.count == 2)
        }
        #expect(span.attributes == ["a": .int(2), "b": .int(1)] && span.attributesDropped == 2)
    }

    @Test(arguments: [nil, 100_000])
    func `where no limit is set values have an end all the same`(valueLength: Int?) throws {
        let bytesMax = AttributeLimits.valueBytesMax
        let text = String(repeating: "x", count: bytesMax)
        let span = try self.recorded(limits: Self.limits(attributes: 10, valueLength: valueLength)) { span in
            span.updateAttributes { attributes in
                attributes["most"] = text
                attributes["more"] = text + "x"
                attributes["texts"] = [text, "y"]
                attributes.set("numbers", value: .int64Array(Array(0..<Int64(bytesMax))))
            }
            span.setStatus(SpanStatus(code: .error, message: text + "x"))
        }
        let isSet = valueLength != nil
        #expect(span.attributes["most"] == .string(text))
        #expect(span.attributes["more"] == .string(isSet ? text + "x" : text))
        #expect(span.attributes["texts"] == .array(isSet ? [.string(text), "y"] : [.string(text)]))
        let numbers = (0..<(isSet ? bytesMax : bytesMax / 8)).map { AttributeValue.int($0) }
        #expect(span.attributes["numbers"] == .array(numbers))
        #expect(span.status == .error(message: text))
    }

    @Test(arguments: [(0, ""), (1, "a"), (3, "a"), (4, "a"), (5, "aé́"), (6, "aé́b"), (9, "aé́b")])
    func `a text is cut behind a whole character`(bytes: Int, text: String) {
        #expect("aé́b".shortened(toBytes: bytes) == text)
    }

    @Test func `an attribute without a name is dropped`() throws {
        let span = try self.recorded { span in
            span.attributes[""] = 1
            span.attributes["a"] = 1
        }
        #expect(span.attributes == ["a": .int(1)] && span.attributesDropped == 1)
    }

    @Test func `texts are cut off after so many characters, also in lists`() throws {
        let span = try self.recorded(limits: Self.limits(attributes: 9, valueLength: 3)) { span in
            span.attributes["exact"] = "abc"
            span.attributes["long"] = "abcd"
            span.attributes["wide"] = "ä👩‍👩‍👧‍👦öü"
            span.attributes["list"] = ["abcd", "ab"]
            span.attributes["thing"] = SpanAttribute.stringConvertible(12345)
            span.attributes["number"] = 12345
        }
        #expect(
            span.attributes == [
                "exact": .string("abc"), "long": .string("abc"), "wide": .string("ä👩‍👩‍👧‍👦ö"),
                "list": .array([.string("abc"), .string("ab")]), "thing": .string("123"), "number": .int(12345),
            ])
    }

    // MARK: - Events and links

    @Test func `events beyond the limit are dropped, and so are attributes of one`() throws {
        let limits = SpanLimits(events: 2, attributesOfEvent: 1)
        let span = try self.recorded(limits: limits) { span in
            span.addEvent(SpanEvent(name: "one", attributes: ["a": 1]))
            span.addEvent(SpanEvent(name: "two", attributes: ["a": 1, "b": 2, "c": 3]))
            span.addEvent("three")
        }
        #expect(span.events.map(\.name) == ["one", "two"] && span.eventsDropped == 1)
        #expect(span.events.map(\.attributes.count) == [1, 1] && span.events.map(\.attributesDropped) == [0, 2])
        #expect(span.events.first?.attributes == ["a": .int(1)])
    }

    @Test func `links beyond the limit are dropped, and so are attributes of one`() throws {
        let remote = try Places.carrier(state: "a=1")
        let elsewhere = ServiceContext(remote)
        let here = self.collector.tracer().startSpan("here").context
        let local = try #require(here.trace)
        let limits = SpanLimits(links: 2, attributesOfLink: 1)
        let span = try self.recorded(limits: limits) { span in
            span.addLink(SpanLink(context: .topLevel, attributes: [:]))
            span.addLink(SpanLink(context: elsewhere, attributes: ["a": 1, "b": 2]))
            span.addLink(SpanLink(context: here, attributes: [:]))
            span.addLink(SpanLink(context: here, attributes: [:]))
        }
        #expect(span.linksDropped == 1, "What is in no trace is no link, and not counted")
        #expect(span.links.map(\.context) == [remote.context, local.context])
        #expect(span.links.map(\.isRemote) == [true, false])
        #expect(span.links.map(\.attributes.count) == [1, 0] && span.links.map(\.attributesDropped) == [1, 0])
    }

    // MARK: - Status and name

    private static let statuses: [([SpanStatus], FinishedSpan.Status)] = [
        ([], .unset),
        ([SpanStatus(code: .ok)], .ok),
        ([SpanStatus(code: .error)], .error(message: nil)),
        ([SpanStatus(code: .error, message: "a")], .error(message: "a")),
        ([SpanStatus(code: .error, message: "a"), SpanStatus(code: .error, message: "b")], .error(message: "b")),
        ([SpanStatus(code: .error, message: "a"), SpanStatus(code: .error)], .error(message: "a")),
        ([SpanStatus(code: .error, message: "a"), SpanStatus(code: .ok)], .ok),
        ([SpanStatus(code: .ok), SpanStatus(code: .error, message: "a")], .ok),
        // Only errors have one.
        ([SpanStatus(code: .ok, message: "a")], .ok),
    ]

    @Test(arguments: Self.statuses.indices)
    func `ok is final, and of errors the last one counts`(index: Int) throws {
        let (given, expected) = Self.statuses[index]
        let span = try self.recorded { span in for status in given { span.setStatus(status) } }
        #expect(span.status == expected)
    }

    @Test func `a span may get another name`() throws {
        let span = try self.recorded { span in
            #expect(span.operationName == "span")
            span.operationName = "GET /"
        }
        #expect(span.name == "GET /")
    }

    // MARK: - The end

    @Test func `only the first end counts, and nothing changes after it`() throws {
        let span = self.collector.tracer().startSpan("span")
        span.attributes["a"] = 1
        #expect(span.isRecording)
        span.end()
        span.attributes["b"] = 1
        span.operationName = "other"
        span.setStatus(SpanStatus(code: .error))
        span.addEvent("late")
        span.addLink(SpanLink(context: ServiceContext(try Places.carrier()), attributes: [:]))
        span.recordError(CancellationError())
        span.end()
        #expect(!span.isRecording && span.operationName == "span" && span.attributes.isEmpty)
        #expect(self.collector.spans.count == 1 && self.collector.exceptions.isEmpty)
        let ended = try self.collector.span("span")
        #expect(ended.attributes == ["a": .int(1)] && ended.status == .unset)
        #expect(ended.events.isEmpty && ended.links.isEmpty && ended.eventsDropped == 0)
    }

    @Test func `of many who end a span one does`() async {
        let span = self.collector.tracer().startSpan("span")
        await withTaskGroup(of: Void.self) { group in
            for number in 1...8 {
                group.addTask {
                    span.addEvent(SpanEvent(name: "\(number)"))
                    span.end()
                }
            }
        }
        #expect(self.collector.spans.count == 1)
    }
}
