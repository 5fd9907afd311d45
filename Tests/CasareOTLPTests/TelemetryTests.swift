import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Instrumentation
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

    /// How many spans had no room or could not be sent, by why.
    private static func lostSpans(_ telemetry: Telemetry) async -> [String: Int] {
        let snapshot = await telemetry.registry.snapshot()
        var lost: [String: Int] = [:]
        for instrument in [Instrument.processedSpans, .exportedSpans] {
            guard case .numbers(let points) = snapshot[instrument.name]?.points else { continue }
            for point in points {
                guard let error = point.attributes[.errorType], case .int(let count) = point.value, count > 0 else {
                    continue
                }
                lost[error.description, default: 0] += count
            }
        }
        return lost
    }

    private static func maker() -> ExporterMaker {
        ExporterMaker(resource: self.resource, registry: MetricRegistry(logger: Sample.quiet), logger: Sample.quiet)
    }

    // MARK: What there is

    @Test func `where nothing is sent nothing is traced, and no log is taken`() {
        let telemetry = Self.telemetry()
        #expect(telemetry.tracer is PassingTracer && telemetry.takeLog == nil)
    }

    @Test func `what is disabled sends nothing, whatever else is said`() {
        let telemetry = Self.telemetry { settings in
            settings.isDisabled = true
            settings.traces = .console
            settings.logs = .console
        }
        #expect(telemetry.tracer is PassingTracer && telemetry.takeLog == nil)
    }

    @Test func `what is disabled hands traces of others on all the same`() throws {
        struct Headers: Injector {
            func inject(_ value: String, forKey key: String, into headers: inout [String: String]) {
                headers[key] = value
            }
        }
        let telemetry = Self.telemetry { settings in
            settings.isDisabled = true
            settings.propagators = [.tracecontext, .b3]
        }
        let span = telemetry.tracer.startSpan("work", context: ServiceContext(TraceCarrier(Sample.context())))
        var headers: [String: String] = [:]
        telemetry.tracer.inject(span.context, into: &headers, using: Headers())
        #expect(headers["traceparent"] == Sample.context().traceparent && headers.keys.contains("b3"))
    }

    @Test func `spans that are sent are traced, and a log that is sent is taken`() {
        let spans = Self.telemetry { $0.traces = .console }
        #expect(spans.tracer is TelemetryTracer && spans.takeLog == nil)
        let logs = Self.telemetry { $0.logs = .console }
        #expect(logs.tracer is PassingTracer && logs.takeLog != nil)
    }

    @Test func `the sampler decides of traces that begin here, also where none are sent from here`() {
        for isSent in [true, false] {
            for (sampler, isRecorded) in [(SamplerKind.standard, true), (.parentBased(root: .ratio(0)), false)] {
                let telemetry = Self.telemetry { settings in
                    settings.sampler = sampler
                    if isSent { settings.traces = .console }
                }
                let root = TraceRoots.$current.withValue(telemetry.roots) { TraceContext.makeRoot() }
                #expect(root.isSampled == isRecorded)
            }
        }
        let disabled = Self.telemetry { settings in
            settings.isDisabled = true
            settings.sampler = .alwaysOff
        }
        #expect(disabled.roots.records(TraceContext.makeRoot().traceID))
    }

    @Test func `the sampler that is set decides what is recorded`() {
        let samplers: [(SamplerKind, Bool)] = [(.alwaysOn, true), (.alwaysOff, false), (.ratio(0), false)]
        for (sampler, isRecorded) in samplers {
            let telemetry = Self.telemetry { settings in
                settings.traces = .console
                settings.sampler = sampler
            }
            #expect(telemetry.tracer.startSpan("work").isRecording == isRecorded)
        }
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
        let lost = await Self.lostSpans(telemetry)
        #expect(lost.values.reduce(0, +) == 1)
    }

    /// Where the time were up it would be lost by `timeout`.
    @Test(arguments: [Duration?.none, .seconds(10)])
    func `where no collector is the end is given up before its time`(timeout: Duration?) async throws {
        let telemetry = Self.telemetry { settings in
            let there = TelemetrySettings.Destination.otlp(Self.settings(port: ClosedPort.number, timeout: timeout))
            settings.traces = there
            settings.metrics = there
            settings.logs = there
            settings.spanBatches = BatchSettings(
                delay: .seconds(3600), exportTimeout: nil, queueMax: 100, batchMax: 4)
        }
        for _ in 0..<10 { telemetry.tracer.startSpan("work").end() }
        let task = Task { await telemetry.run() }
        task.cancel()
        await task.value
        let lost = await Self.lostSpans(telemetry)
        #expect(lost == ["UNAVAILABLE": 10])
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
