import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Testing
import Tracing

/// How the parts are put together, and how they end.
struct TelemetryTests {
    private static let resource = Resource(attributes: ["service.name": "casare-robot"])

    private static func telemetry(_ change: (inout TelemetrySettings) -> Void = { _ in }) -> Telemetry {
        var settings = TelemetrySettings()
        change(&settings)
        return Telemetry(settings: settings, resource: self.resource, logger: Sample.quiet)
    }

    private static func settings(port: Int, timeout: Duration? = .seconds(10)) -> OTLPSettings {
        OTLPSettings(host: "127.0.0.1", port: port, usesTLS: false, timeout: timeout)
    }

    private static func maker() -> ExporterMaker {
        ExporterMaker(resource: self.resource, registry: MetricRegistry(logger: Sample.quiet), logger: Sample.quiet)
    }

    // MARK: What there is

    @Test func `where nothing is sent nothing is traced, and no log is taken`() {
        let telemetry = Self.telemetry()
        #expect(telemetry.tracer is NoOpTracer && telemetry.takeLog == nil)
    }

    @Test func `what is disabled sends nothing, whatever else is said`() {
        let telemetry = Self.telemetry { settings in
            settings.isDisabled = true
            settings.traces = .console
            settings.logs = .console
        }
        #expect(telemetry.tracer is NoOpTracer && telemetry.takeLog == nil)
    }

    @Test func `spans that are sent are traced, and a log that is sent is taken`() {
        let spans = Self.telemetry { $0.traces = .console }
        #expect(spans.tracer is TelemetryTracer && spans.takeLog == nil)
        let logs = Self.telemetry { $0.logs = .console }
        #expect(logs.tracer is NoOpTracer && logs.takeLog != nil)
    }

    @Test func `signals that go the same way share a client`() {
        var maker = Self.maker()
        let there = TelemetrySettings.Destination.otlp(Self.settings(port: 4317))
        _ = maker.spans(there)
        _ = maker.logs(there)
        #expect(maker.clients.count == 1)
        _ = maker.metrics(.otlp(Self.settings(port: 4318)))
        #expect(maker.clients.count == 2)
        _ = maker.metrics(.otlp(Self.settings(port: 4317, timeout: nil)))
        #expect(maker.clients.count == 3)
    }

    @Test func `what goes nowhere has no exporter, and the console no client`() {
        var maker = Self.maker()
        let nothing = maker.spans(.nowhere)
        let console = maker.spans(.console)
        #expect(nothing == nil && console != nil && maker.clients.isEmpty)
    }

    // MARK: The end

    @Test func `it waits for its end also where nothing is sent`() async {
        let telemetry = Self.telemetry()
        let task = Task { await telemetry.run() }
        task.cancel()
        await task.value
    }

    @Test func `a collector that is not there keeps nobody at the end`() async {
        let telemetry = Self.telemetry { settings in
            let there = TelemetrySettings.Destination.otlp(Self.settings(port: ClosedPort.number, timeout: nil))
            settings.traces = there
            settings.metrics = there
            settings.logs = there
        }
        let task = Task { await telemetry.run() }
        telemetry.tracer.startSpan("work").end()
        telemetry.takeLog?(Sample.record("Leased job"))
        await telemetry.flush(within: .zero)
        task.cancel()
        await task.value
        let snapshot = await telemetry.registry.snapshot()
        guard case .numbers(let points) = snapshot["otel.sdk.processor.span.processed"]?.points else {
            Issue.record("nothing is counted")
            return
        }
        let lost = points.filter { $0.attributes[.errorType] != nil && $0.value != .int(0) }
        #expect(lost.map(\.value) == [.int(1)])
    }

    @Test func `what waits at the end has five seconds, and after a flush in vain none`() {
        let ending = TelemetryEnding()
        #expect(ending.begin() == .seconds(5))
        ending.flushed(false)
        #expect(ending.begin() == .zero)
        ending.flushed(true)
        #expect(ending.begin() == .seconds(5))
    }
}
