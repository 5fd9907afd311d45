@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Testing

/// What exporters do when a collector does not just take what they send.
struct FaultExporterTests {
    private typealias Code = OTLPReceiver.Code

    @Test(arguments: OTLPReceiver.Code.allCases)
    func `a status that may pass is tried again, any other is the end`(code: OTLPReceiver.Code) async throws {
        try await withOTLPReceiver { receiver in
            receiver.plan(.status(code), for: .traces, times: 2)
            try await WiredExporters.with(receiver.settings(), skippingPauses: true) { exporters in
                let outcome = await exporters.spans.export(Fresh.spans(3))
                let pauses = exporters.pauses.all
                if Code.retried.contains(code) {
                    #expect(outcome == ExportOutcome(exported: 3))
                    #expect(receiver.attempts(.traces).count == 3)
                    #expect(pauses.count == 2 && pauses[0] > .zero && pauses[1] >= pauses[0])
                    #expect(await exporters.counts(.exportedSpans) == ["": 3])
                } else {
                    #expect(outcome == ExportOutcome(exported: 0, failed: [code.rawValue: 3]))
                    #expect(receiver.attempts(.traces).count == 1)
                    #expect(pauses.isEmpty)
                    #expect(await exporters.counts(.exportedSpans) == [code.rawValue: 3])
                }
                #expect(receiver.spans.count == outcome.exported && receiver.violations == [])
            }
        }
    }

    @Test(arguments: [OTLPReceiver.Code.resourceExhausted, .unavailable])
    func `a server that says when is asked again then, and not before`(code: OTLPReceiver.Code) async throws {
        let delay = Duration.milliseconds(300)
        try await withOTLPReceiver { receiver in
            receiver.plan(.status(code, retryAfter: delay), for: .logs)
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.logs.export(Fresh.records(2)) == ExportOutcome(exported: 2))
                let times = receiver.attempts(.logs).map(\.at)
                #expect(times.count == 2 && times[1] - times[0] >= delay)
                // Its delay and a little chance, not the second that it would wait else.
                #expect(exporters.pauses.all.allSatisfy { $0 < .seconds(0.5) })
            }
            #expect(receiver.logRecords.count == 2)
        }
    }

    @Test func `what is rejected is counted, told of, and not sent again`() async throws {
        try await withOTLPReceiver { receiver in
            receiver.plan(.partial(rejected: 2, message: "No room for two"), for: .traces)
            receiver.plan(.partial(rejected: 1, message: "No room for one"), for: .metrics)
            receiver.plan(.partial(rejected: 3, message: "No room for three"), for: .logs)
            try await WiredExporters.with(receiver.settings()) { exporters in
                let submitted: Counter<Int> = exporters.registry.counter(.jobSubmitted)
                submitted.add(1, [.queue: "a"])
                submitted.add(1, [.queue: "b"])
                let snapshot = await exporters.registry.snapshot()
                let spans = await exporters.spans.export(Fresh.spans(5))
                let points = await exporters.metrics.export([snapshot])
                let records = await exporters.logs.export(Fresh.records(3))
                #expect(spans == ExportOutcome(exported: 3, failed: ["rejected": 2]))
                #expect(points == ExportOutcome(exported: 1, failed: ["rejected": 1]))
                #expect(records == ExportOutcome(exported: 0, failed: ["rejected": 3]))
                for message in ["No room for two", "No room for one", "No room for three"] {
                    #expect(exporters.lines.all.contains { $0.contains(message) })
                }
                #expect(await exporters.counts(.exportedSpans) == ["": 3, "rejected": 2])
            }
            for signal in OTLPReceiver.Signal.allCases { #expect(receiver.attempts(signal).count == 1) }
            #expect(receiver.violations == [])
        }
    }

    @Test func `a word of warning is told of, and everything counts as sent`() async throws {
        try await withOTLPReceiver { receiver in
            receiver.plan(.warning("The disk is nearly full"))
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.spans.export(Fresh.spans(2)) == ExportOutcome(exported: 2))
                #expect(exporters.lines.all.contains { $0.contains("The disk is nearly full") })
            }
            #expect(receiver.attempts(.traces).count == 1 && receiver.spans.count == 2)
        }
    }

    @Test func `a slow answer is waited for`() async throws {
        try await withOTLPReceiver { receiver in
            receiver.plan(.delay(.milliseconds(200)))
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.spans.export(Fresh.spans(2)) == ExportOutcome(exported: 2))
            }
            #expect(receiver.attempts(.traces).count == 1 && receiver.violations == [])
        }
    }

    @Test func `without an answer it gives up at its time limit, counts, and goes on over the same connection`()
        async throws
    {
        let limit = Duration.seconds(2)
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings(timeout: limit)) { exporters in
                // So that the time is not spent on connecting.
                try await Self.reachCollector(by: exporters)
                let before = receiver.wire.connections
                receiver.plan(.hang, for: .traces)
                let outcome = await exporters.spans.export(Fresh.spans(3))
                #expect(outcome == ExportOutcome(exported: 0, failed: ["timeout": 3]))
                #expect(await exporters.counts(.exportedSpans) == ["timeout": 3])
                #expect(receiver.attempts(.traces).count == 1)
                #expect(receiver.attempts(.traces).allSatisfy { $0.timeout.map { $0 <= limit } ?? false })
                try await Self.reachCollector(by: exporters)
                #expect(receiver.wire.connections == before)
            }
            #expect(receiver.spans.isEmpty)
        }
    }

    private static func reachCollector(by exporters: WiredExporters) async throws {
        try await eventually("the collector is reached") {
            await exporters.logs.export(Fresh.records(1)).exported > 0 ? true : nil
        }
    }

    @Test func `a cut connection is made again, and what was on its way is sent again`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.spans.export(Fresh.spans(1)) == ExportOutcome(exported: 1))
                receiver.plan(.disconnect, for: .traces)
                #expect(await exporters.spans.export(Fresh.spans(2)) == ExportOutcome(exported: 2))
            }
            #expect(receiver.attempts(.traces).count == 3 && receiver.spans.count == 3)
            // The server may cut one that was begun while it was cutting.
            #expect((2...4).contains(receiver.wire.connections))
            #expect(receiver.violations == [])
        }
    }

    @Test func `a connection that was cut while nobody used it is no loss`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.spans.export(Fresh.spans(1)) == ExportOutcome(exported: 1))
                receiver.disconnect()
                #expect(await exporters.spans.export(Fresh.spans(2)) == ExportOutcome(exported: 2))
            }
            #expect(receiver.spans.count == 3 && receiver.violations == [])
        }
    }
}
