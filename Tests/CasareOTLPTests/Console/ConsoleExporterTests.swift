import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import FoundationEssentials
import Synchronization
import Testing

/// What is written instead of being sent.
struct ConsoleExporterTests {
    private final class Lines: Sendable {
        private let bytes = Mutex<[[UInt8]]>([])

        func write(_ line: [UInt8]) -> Bool {
            self.bytes.withLock { $0.append(line) }
            return true
        }

        var all: [[UInt8]] { self.bytes.withLock { $0 } }
        var texts: [String] { self.all.map { String(decoding: $0, as: UTF8.self) } }
    }

    private static func parsed(_ texts: [String]) throws -> [Value] {
        try texts.map { try Value(parsingJSON: $0) }
    }

    @Test func `each span is a line of JSON`() async throws {
        let lines = Lines()
        let (meter, _) = Sample.meter(.exportedSpans, "console_traces_exporter")
        let exporter = ConsoleExporter<FinishedSpan>(
            meter: meter, lines: { [ConsoleLine($0)] }, write: { lines.write($0) })
        let outcome = await exporter.export([
            Sample.span("a", kind: .consumer, status: .error(message: "no\nroom"), attributes: ["queue": "x"]),
            Sample.span("b"),
        ])
        #expect(outcome == ExportOutcome(exported: 2))
        #expect(lines.texts.allSatisfy { $0.hasSuffix("}\n") && $0.dropLast().contains("\n") == false })
        let spans = try Self.parsed(lines.texts)
        #expect(spans.map { $0["span"]?.string } == ["a", "b"])
        #expect(spans[0]["kind"] == "consumer" && spans[0]["trace_id"] == .string(Sample.trace))
        #expect(spans[0]["span_id"] == .string(Sample.span) && spans[0]["parent_span_id"] == nil)
        #expect(spans[0]["start"] == "1970-01-01T00:00:01.000Z" && spans[0]["seconds"] == 2.5)
        #expect(spans[0]["status"] == "error" && spans[0]["message"] == "no\nroom")
        #expect(spans[0]["attributes"]?["queue"] == "x" && spans[1]["status"] == nil)
    }

    @Test func `each record of the log is a line of JSON`() async throws {
        let lines = Lines()
        let (meter, _) = Sample.meter(.exportedLogs, "console_logs_exporter")
        let exporter = ConsoleExporter<TelemetryLogRecord>(
            meter: meter, lines: { [ConsoleLine($0)] }, write: { lines.write($0) })
        _ = await exporter.export([Sample.record("Leased job", context: Sample.context()), Sample.record("Idle")])
        let records = try Self.parsed(lines.texts)
        #expect(records.map { $0["log"]?.string } == ["Leased job", "Idle"])
        #expect(records[0]["trace_id"] == .string(Sample.trace) && records[1]["trace_id"] == nil)
        #expect(records[0]["severity"] == "info" && records[0]["logger"] == "casare" && records[0]["event"] == nil)
    }

    @Test func `each metric is a line of JSON, and counted by its points`() async throws {
        let lines = Lines()
        let (meter, registry) = Sample.meter(.exportedDataPoints, "console_metrics_exporter")
        let exporter = ConsoleExporter<MetricSnapshot>(
            meter: meter, lines: { ConsoleLine.lines($0) }, write: { lines.write($0) })
        let submitted: Counter<Int> = registry.counter(.jobSubmitted)
        submitted.add(2, [.queue: "a"])
        submitted.add(3, [.queue: "b"])
        registry.histogram(.loopDuration).record(0.25, [.loop: "sweep"])
        #expect(await exporter.export([registry.snapshot()]) == ExportOutcome(exported: 3))
        let metrics = try Self.parsed(lines.texts)
        #expect(metrics.map { $0["metric"]?.string } == ["casare.job.submitted", "casare.loop.duration"])
        #expect(metrics[0]["points"]?.list?.map { $0["value"] } == [2, 3])
        #expect(metrics[1]["points"]?.list?.map { $0["count"] } == [1])
    }

    @Test func `what cannot be written is counted`() async {
        let (meter, _) = Sample.meter(.exportedSpans, "console_traces_exporter")
        let exporter = ConsoleExporter<FinishedSpan>(
            meter: meter, lines: { [ConsoleLine($0)] }, write: { _ in false })
        #expect(
            await exporter.export([Sample.span()]) == ExportOutcome(exported: 0, failed: ["write_failed": 1]))
    }
}
