import Testing

@testable import CasareNodes

/// What a server of events sends (HTML §9.2.6).
struct EventStreamParserTests {
    typealias Event = EventStreamParser.Event

    private static func events(_ text: String) -> [Event] {
        var parser = EventStreamParser(lastID: nil)
        return parser.receive(Array(text.utf8))
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `events end with an empty line, whatever ends lines`(end: String) {
        let text = ["event: add", "data: 73857293", "", "data: a", "data: b", "id: 7", "", ""].joined(separator: end)
        #expect(
            Self.events(text) == [
                Event(type: "add", data: "73857293", id: nil), Event(type: "message", data: "a\nb", id: "7"),
            ])
    }

    @Test func `events may come in pieces of any size`() {
        let bytes = Array("\u{FEFF}event: e\r\ndata: \u{E9}\r\nid: 1\r\n\r\n: a comment\n\ndata\n\n".utf8)
        let whole = [Event(type: "e", data: "\u{E9}", id: "1"), Event(type: "message", data: "", id: nil)]
        for size in 1...bytes.count {
            var parser = EventStreamParser(lastID: nil)
            var events: [Event] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += parser.receive(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(events == whole, "pieces of \(size)")
            #expect(parser.lastID == "1")
        }
    }

    @Test func `an event that is not whole is none, and one without data is none`() {
        #expect(Self.events("data: a\n").isEmpty)
        var parser = EventStreamParser(lastID: "3")
        let none = parser.receive(Array("id: 4\n\n".utf8))
        #expect(none.isEmpty)
        #expect(parser.lastID == "4")
        _ = parser.receive(Array("id\n\n".utf8))
        #expect(parser.lastID == nil)
    }

    @Test(
        arguments: [("retry: 2500", 2500), ("retry: -1", nil), ("retry: 1s", nil), ("other: 5", nil)]
            as [(String, Int?)])
    func `only digits say how long to wait`(line: String, milliseconds: Int?) {
        var parser = EventStreamParser(lastID: nil)
        _ = parser.receive(Array("\(line)\n\n".utf8))
        #expect(parser.retryMilliseconds == milliseconds)
    }

    @Test func `what is too long is cut, and the events after it are whole`() {
        let long = String(repeating: "x", count: EventStreamParser.eventBytesMax + 100)
        let events = Self.events("data: \(long)\ndata: more\n\ndata: next\n\n")
        #expect(events.count == 2 && events[1].data == "next")
        #expect(events[0].data.utf8.count <= EventStreamParser.eventBytesMax + 1)
    }
}
