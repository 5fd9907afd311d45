import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Instrumentation
import Testing
import Tracing

/// The telemetry of a whole process, from its tracer, registry and log to a collector.
struct TelemetryExporterTests {
    private struct Failure: Error {}

    private struct Headers: Injector {
        func inject(_ value: String, forKey key: String, into headers: inout [String: String]) { headers[key] = value }
    }

    /// Runs telemetry that is sent when somebody asks for it, and at its end.
    private static func with(
        _ settings: OTLPSettings, changed change: (inout TelemetrySettings) -> Void = { _ in },
        _ body: (Telemetry) async throws -> Void
    ) async throws -> Telemetry {
        let batches = BatchSettings(delay: .seconds(3600), exportTimeout: .seconds(60), queueMax: 2048, batchMax: 512)
        var all = TelemetrySettings()
        all.traces = .otlp(settings)
        all.metrics = .otlp(settings)
        all.logs = .otlp(settings)
        all.spanBatches = batches
        all.logBatches = batches
        all.metricInterval = .seconds(3600)
        change(&all)
        let resource = Resource.detected(service: .robot, version: WiredExporters.version, settings: all)
        let telemetry = Telemetry(settings: all, resource: resource, logger: Sample.quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await telemetry.run() }
            defer { group.cancelAll() }
            try await body(telemetry)
        }
        return telemetry
    }

    /// A job that calls somebody, which fails, and says so in the log.
    private static func work(_ telemetry: Telemetry) {
        let process = telemetry.tracer.startSpan("process invoices", context: .topLevel, ofKind: .consumer)
        let request = telemetry.tracer.startSpan("http.request", context: process.context, ofKind: .client)
        for record in Fresh.records(1, context: process.context.trace?.context) { telemetry.takeLog?(record) }
        request.recordError(Failure())
        request.end()
        process.end()
        let submitted: Counter<Int> = telemetry.registry.counter(.jobSubmitted)
        submitted.add(1, [.queue: "invoices"])
    }

    private static func expectWork(_ receiver: OTLPReceiver, times: Int) throws {
        let processes = receiver.spans.filter { $0.name == "process invoices" }
        let requests = receiver.spans.filter { $0.name == "http.request" }
        #expect(processes.count == times && requests.count == times)
        #expect(Set(requests.map(\.parentID)) == Set(processes.map(\.spanID)))
        #expect(requests.allSatisfy { $0.isParentLocal && $0.status == .error })
        #expect(processes.allSatisfy { $0.status == .unset })
        #expect(requests.allSatisfy { $0.attributes["error.type"] == "Failure" })
        let exceptions = receiver.logRecords.filter { $0.attributes["exception.type"] == "Failure" }
        #expect(Set(exceptions.map(\.spanID)) == Set(requests.map(\.spanID)) && exceptions.count == times)
        let lines = receiver.logRecords.filter { $0.body == "Leased job 0" }
        #expect(Set(lines.map(\.spanID)) == Set(processes.map(\.spanID)) && lines.count == times)
        let submitted = receiver.points.filter { $0.name == Instrument.jobSubmitted.name }
        #expect(submitted.last?.number?.int == times)
        let origin = try #require(receiver.spans.first?.origin)
        #expect(origin.service == "casare-robot" && origin.resource["telemetry.sdk.language"] == "swift")
        #expect(receiver.violationsAtEnd == [])
    }

    @Test func `what a process tells arrives when it is asked for, over one connection`() async throws {
        try await withOTLPReceiver { receiver in
            _ = try await Self.with(receiver.settings(compression: .gzip)) { telemetry in
                Self.work(telemetry)
                await telemetry.flush(within: OTLPReceiver.patience)
                try Self.expectWork(receiver, times: 1)
                Self.work(telemetry)
                await telemetry.flush(within: OTLPReceiver.patience)
                try Self.expectWork(receiver, times: 2)
            }
            #expect(receiver.wire.connections == 1 && receiver.wire.plainMessages == 0)
        }
    }

    @Test func `what waits at the end arrives, and nothing twice`() async throws {
        try await withOTLPReceiver { receiver in
            _ = try await Self.with(receiver.settings()) { telemetry in
                // At the end there is little time, and connecting is not to take of it.
                Self.work(telemetry)
                await telemetry.flush(within: OTLPReceiver.patience)
                Self.work(telemetry)
                #expect(receiver.spans.count == 2)
            }
            try Self.expectWork(receiver, times: 2)
        }
    }

    @Test func `what is set is what is told`() async throws {
        try await withOTLPReceiver(temporality: .delta) { receiver in
            let change = { (settings: inout TelemetrySettings) in
                settings.temporality = .delta
                settings.histograms = .exponential
                settings.exemplars = .alwaysOff
                settings.propagators = [.b3]
                settings.spanLimits = SpanLimits(attributes: AttributeLimits(count: 1, valueLength: 3), events: 0)
            }
            _ = try await Self.with(receiver.settings(), changed: change) { telemetry in
                let span = telemetry.tracer.startSpan("process invoices", context: .topLevel, ofKind: .consumer)
                span.updateAttributes { $0["casare.workflow.name"] = "invoices" }
                span.addEvent(SpanEvent(name: "retried"))
                var headers: [String: String] = [:]
                telemetry.tracer.inject(span.context, into: &headers, using: Headers())
                #expect(headers.keys.sorted() == ["b3"])
                let submitted: Counter<Int> = telemetry.registry.counter(.jobSubmitted)
                for count in [2, 3] {
                    submitted.add(count, [.queue: "invoices"])
                    ServiceContext.withValue(span.context) {
                        telemetry.registry.histogram(.jobWaitDuration).record(0.25)
                    }
                    await telemetry.flush(within: OTLPReceiver.patience)
                }
                span.end()
            }
            let span = try #require(receiver.spans.first)
            #expect(span.attributes == ["casare.workflow.name": "inv"] && span.eventsDropped == 1)
            let submitted = receiver.points.filter { $0.name == Instrument.jobSubmitted.name }
            #expect(submitted.compactMap { $0.number?.int } == [2, 3])
            #expect(submitted.allSatisfy { $0.temporality == .delta })
            let waits = receiver.points.filter { $0.name == Instrument.jobWaitDuration.name }
            #expect(waits.map(\.distribution?.count) == [1, 1])
            #expect(waits.allSatisfy { $0.kind == .exponentialHistogram && $0.exemplars.isEmpty })
        }
    }

    @Test func `a collector that never answers keeps nobody at the end, and what it did not take is counted`()
        async throws
    {
        try await withOTLPReceiver { receiver in
            receiver.plan(.hang, times: 100)
            let telemetry = try await Self.with(receiver.settings()) { telemetry in
                Self.work(telemetry)
                await telemetry.flush(within: .milliseconds(200))
            }
            let snapshot = await telemetry.registry.snapshot()
            var lost = 0
            // What is handed over and does not get through is counted by the exporter alone.
            for instrument in [Instrument.processedSpans, .exportedSpans] {
                guard case .numbers(let points) = snapshot[instrument.name]?.points else { continue }
                for point in points where point.attributes[.errorType] != nil {
                    if case .int(let count) = point.value { lost += count }
                }
            }
            #expect(lost == 2 && receiver.spans.isEmpty)
        }
    }

    @Test func `no secret of a header or an error is in what is sent, but in the record of the error`() async throws {
        struct Secretive: Error, CustomStringConvertible { let description = "hunter2-canary" }
        try await withOTLPReceiver(requiring: ["api-key": "hunter3-canary"], canaries: ["hunter3-canary"]) { receiver in
            let headers = [OTLPSettings.Header(name: "api-key", value: "hunter3-canary")]
            _ = try await Self.with(receiver.settings(headers: headers)) { telemetry in
                let span = telemetry.tracer.startSpan("http.request", context: .topLevel, ofKind: .client)
                span.recordError(Secretive())
                span.end()
                await telemetry.flush(within: OTLPReceiver.patience)
            }
            #expect(receiver.violationsAtEnd == [])
            let span = try #require(receiver.spans.first)
            #expect(!"\(span)".contains("hunter2-canary") && span.attributes["error.type"] == "Secretive")
            #expect(receiver.logRecords.map(\.body) == ["hunter2-canary"])
        }
    }
}
