import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Testing

/// Queues, exporters and a collector together.
struct QueueExporterTests {
    private static let queueMax = 8
    private static let batchMax = 4

    private typealias Queue = BatchProcessor<FinishedSpan>

    /// Runs a processor of spans. Whoever waits for the delay waits too long: only full batches and flushes go.
    private static func withQueue(
        _ exporters: WiredExporters, queueMax: Int = Self.queueMax, _ body: (Queue) async throws -> Void
    ) async throws {
        let settings = BatchSettings(
            delay: .seconds(3600), exportTimeout: .seconds(60), queueMax: queueMax, batchMax: self.batchMax)
        let queue = Queue(settings: settings, exporter: exporters.spans, meter: .spans(exporters.registry))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await queue.run() }
            defer { queue.finish(within: .seconds(60)) }
            try await body(queue)
        }
    }

    @Test func `a full queue drops and counts, and all that it kept arrives once`() async throws {
        try await withOTLPReceiver { receiver in
            receiver.plan(.hold, for: .traces)
            try await WiredExporters.with(receiver.settings()) { exporters in
                try await Self.withQueue(exporters) { queue in
                    for span in Fresh.spans(Self.batchMax) { queue.take(span) }
                    try await receiver.attempts(1, of: .traces)
                    for span in Fresh.spans(20) { queue.take(span) }
                    // One export is on its way, and no other begins beside it.
                    #expect(queue.count == Self.queueMax)
                    #expect(receiver.attempts(.traces).count == 1 && receiver.spans.isEmpty)
                    receiver.answerHeld()
                    #expect(await queue.flush(within: OTLPReceiver.patience))
                    #expect(queue.count == 0)
                }
                let sent = Self.batchMax + Self.queueMax
                let dropped = 20 - Self.queueMax
                #expect(await exporters.counts(.processedSpans) == ["": sent, "queue_full": dropped])
                #expect(await exporters.counts(.exportedSpans) == ["": sent])
                #expect(receiver.spans.count == sent && receiver.attempts(.traces).count == 3)
                #expect(receiver.violations == [])
            }
        }
    }

    @Test func `without a collector a queue stays small, and everything is counted`() async throws {
        let count = 5000
        let settings = OTLPSettings.loopback(ClosedPort.number, timeout: .milliseconds(300))
        try await WiredExporters.with(settings) { exporters in
            try await Self.withQueue(exporters) { queue in
                var largest = 0
                for span in Fresh.spans(count) {
                    queue.take(span)
                    largest = max(largest, queue.count)
                }
                #expect(largest <= Self.queueMax)
                #expect(await queue.flush(within: OTLPReceiver.patience) == false)
            }
            let processed = await exporters.counts(.processedSpans)
            #expect(processed.values.reduce(0, +) == count && processed["queue_full", default: 0] > 0)
            // Each is counted as lost once: by the queue, or by the exporter that it was handed to.
            let exported = await exporters.counts(.exportedSpans)
            #expect(exported[""] == nil && exported.values.reduce(0, +) == processed[""])
        }
    }

    @Test func `a collector that comes back gets what is told from then on, and what was kept`() async throws {
        try await withReservedPort { port in
            try await WiredExporters.with(.loopback(port)) { exporters in
                try await Self.withQueue(exporters) { queue in
                    let kept = Fresh.spans(Self.queueMax)
                    for span in kept { queue.take(span) }
                    try await eventually("it has failed once") { exporters.pauses.all.isEmpty ? nil : true }
                    try await withOTLPReceiver(port: port) { receiver in
                        try await receiver.spans(kept.count)
                        let later = Fresh.spans(3)
                        for span in later { queue.take(span) }
                        #expect(await queue.flush(within: OTLPReceiver.patience))
                        let wanted = (kept + later).map { $0.context.spanID.description }
                        #expect(Set(receiver.spans.map(\.spanID)) == Set(wanted))
                        #expect(receiver.violations == [])
                    }
                }
                #expect(await exporters.counts(.processedSpans) == ["": Self.queueMax + 3])
            }
        }
    }

    @Test func `what waits at the end is sent before the end`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                // Fewer than a batch: nothing else than the end would send them.
                try await Self.withQueue(exporters) { queue in
                    for span in Fresh.spans(Self.batchMax - 1) { queue.take(span) }
                }
                #expect(receiver.spans.count == Self.batchMax - 1)
                #expect(receiver.violations == [])
            }
        }
    }

    @Test func `metrics are collected once more at the end`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                let submitted: Counter<Int> = exporters.registry.counter(.jobSubmitted)
                let reader = PeriodicMetricReader(
                    registry: exporters.registry, exporter: exporters.metrics, interval: .seconds(3600),
                    timeout: .seconds(60), temporality: .cumulative)
                submitted.add(2, [.queue: "invoices"])
                // Cancelled at once: what it does at its end is all that it does.
                let run = Task { await reader.run() }
                run.cancel()
                await run.value
                let points = receiver.points.filter { $0.name == Instrument.jobSubmitted.name }
                #expect(points.map(\.number) == [2])
                #expect(receiver.violations == [])
            }
        }
    }

    @Test func `nothing is sent twice where nothing goes wrong`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings(compression: .gzip)) { exporters in
                let spans = Fresh.spans(1000)
                try await Self.withQueue(exporters, queueMax: 1000) { queue in
                    for span in spans { queue.take(span) }
                    #expect(await queue.flush(within: OTLPReceiver.patience))
                }
                #expect(receiver.spans.map(\.spanID) == spans.map { $0.context.spanID.description })
                #expect(receiver.attempts(.traces).count == 250 && receiver.wire.connections == 1)
                #expect(receiver.violations == [])
            }
        }
    }
}
