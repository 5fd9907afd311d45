@testable import CasareTelemetry
import Logging
import ServiceLifecycle
import Testing

/// What is taken is sent or counted, and nobody waits for it.
@Suite(.timeLimit(.minutes(5)))
struct BatchProcessorTests {
    private let registry = MetricRegistry(logger: Logger(label: "test"))

    private func processor(
        _ exporter: TestExporter, delay: Duration = .seconds(3600), exportTimeout: Duration? = .seconds(3600),
        queueMax: Int = 8, batchMax: Int = 4
    ) -> BatchProcessor<Int> {
        BatchProcessor(
            settings: BatchSettings(
                delay: delay, exportTimeout: exportTimeout, queueMax: queueMax, batchMax: batchMax),
            exporter: exporter, meter: .spans(self.registry))
    }

    /// Runs the processor while `body` runs, and until it has come to its end.
    private func running(_ processor: BatchProcessor<Int>, _ body: () async throws -> Void) async rethrows {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await processor.run() }
            defer { processor.finish() }
            try await body()
        }
    }

    /// How many were processed, by the type of error; those without one, which were handed over, under "sent".
    private func processed() async throws -> [String: Int] {
        let snapshot = await self.registry.snapshot()
        let metric = try #require(snapshot["otel.sdk.processor.span.processed"])
        guard case .numbers(let points) = metric.points else { return [:] }
        var counts: [String: Int] = [:]
        for point in points {
            #expect(point.attributes[.componentType] == "batching_span_processor")
            #expect(point.attributes[.componentName] == "batching_span_processor/0")
            if case .int(let count) = point.value, count > 0 {
                counts[point.attributes[.errorType]?.description ?? "sent"] = count
            }
        }
        return counts
    }

    // MARK: - Exports

    @Test func `a full batch is exported, and a flush exports the rest`() async throws {
        let exporter = TestExporter()
        let processor = self.processor(exporter)
        processor.take(1)
        await self.running(processor) {
            var batches = exporter.batches.makeAsyncIterator()
            for item in 2...5 { processor.take(item) }
            let full = await batches.next()
            #expect(full == [1, 2, 3, 4])
            let isSent = await processor.flush(within: .seconds(3600))
            #expect(isSent)
            let rest = await batches.next()
            #expect(rest == [5])
            let isEmpty = await processor.flush(within: .zero)
            #expect(isEmpty, "There is nothing to wait for")
        }
        #expect(try await self.processed() == ["sent": 5])
        #expect(exporter.shutDowns == 1)
    }

    @Test func `what is no full batch goes when the delay is over`() async throws {
        let exporter = TestExporter()
        let processor = self.processor(exporter, delay: .milliseconds(1))
        await self.running(processor) {
            var batches = exporter.batches.makeAsyncIterator()
            for item in 1...3 {
                processor.take(item)
                let batch = await batches.next()
                #expect(batch == [item])
            }
        }
    }

    @Test func `many take at once: one export at a time, and each item is sent or counted as dropped`() async throws {
        let exporter = TestExporter { batch in
            await Task.yield()
            return ExportOutcome(exported: batch.count)
        }
        let processor = self.processor(exporter, delay: .zero, queueMax: 64, batchMax: 16)
        await self.running(processor) {
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask { for item in 0..<1000 { processor.take(task * 1000 + item) } }
                }
            }
        }
        var sent: [Int] = []
        for await batch in exporter.batches {
            #expect((1...16).contains(batch.count))
            sent += batch
        }
        let counts = try await self.processed()
        #expect(exporter.atOnceMax == 1 && Set(sent).count == sent.count)
        #expect(counts["sent"] == sent.count && sent.count + (counts["queue_full"] ?? 0) == 8000)
        // Each task's items go in their order.
        for task in 0..<8 {
            let own = sent.filter { $0 / 1000 == task }
            #expect(own == own.sorted())
        }
    }

    @Test func `what there is no room for is dropped and counted, and nothing else`() async throws {
        let exporter = TestExporter()
        let processor = self.processor(exporter)
        for item in 1...11 { processor.take(item) }
        #expect(processor.count == 8)
        #expect(try await self.processed() == ["queue_full": 3])
        processor.finish()
        processor.take(12)
        await processor.run()
        #expect(try await self.processed() == ["queue_full": 3, "sent": 8, "already_shutdown": 1])
    }

    @Test func `what is not made for want of room is counted as if it had come`() async throws {
        let processor = self.processor(TestExporter())
        for item in 1...7 { processor.take(item) }
        #expect(processor.dropsNext() == false)
        processor.take(8)
        #expect(processor.dropsNext() == true)
        #expect(processor.shedsNext() == false, "Nobody has tried to export it")
        #expect(try await self.processed() == ["queue_full": 1])
        processor.finish()
        #expect(processor.dropsNext() == true)
        await processor.run()
        #expect(try await self.processed() == ["queue_full": 1, "sent": 8, "already_shutdown": 1])
    }

    @Test func `while nothing gets through and nothing more can wait, what begins is shed and counted`() async throws {
        let gate = AsyncStream.makeStream(of: Void.self)
        let exporter = TestExporter { batch in
            if batch.first != 1 { for await _ in gate.stream {} }
            return ExportOutcome(exported: 0, failed: ["UNAVAILABLE": batch.count])
        }
        let processor = self.processor(exporter)
        await self.running(processor) {
            var batches = exporter.batches.makeAsyncIterator()
            for item in 1...4 { processor.take(item) }
            _ = await batches.next()
            _ = await processor.flush(within: .seconds(3600))
            for item in 5...8 { processor.take(item) }
            _ = await batches.next()
            for item in 9...15 { processor.take(item) }
            #expect(processor.shedsNext() == false, "There is room")
            processor.take(16)
            #expect(processor.shedsNext() == true)
            gate.continuation.finish()
        }
        #expect(try await self.processed() == ["queue_full": 1, "sent": 16])
    }

    @Test func `what an exporter could not send has been processed all the same, and a flush says so`() async throws {
        let exporter = TestExporter { ExportOutcome(exported: $0.count - 1, failed: ["UNAVAILABLE": 1]) }
        let processor = self.processor(exporter)
        await self.running(processor) {
            for item in 1...3 { processor.take(item) }
            let isSent = await processor.flush(within: .seconds(3600))
            #expect(!isSent)
        }
        #expect(try await self.processed() == ["sent": 3])
    }

    @Test func `an export that takes too long is cancelled, and what it held is lost`() async throws {
        let exporter = TestExporter { _ in
            await BatchBell().wait(until: nil)
            return ExportOutcome(exported: 1, failed: ["cancelled": 2])
        }
        let processor = self.processor(exporter, exportTimeout: .milliseconds(1))
        await self.running(processor) {
            for item in 1...3 { processor.take(item) }
            let isSent = await processor.flush(within: .seconds(3600))
            #expect(!isSent)
        }
        #expect(try await self.processed() == ["sent": 3])
    }

    // MARK: - Flushes and ends

    @Test func `a flush waits no longer than it is told to, and the export goes on`() async throws {
        let released = BatchBell()
        let exporter = TestExporter { batch in
            await released.wait(until: nil)
            return ExportOutcome(exported: batch.count)
        }
        let processor = self.processor(exporter)
        await self.running(processor) {
            processor.take(1)
            let isSent = await processor.flush(within: .milliseconds(1))
            #expect(!isSent)
            var batches = exporter.batches.makeAsyncIterator()
            let second = Task { await processor.flush(within: .seconds(3600)) }
            // The first flush may have ended before the export began.
            let batch = await batches.next()
            #expect(batch == [1])
            released.ring()
            let isSentNow = await second.value
            #expect(isSentNow)
        }
        #expect(try await self.processed() == ["sent": 1])
    }

    @Test func `whoever is cancelled does not wait for a flush`() async {
        let processor = self.processor(TestExporter())
        processor.take(1)
        let flush = Task { await processor.flush(within: .seconds(3600)) }
        flush.cancel()
        let isSent = await flush.value
        #expect(!isSent && processor.count == 1)
    }

    @Test func `cancelled, it sends what is there in a task that is not`() async throws {
        let (cancellations, seen) = AsyncStream.makeStream(of: Bool.self)
        let exporter = TestExporter { batch in
            seen.yield(Task.isCancelled)
            return ExportOutcome(exported: batch.count)
        }
        let processor = self.processor(exporter)
        for item in 1...6 { processor.take(item) }
        let run = Task { await processor.run() }
        run.cancel()
        await run.value
        seen.finish()
        let wasCancelled = await cancellations.reduce(into: [Bool]()) { $0.append($1) }
        #expect(wasCancelled == [false, false])
        #expect(try await self.processed() == ["sent": 6])
        #expect(exporter.shutDowns == 1)
    }

    @Test func `a graceful shutdown ends it too`() async throws {
        struct Processing: Service {
            let processor: BatchProcessor<Int>

            func run() async throws { await self.processor.run() }
        }
        let exporter = TestExporter()
        let processor = self.processor(exporter)
        let group = ServiceGroup(services: [Processing(processor: processor)], logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        var batches = exporter.batches.makeAsyncIterator()
        for item in 1...5 { processor.take(item) }
        let full = await batches.next()
        #expect(full == [1, 2, 3, 4])
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(try await self.processed() == ["sent": 5])
        #expect(exporter.shutDowns == 1)
    }

    @Test func `at its end it takes no longer than it is told to`() async throws {
        let exporter = TestExporter { _ in
            await BatchBell().wait(until: nil)
            return ExportOutcome(exported: 0, failed: ["cancelled": 4])
        }
        let processor = self.processor(exporter, exportTimeout: nil)
        for item in 1...7 { processor.take(item) }
        await self.running(processor) {
            var batches = exporter.batches.makeAsyncIterator()
            let batch = await batches.next()
            #expect(batch == [1, 2, 3, 4])
            processor.finish(within: .zero)
        }
        #expect(try await self.processed() == ["sent": 4, "timeout": 3])
        #expect(exporter.shutDowns == 1)
    }

    // MARK: - Counts

    @Test func `the queue's size and capacity are told, as long as there is one`() async throws {
        let numbers = { (name: String) async -> [MetricValue] in
            let snapshot = await self.registry.snapshot()
            guard case .numbers(let points)? = snapshot[name]?.points else { return [] }
            return points.map(\.value)
        }
        do {
            let processor = self.processor(TestExporter())
            for item in 1...3 { processor.take(item) }
            #expect(await numbers("otel.sdk.processor.span.queue.size") == [.int(3)])
            #expect(await numbers("otel.sdk.processor.span.queue.capacity") == [.int(8)])
            processor.take(4)
            #expect(await numbers("otel.sdk.processor.span.queue.size") == [.int(4)])
            #expect(processor.count == 4)
        }
        #expect(await numbers("otel.sdk.processor.span.queue.size") == [])
    }

    @Test func `what may happen stands at 0 before it does`() async throws {
        _ = ProcessorMeter.logs(self.registry)
        let snapshot = await self.registry.snapshot()
        guard case .numbers(let points) = try #require(snapshot["otel.sdk.processor.log.processed"]).points else {
            return
        }
        #expect(points.map { $0.attributes[.errorType]?.description } == ["already_shutdown", "queue_full", nil])
        #expect(points.allSatisfy { $0.value == .int(0) })
        #expect(points.allSatisfy { $0.attributes[.componentName] == "batching_log_processor/0" })
    }
}
