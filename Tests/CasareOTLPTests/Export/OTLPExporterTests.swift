@testable import CasareOTLP
import CasareTelemetry
import OTLPProtos
import SwiftProtobuf
import Testing

/// What becomes of items, with a collector that answers as the test wants it.
struct OTLPExporterTests {
    private static let spans = SpanPayload(origin: Sample.origin)

    private static func export(
        _ spans: [FinishedSpan], to collector: ScriptedCollector, timeout: Duration? = .seconds(10),
        bytesMax: Int = 1 << 20
    ) async -> ExportOutcome {
        let (meter, _) = Sample.meter(.exportedSpans, SpanPayload.componentType)
        return await collector.exporter(self.spans, timeout: timeout, bytesMax: bytesMax, meter: meter).export(spans)
    }

    private static func span(_ name: String, bytes: Int) -> FinishedSpan {
        Sample.span(name, attributes: ["text": .string(String(repeating: "x", count: bytes))])
    }

    private static func names(in request: [UInt8]) throws -> [String] {
        let request = try ProtoTraceRequest(serializedBytes: request)
        return request.resourceSpans.flatMap { $0.scopeSpans.flatMap { $0.spans.map(\.name) } }
    }

    // MARK: Requests

    @Test func `what fits goes in one request`() async throws {
        let collector = ScriptedCollector()
        let outcome = await Self.export([Sample.span("a"), Sample.span("b")], to: collector)
        #expect(outcome == ExportOutcome(exported: 2))
        #expect(try collector.requests.map { try Self.names(in: $0) } == [["a", "b"]])
        #expect(collector.timeouts == [.seconds(10)])
    }

    @Test func `nothing is no request`() async {
        let collector = ScriptedCollector()
        #expect(await Self.export([], to: collector) == ExportOutcome(exported: 0))
        #expect(collector.requests.isEmpty)
    }

    @Test func `what does not fit into one request goes in several, in its order`() async throws {
        let collector = ScriptedCollector()
        let spans = (0..<50).map { Self.span("span \($0)", bytes: 100) }
        let outcome = await Self.export(spans, to: collector, bytesMax: 2000)
        #expect(outcome == ExportOutcome(exported: 50))
        #expect(collector.requests.count > 1 && collector.requests.allSatisfy { $0.count <= 2000 })
        #expect(try collector.requests.flatMap { try Self.names(in: $0) } == spans.map(\.name))
    }

    @Test func `an item that is too large by itself is lost, and the others go`() async throws {
        let collector = ScriptedCollector()
        let large = Self.span("large", bytes: 5000)
        let outcome = await Self.export([Sample.span("a"), large, Sample.span("b")], to: collector, bytesMax: 2000)
        #expect(outcome == ExportOutcome(exported: 2, failed: ["too_large": 1]))
        #expect(try collector.requests.flatMap { try Self.names(in: $0) } == ["a", "b"])
    }

    @Test(arguments: [0, 1])
    func `a request may be exactly as large as the bound`(missing: Int) async throws {
        let request: [UInt8] = try Self.spans.request(of: [Sample.span("a")]).serializedBytes()
        let collector = ScriptedCollector()
        let outcome = await Self.export([Sample.span("a")], to: collector, bytesMax: request.count - missing)
        #expect(outcome.exported == 1 - missing && collector.requests.count == 1 - missing)
    }

    // MARK: Partial success

    @Test func `what the collector rejects is counted, and nothing is sent again`() async {
        let collector = ScriptedCollector([.success(PartialSuccess(rejected: 2, message: "no room"))])
        let outcome = await Self.export((0..<5).map { Sample.span("\($0)") }, to: collector)
        #expect(outcome == ExportOutcome(exported: 3, failed: ["rejected": 2]))
        #expect(collector.requests.count == 1)
    }

    @Test func `a message with nothing rejected is full success`() async {
        let collector = ScriptedCollector([.success(PartialSuccess(rejected: 0, message: "soon full"))])
        #expect(await Self.export([Sample.span()], to: collector) == ExportOutcome(exported: 1))
    }

    @Test(arguments: [(Int64(7), 0), (.max, 0), (-1, 2), (.min, 2)])
    func `no more is rejected than was sent, and no less than nothing`(rejected: Int64, exported: Int) async {
        let collector = ScriptedCollector([.success(PartialSuccess(rejected: rejected, message: ""))])
        let outcome = await Self.export([Sample.span("a"), Sample.span("b")], to: collector)
        #expect(outcome.exported == exported && outcome.failed["rejected", default: 0] == 2 - exported)
    }

    @Test func `each of several requests has its own partial success`() async {
        let collector = ScriptedCollector([
            .success(PartialSuccess(rejected: 1, message: "no")), .success(nil),
        ])
        let spans = (0..<2).map { Self.span("\($0)", bytes: 1000) }
        let outcome = await Self.export(spans, to: collector, bytesMax: 1500)
        #expect(collector.requests.count == 2)
        #expect(outcome == ExportOutcome(exported: 1, failed: ["rejected": 1]))
    }

    // MARK: Repeats

