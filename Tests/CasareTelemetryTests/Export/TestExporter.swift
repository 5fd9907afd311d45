@testable import CasareTelemetry
import Synchronization

/// Answers as it is told.
final class TestExporter: TelemetryExporter {
    private struct Counts {
        var now = 0
        var most = 0
        var shutDowns = 0
    }

    /// What it was given, batch by batch, each as soon as its export begins.
    let batches: AsyncStream<[Int]>
    private let begun: AsyncStream<[Int]>.Continuation
    private let answer: @Sendable ([Int]) async -> ExportOutcome
    private let counts = Mutex(Counts())

    init(
        _ answer: @escaping @Sendable ([Int]) async -> ExportOutcome = { ExportOutcome(exported: $0.count) }
    ) {
        self.answer = answer
        (self.batches, self.begun) = AsyncStream.makeStream(of: [Int].self)
    }

    /// Exports at the same time, at the most.
    var atOnceMax: Int { self.counts.withLock(\.most) }
    var shutDowns: Int { self.counts.withLock(\.shutDowns) }

    func export(_ items: [Int]) async -> ExportOutcome {
        self.counts.withLock { counts in
            counts.now += 1
            counts.most = max(counts.most, counts.now)
        }
        defer { self.counts.withLock { $0.now -= 1 } }
        self.begun.yield(items)
        return await self.answer(items)
    }

    /// Ends `batches` too.
    func shutDown() async {
        self.counts.withLock { $0.shutDowns += 1 }
        self.begun.finish()
    }
}
