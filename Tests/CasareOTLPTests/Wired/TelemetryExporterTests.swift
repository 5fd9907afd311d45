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

    /// Runs telemetry that is sent when somebody asks for it, and at its end.
    private static func with(
        _ settings: OTLPSettings, _ body: (Telemetry) async throws -> Void
    ) async throws -> Telemetry {
        let batches = BatchSettings(delay: .seconds(3600), exportTimeout: .seconds(60), queueMax: 2048, batchMax: 512)
        var all = TelemetrySettings()
        all.traces = .otlp(settings)
        all.metrics = .otlp(settings)
        all.logs = .otlp(settings)
        all.spanBatches = batches
        all.logBatches = batches
        all.metricInterval = .seconds(3600)
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

    @Test func `a collector that never answers keeps nobody at the end, and what it did not take is counted`()
        async throws
    {
        try await withOTLPReceiver { receiver in
            receiver.plan(.hang, times: 100)
            let telemetry = try await Self.with(receiver.settings()) { telemetry in
                Self.work(telemetry)
                await telemetry.flush(within: .milliseconds(200))
            }
            let counted = await telemetry.registry.snapshot()[Instrument.processedSpans.name]?.points
            guard case .numbers(let points) = counted else {
                Issue.record("Nothing is counted")
                return
            }
            let lost = points.filter { $0.attributes[.errorType] != nil }.map(\.value)
            let sum = lost.reduce(0) { sum, value in
                if case .int(let count) = value { sum + count } else { sum }
            }
            #expect(sum == 2 && receiver.spans.isEmpty)
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
