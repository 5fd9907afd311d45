import CasareDomain
@testable import CasareTelemetry
import Instrumentation
import Logging
import Testing

struct ExceptionRecordTests {
    private struct Refused: Error, CustomStringConvertible {
        var description: String { "nobody answers" }
    }

    @Test(arguments: zip(ExceptionRecord.Consequence.allCases, [21, 17, 13, 5]))
    func `how severe it is follows from what becomes of it`(consequence: ExceptionRecord.Consequence, severity: Int) {
        let text = [21: "critical", 17: "error", 13: "warning", 5: "debug"][severity] ?? ""
        let exception = ExceptionRecord(
            .node, of: Refused(), consequence, attributes: ["casare.node.type": "HttpNode"], scope: "casare.robot")
        let expected = TelemetryLogRecord(
            severity: severity, severityText: text, at: LogCapture.time.nanoseconds, body: "nobody answers",
            eventName: "casare.node.exception",
            attributes: [
                "exception.type": "Refused", "exception.message": "nobody answers", "casare.node.type": "HttpNode",
            ], scope: "casare.robot")
        #expect(exception.record(at: LogCapture.time, within: .standard) == expected)
    }

    @Test func `it belongs to the work in which it happened`() throws {
        let context = try #require(
            TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        let exception = ServiceContext.withValue(ServiceContext(TraceCarrier(context))) {
            ExceptionRecord(.process, type: "timeout", message: "too slow", .unhandled, scope: "casare.robot")
        }
        #expect(exception.context == context)
        #expect(exception.record(at: .now, within: .standard).context == context)
        #expect(exception.record(at: .now, within: .standard).eventName == "messaging.process.exception")
    }

    @Test func `its type and message are kept where there is room for nothing else`() {
        let exception = ExceptionRecord(
            "a.b.exception", type: "T", message: "long", .handled, attributes: ["a": "1", "exception.type": "other"],
            scope: "s")
        let record = exception.record(at: .now, within: AttributeLimits(count: 2, valueLength: 2))
        #expect(record.attributes == ["exception.type": "T", "exception.message": "lo"])
        #expect(record.attributesDropped == 1 && record.eventName == "a.b.exception" && record.body == "long")
    }

    @Test func `a message without end has one`() {
        let max = ExceptionRecord.messageCharactersMax
        for (length, kept) in [(max, max), (max + 1, max)] {
            let message = String(repeating: "x", count: length)
            let exception = ExceptionRecord(.receive, type: "T", message: message, .handled, scope: "s")
            #expect(exception.message.count == kept)
        }
    }

    @Test func `it is sent beside what is logged, and by nobody when nobody listens`() {
        let log = LogCapture()
        let exception = ExceptionRecord(.receive, type: "T", message: "m", .handled, scope: "s")
        log.sink.send(exception)
        log.connect(limits: AttributeLimits(count: 1, valueLength: nil))
        log.sink.send(exception)
        #expect(log.records.map(\.attributes) == [["exception.type": "T"]] && log.lines.isEmpty)
        let record = exception.record(at: .now, within: .standard)
        log.sink.send(record)
        #expect(log.records.last == record)
    }

    @Test func `who keeps lines alone is not told, and nobody hears of it then`() {
        let (lines, all) = (LogCapture(), LogCapture())
        let exception = ExceptionRecord(.receive, type: "T", message: "m", .handled, scope: "s")
        #expect(!lines.sink.isHeard)
        lines.connect(takesEvents: false)
        lines.sink.send(exception)
        lines.sink.send(exception.record(at: .now, within: .standard))
        #expect(!lines.sink.isHeard && lines.records.isEmpty)
        lines.logger().info("a line")
        #expect(lines.records.map(\.body) == ["a line"])
        all.connect(takesEvents: false)
        all.connect()
        all.sink.send(exception)
        #expect(all.sink.isHeard && all.records.count == 1)
    }
}
