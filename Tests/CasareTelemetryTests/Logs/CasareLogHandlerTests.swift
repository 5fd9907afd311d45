import CasareDomain
@testable import CasareTelemetry
import Instrumentation
import Logging
import Testing

/// Lines of the log, and what is sent of them.
struct CasareLogHandlerTests {
    private struct Failed: Error, CustomStringConvertible {
        var description: String { "it failed" }
    }

    private static let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let traceID = "0af7651916cd43dd8448eb211c80319c"
    private static let spanID = "b7ad6b7169203331"

    /// In a span.
    private static func traced(_ body: () -> Void) throws -> TraceContext {
        let context = try #require(TraceContext(traceparent: Self.traceparent))
        ServiceContext.withValue(ServiceContext(TraceCarrier(context)), operation: body)
        return context
    }

    // MARK: - Pretty

    @Test func `a line for people is as swift-log writes it`() {
        let log = LogCapture()
        var logger = log.logger()
        logger[metadataKey: "job.id"] = "j1"
        logger.info("Leased job", metadata: ["attempt": "2", "tags": ["a", "b"], "deep": ["x": "y"]])
        logger.critical("Over")
        let time = LogCapture.time.localText
        #expect(
            log.lines == [
                #"\#(time) info casare.test: attempt=2 deep=["x": "y"] job.id=j1 tags=["a", "b"] "#
                    + "[CasareTelemetryTests] Leased job\n",
                "\(time) critical casare.test: job.id=j1 [CasareTelemetryTests] Over\n",
            ])
    }

    @Test func `swift-log's own handler writes the same`() {
        let log = LogCapture()
        let lines = Lines()
        for label in ["casare.test", ""] {
            let own = log.logger(label: label)
            let other = Logger(label: label) { StreamLogHandler(label: $0, stream: lines) }
            for var logger in [own, other] {
                logger[metadataKey: "b"] = "1"
                logger.warning("Nothing else")
                logger.error("With an error", error: Failed(), metadata: ["a": "\(2)", "c": ["d", ["e": "f"]]])
            }
        }
        func withoutTime(_ line: String) -> Substring { line.drop { $0 != " " } }
        #expect(log.lines.count == 4 && log.lines.map(withoutTime) == lines.all.map(withoutTime))
        #expect(log.lines.map { $0.prefix { $0 != " " }.count } == lines.all.map { $0.prefix { $0 != " " }.count })
    }

    private final class Lines: TextOutputStream, @unchecked Sendable {
        /// One task writes.
        private(set) var all: [String] = []

        func write(_ string: String) { self.all.append(string) }
    }

    @Test func `a line within a trace names it`() throws {
        let log = LogCapture()
        _ = try Self.traced { log.logger().info("Here", metadata: ["z": "1"]) }
        #expect(
            log.lines.first?.hasSuffix(
                " span_id=\(Self.spanID) trace_id=\(Self.traceID) z=1 [CasareTelemetryTests] Here\n") == true)
    }

    // MARK: - JSON

    @Test func `a line for programs is one object`() throws {
        let log = LogCapture()
        var logger = log.logger(.json, service: "casare-robot")
        logger[metadataKey: "job.id"] = "j1"
        _ = try Self.traced {
            logger.notice(
                "It \"says\"\nso", metadata: ["attempt": "2", "deep": ["x": ["y": "z"]], "tags": ["a", "b"]])
        }
        #expect(
            log.lines == [
                #"{"time":"2026-01-02T03:04:05.678Z","level":"notice","service":"casare-robot","label":"casare.test","#
                    + #""message":"It \"says\"\nso","trace_id":"\#(Self.traceID)","span_id":"\#(Self.spanID)","#
                    + #""attempt":"2","deep.x.y":"z","job.id":"j1","tags":["a","b"]}"# + "\n"
            ])
    }

    @Test func `metadata takes the place of nothing else`() throws {
        let log = LogCapture()
        log.logger(.json).error("Told", error: Failed(), metadata: ["message": "m", "level": "l", "time": "t"])
        let object = try Value(parsingJSON: try #require(log.lines.first))
        #expect(object["message"] == "Told" && object["level"] == "error" && object["service"] == nil)
        #expect(object["metadata.message"] == "m" && object["metadata.level"] == "l" && object["metadata.time"] == "t")
        #expect(object["error.message"] == "it failed")
    }

    // MARK: - The trace

    @Test func `what a logger says of its trace wins`() throws {
        let log = LogCapture()
        log.connect()
        var logger = log.logger(.json)
        logger[metadataKey: "trace_id"] = "4bf92f3577b34da6a3ce929d0e0e4736"
        _ = try Self.traced { logger.info("Another's") }
        let object = try Value(parsingJSON: try #require(log.lines.first))
        #expect(object["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736" && object["span_id"] == nil)
        let record = try #require(log.records.first)
        #expect(record.context == nil && record.attributes == ["trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"])
    }

    @Test func `a logger that names the trace of the task is given the span, too`() throws {
        let log = LogCapture()
        log.connect()
        var logger = log.logger(.json)
        logger[metadataKey: "trace_id"] = .string(Self.traceID)
        let context = try Self.traced { logger.info("Mine") }
        let object = try Value(parsingJSON: try #require(log.lines.first))
        #expect(object["trace_id"] == .string(Self.traceID) && object["span_id"] == .string(Self.spanID))
        let record = try #require(log.records.first)
        #expect(record.context == context && record.attributes.isEmpty)
    }

    @Test func `outside of a trace a line says nothing of one`() {
        let log = LogCapture()
        log.logger().info("Here")
        #expect(log.lines.first?.contains("trace_id") == false)
    }

    // MARK: - What is sent

    @Test func `where there is no room no record is made, and the line is written all the same`() {
        let log = LogCapture()
        log.connect(hasRoom: false)
        log.logger().info("Here")
        #expect(log.lines.count == 1 && log.records.isEmpty)
    }

    @Test func `a record has all that the line has, and the place in the trace`() throws {
        let log = LogCapture()
        log.connect()
        var logger = log.logger()
        logger[metadataKey: "job.id"] = "j1"
        let context = try Self.traced {
            logger.warning("Look", metadata: ["deep": ["x": "y"], "tags": ["a", "b"]])
        }
        #expect(
            log.records == [
                TelemetryLogRecord(
                    severity: 13, severityText: "warning", at: 1_767_323_045_678_901_234, body: "Look",
                    attributes: ["job.id": "j1", "deep.x": "y", "tags": .array(["a", "b"])], context: context,
                    scope: "casare.test")
            ])
    }

    @Test func `severities are OpenTelemetry's`() {
        let log = LogCapture()
        log.connect()
        for level in Logger.Level.allCases { log.logger().log(level: level, "x") }
        #expect(log.records.map(\.severity) == [1, 5, 9, 10, 13, 17, 21])
        #expect(log.records.map(\.severityText) == Logger.Level.allCases.map(\.rawValue))
    }

    @Test func `what the level keeps from the log is not sent`() {
        let log = LogCapture()
        log.connect()
        log.logger(level: .warning).notice("x")
        #expect(log.lines.isEmpty && log.records.isEmpty)
    }

    @Test func `an error is an exception of the record`() throws {
        let log = LogCapture()
        log.connect()
        log.logger().error("Broke", error: Failed())
        #expect(
            try #require(log.records.first).attributes
                == ["exception.type": "Failed", "exception.message": "it failed"])
    }

    @Test func `limits hold for records, and not for lines`() throws {
        let log = LogCapture()
        log.connect(limits: AttributeLimits(count: 2, valueLength: 3))
        log.logger().info("x", metadata: ["a": "12345", "b": ["12345", "é́ü"], "c": "1", "d": "1"])
        let record = try #require(log.records.first)
        #expect(record.attributes == ["a": "123", "b": .array(["123", "é́ü"])] && record.attributesDropped == 2)
        #expect(log.lines.first?.contains("a=12345") == true && log.lines.first?.contains("d=1") == true)
    }

    @Test func `where no limit is set texts have an end all the same`() throws {
        let log = LogCapture()
        log.connect()
        let long = String(repeating: "é", count: TelemetryLogRecord.bodyBytesMax)
        log.logger().info("x\(long)", metadata: ["a": "x\(long)", "b": ["1", "\(long)", "2"]])
        let record = try #require(log.records.first)
        // Never half a character.
        #expect(record.body.utf8.count == TelemetryLogRecord.bodyBytesMax - 1 && record.body.hasSuffix("é"))
        #expect(record.attributes["a"]?.description.utf8.count == AttributeLimits.valueBytesMax - 1)
        #expect(record.attributes["b"] == .array(["1"]), "All of a list together")
        #expect(log.lines.first?.utf8.count ?? 0 > 4 * TelemetryLogRecord.bodyBytesMax, "Lines are whole")
    }

    @Test func `several who listen have all of it, each within limits of their own`() throws {
        let log = LogCapture()
        log.connect()
        log.connect(limits: AttributeLimits(count: 1, valueLength: 1))
        log.logger().info("x", metadata: ["a": "12", "b": "3"])
        #expect(log.lines.count == 1 && log.records.map(\.body) == ["x", "x"])
        #expect(log.records.map(\.attributes) == [["a": "12", "b": "3"], ["a": "1"]])
    }

    @Test func `a logger that was made before anybody sends is sent once somebody does`() {
        let log = LogCapture()
        let logger = log.logger()
        logger.info("before")
        log.connect()
        logger.info("after")
        #expect(log.lines.count == 2 && log.records.map(\.body) == ["after"])
    }
}
