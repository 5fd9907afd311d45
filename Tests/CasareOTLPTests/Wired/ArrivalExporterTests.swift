import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Testing

/// What arrives at a collector, over a real connection.
struct ArrivalExporterTests {
    @Test func `spans arrive as they were, and nothing is wrong with them`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                let root = TraceContext.makeRoot()
                let child = root.child()
                let other = TraceContext.makeRoot()
                let event = FinishedSpan.Event(
                    name: "retried", at: Fresh.nanoseconds, attributes: ["casare.job.attempt": .int(2)])
                let parent = Fresh.span(
                    root, parent: nil, kind: .consumer,
                    attributes: [
                        "text": "a\u{0}ä", "number": .int(-7), "share": .double(0.25), "flag": .bool(true),
                        "list": .array(["a", "b"]),
                    ],
                    events: [event], links: [FinishedSpan.Link(context: other, attributes: ["why": "replayed"])])
                let failed = Fresh.span(
                    child, parent: root.spanID, kind: .client, status: .error(message: "No answer"),
                    attributes: ["error.type": "timeout"])
                let outcome = await exporters.spans.export([parent, failed])
                #expect(outcome == ExportOutcome(exported: 2))

                let spans = receiver.spans
                let first = try #require(spans.first { $0.parentID.isEmpty })
                #expect(first.name == "run invoices" && first.kind == .consumer && first.status == .unset)
                #expect(first.traceID == root.traceID.description && first.spanID == root.spanID.description)
                #expect(first.startedAt == parent.startedAt && first.endedAt == parent.endedAt)
                #expect(
                    first.attributes == [
                        "text": "a\u{0}ä", "number": -7, "share": 0.25, "flag": true, "list": ["a", "b"],
                    ])
                #expect(first.events.map(\.name) == ["retried"] && first.events.map(\.at) == [event.at])
                #expect(first.events.map(\.attributes) == [["casare.job.attempt": 2]])
                #expect(first.links.map(\.traceID) == [other.traceID.description])
                #expect(first.links.map(\.attributes) == [["why": "replayed"]])
                #expect(first.origin.service == "casare-robot" && first.origin.scope == "casare")
                let second = try #require(spans.first { !$0.parentID.isEmpty })
                #expect(second.parentID == first.spanID && second.isParentLocal && second.traceID == first.traceID)
                #expect(second.status == .error && second.statusMessage == "No answer")
                #expect(receiver.violationsAtEnd == [])
            }
        }
    }

    @Test func `metrics arrive, grow, and nothing is wrong with them`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                let submitted: Counter<Int> = exporters.registry.counter(.jobSubmitted)
                let loops = exporters.registry.histogram(.loopDuration)
                for _ in 0..<2 {
                    submitted.add(3, [.queue: "invoices"])
                    loops.record(0.25, [.loop: "sweep"])
                    let snapshot = await exporters.registry.snapshot()
                    #expect(await exporters.metrics.export([snapshot]).failed == [:])
                }
                let counts = receiver.points.filter { $0.name == "casare.job.submitted" }
                #expect(counts.map(\.number) == [3, 6])
                #expect(counts.map(\.kind) == [.sum(isMonotonic: true), .sum(isMonotonic: true)])
                #expect(counts.allSatisfy { $0.attributes == ["messaging.destination.name": "invoices"] })
                let times = receiver.points.filter { $0.name == "casare.loop.duration" }
                #expect(times.map { $0.distribution?.count } == [1, 2])
                #expect(times.map { $0.distribution?.sum } == [0.25, 0.5])
                // The first export has left its own count and time, which the second has sent.
                #expect(receiver.points.contains { $0.name == Instrument.exportedDataPoints.name })
                #expect(receiver.violations == [])
            }
        }
    }

    @Test func `everything of the catalogue keeps to the conventions`() {
        let attributes: Attributes = [.queue: "invoices"]
        let since = GoodTelemetry.now.addingTimeInterval(-1)
        let metrics = InstrumentCatalogue.all.map { instrument -> Metric in
            switch instrument.kind {
            case .histogram(let bounds):
                let point = HistogramPoint(
                    attributes: attributes, since: since, bounds: bounds,
                    counts: [1] + Array(repeating: 0, count: bounds.count), sum: 0, smallest: 0, largest: 0)
                return Metric(instrument: instrument, points: .histograms([point]))
            case .counter, .upDownCounter, .gauge:
                let point = NumberPoint(
                    attributes: attributes, since: instrument.kind == .gauge ? nil : since, value: .int(1))
                return Metric(instrument: instrument, points: .numbers([point]))
            }
        }
        let payload = MetricPayload(origin: WiredExporters.origin)
        let snapshot = MetricSnapshot(takenAt: GoodTelemetry.now, metrics: metrics)
        var validator = GoodTelemetry.validator()
        let taken = validator.take(payload.request(of: payload.pieces(of: [snapshot])[...]))
        #expect(taken.count == InstrumentCatalogue.all.count)
        #expect(validator.violations == [])
    }

    @Test func `log records arrive with their places in traces, and nothing is wrong with them`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                let context = TraceContext.makeRoot()
                let outcome = await exporters.logs.export(Fresh.records(2, context: context) + Fresh.records(1))
                #expect(outcome == ExportOutcome(exported: 3))
                #expect(receiver.logRecords.map(\.body) == ["Leased job 0", "Leased job 1", "Leased job 0"])
                let trace = context.traceID.description
                #expect(receiver.logRecords.map(\.traceID) == [trace, trace, ""])
                #expect(receiver.logRecords.allSatisfy { $0.severity == 9 && $0.origin.scope == "casare.robot" })
                #expect(receiver.violations == [])
            }
        }
    }

    @Test func `gzip is what goes over the wire when it is asked for`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings(compression: .gzip)) { exporters in
                for _ in 0..<2 {
                    #expect(await exporters.spans.export(Fresh.spans(100)) == ExportOutcome(exported: 100))
                }
            }
            let bytes = receiver.attempts(.traces).map(\.bytes).reduce(0, +)
            #expect(receiver.wire.compressedMessages == 2 && receiver.wire.plainMessages == 0)
            #expect(receiver.wire.messageBytes < bytes)
            #expect(receiver.spans.count == 200 && receiver.violations == [])
        }
    }

    @Test func `without compression messages are sent as they are`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.logs.export(Fresh.records(10)) == ExportOutcome(exported: 10))
            }
            #expect(receiver.wire.plainMessages == 1 && receiver.wire.compressedMessages == 0)
            #expect(receiver.wire.messageBytes == receiver.attempts(.logs).map(\.bytes).reduce(0, +))
        }
    }

    @Test func `headers go along as metadata, and their secrets nowhere else`() async throws {
        let secret = "Bearer hunter2-canary"
        try await withOTLPReceiver(requiring: ["authorization": secret], canaries: ["hunter2-canary"]) { receiver in
            let headers = [
                OTLPSettings.Header(name: "authorization", value: secret),
                OTLPSettings.Header(name: "x-tenant", value: "acme"),
            ]
            try await WiredExporters.with(receiver.settings(headers: headers)) { exporters in
                #expect(await exporters.spans.export(Fresh.spans(1)) == ExportOutcome(exported: 1))
            }
            let attempt = try #require(receiver.attempts(.traces).first)
            #expect(attempt.metadata["authorization"] == secret && attempt.metadata["x-tenant"] == "acme")
            #expect(attempt.metadata["user-agent"]?.hasPrefix("OTel-OTLP-Exporter-Swift/1.2.3") == true)
            #expect(receiver.violations == [])
        }
    }

    @Test func `who lacks the header is told once and tries no more`() async throws {
        try await withOTLPReceiver(requiring: ["authorization": "Bearer x"]) { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                let outcome = await exporters.spans.export(Fresh.spans(2))
                #expect(outcome == ExportOutcome(exported: 0, failed: ["UNAUTHENTICATED": 2]))
                #expect(await exporters.counts(.exportedSpans) == ["UNAUTHENTICATED": 2])
            }
            #expect(receiver.attempts(.traces).count == 1 && receiver.spans.isEmpty)
        }
    }

    @Test func `all signals share one connection, and each request says how long it will wait`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings(timeout: .seconds(30))) { exporters in
                for _ in 0..<3 {
                    #expect(await exporters.spans.export(Fresh.spans(1)).failed == [:])
                    #expect(await exporters.logs.export(Fresh.records(1)).failed == [:])
                    let snapshot = await exporters.registry.snapshot()
                    #expect(await exporters.metrics.export([snapshot]).failed == [:])
                }
                #expect(receiver.wire.connections == 1 && receiver.wire.connectionsOpen == 1)
            }
            let attempts = OTLPReceiver.Signal.allCases.flatMap { receiver.attempts($0) }
            #expect(attempts.count == 9 && Set(attempts.map(\.peer)).count == 1)
            #expect(attempts.allSatisfy { $0.timeout.map { $0 <= .seconds(30) } ?? false })
        }
    }
}