    @Test func `what nobody waits for any more is not sent again`() async {
        var failure = OTLPFailure(.unavailable, "down")
        failure.isLast = true
        let collector = ScriptedCollector([.failure(failure), .success(nil)])
        let outcome = await Self.export([Sample.span()], to: collector)
        #expect(outcome == ExportOutcome(exported: 0, failed: ["UNAVAILABLE": 1]))
        #expect(collector.requests.count == 1 && collector.waits.isEmpty)
    }

    @Test func `a request that may pass is sent again, the same bytes`() async {
        let collector = ScriptedCollector([.failure(OTLPFailure(.unavailable, "down")), .success(nil)])
        #expect(await Self.export([Sample.span()], to: collector) == ExportOutcome(exported: 1))
        #expect(collector.requests.count == 2 && collector.requests[0] == collector.requests[1])
        #expect(collector.waits.count == 1)
        // The second call has the time that is left.
        #expect(collector.timeouts[1] == .seconds(10) - collector.waits[0])
    }

    @Test func `what will not pass is lost at once`() async {
        let collector = ScriptedCollector([.failure(OTLPFailure(.unauthenticated, "who?"))])
        let outcome = await Self.export([Sample.span("a"), Sample.span("b")], to: collector)
        #expect(outcome == ExportOutcome(exported: 0, failed: ["UNAUTHENTICATED": 2]))
        #expect(collector.requests.count == 1 && collector.waits.isEmpty)
    }

    @Test func `a server without room that says when is asked again then`() async {
        let collector = ScriptedCollector([
            .failure(OTLPFailure(.resourceExhausted, "full", retryDelay: .seconds(2))), .success(nil),
        ])
        #expect(await Self.export([Sample.span()], to: collector) == ExportOutcome(exported: 1))
        #expect(collector.waits.count == 1 && collector.waits.allSatisfy { $0 >= .seconds(2) })
    }

    @Test func `repeats end with the export's time`() async {
        let collector = ScriptedCollector(
            Array(repeating: .failure(OTLPFailure(.unavailable, "down")), count: 100))
        let outcome = await Self.export([Sample.span()], to: collector)
        #expect(outcome == ExportOutcome(exported: 0, failed: ["UNAVAILABLE": 1]))
        #expect(collector.requests.count > 2 && collector.requests.count == collector.waits.count + 1)
        #expect(collector.waits.reduce(.zero, +) < .seconds(10))
    }

    @Test func `all requests share the time, and those that it is over for are not sent`() async {
        let collector = ScriptedCollector(
            [.failure(OTLPFailure(.deadlineExceeded, "late"))], callTime: .seconds(10))
        let spans = (0..<2).map { Self.span("\($0)", bytes: 1000) }
        let outcome = await Self.export(spans, to: collector, bytesMax: 1500)
        #expect(outcome == ExportOutcome(exported: 0, failed: ["timeout": 2]))
        #expect(collector.requests.count == 1)
    }

    @Test func `without a limit each call has one of its own`() async {
        let collector = ScriptedCollector([.failure(OTLPFailure(.deadlineExceeded, "late"))], callTime: .seconds(60))
        #expect(await Self.export([Sample.span()], to: collector, timeout: nil) == ExportOutcome(exported: 1))
        #expect(collector.timeouts == [.seconds(60), .seconds(60)])
    }

    @Test func `in a cancelled task nothing is sent, and all of it is lost`() async {
        let collector = ScriptedCollector()
        let task = Task {
            // It throws as soon as it is cancelled, which is all that is waited for.
            try? await Task.sleep(for: .seconds(3600))
            return await Self.export([Sample.span("a"), Sample.span("b")], to: collector)
        }
        task.cancel()
        #expect(await task.value == ExportOutcome(exported: 0, failed: ["cancelled": 2]))
        #expect(collector.requests.isEmpty)
    }

    // MARK: Counting

    @Test func `what becomes of items is counted with the exporter's name`() async throws {
        let (meter, registry) = Sample.meter(.exportedSpans, SpanPayload.componentType)
        let collector = ScriptedCollector([.success(PartialSuccess(rejected: 1, message: "no"))])
        let exporter = collector.exporter(Self.spans, meter: meter)
        _ = await exporter.export((0..<3).map { Sample.span("\($0)") })
        let snapshot = await registry.snapshot()
        let component: [AttributeKey: AttributeValue] = [
            .componentName: "otlp_grpc_span_exporter/0", .componentType: "otlp_grpc_span_exporter",
        ]
        guard case .numbers(let points) = try #require(snapshot["otel.sdk.exporter.span.exported"]).points else {
            Issue.record("it is no number")
            return
        }
        let counts = Dictionary(
            uniqueKeysWithValues: points.map { point in
                (point.attributes[.errorType]?.description ?? "", point.value)
            })
        #expect(counts == ["": .int(2), "rejected": .int(1)])
        for (key, value) in component { #expect(points.allSatisfy { $0.attributes[key] == value }) }
        guard
            case .histograms(let times) = try #require(snapshot["otel.sdk.exporter.operation.duration"]).points
        else {
            Issue.record("it is no histogram")
            return
        }
        #expect(times.map(\.count) == [1] && times[0].attributes[.errorType] == "rejected")
    }
}
