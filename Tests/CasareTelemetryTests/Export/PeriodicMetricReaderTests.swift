import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import CasareTelemetry

/// When metrics are collected, and that nothing waits for a collector without end.
@Suite(.timeLimit(.minutes(1))) struct PeriodicMetricReaderTests {
    private static let interval = Duration.seconds(60)
    private static let timeout = Duration.seconds(30)
    private static let patience = Duration.seconds(5)

    private static func reader(
        _ registry: MetricRegistry, _ exporter: HeldExporter, _ pauses: Pauses,
        _ temporality: TelemetrySettings.Temporality = .cumulative
    ) -> PeriodicMetricReader {
        PeriodicMetricReader(
            registry: registry, exporter: exporter, interval: self.interval, timeout: self.timeout,
            temporality: temporality, sleep: pauses.sleep)
    }

    private static func values(_ snapshot: MetricSnapshot?) throws -> [MetricValue] {
        try RegistryTests.numbers("test.jobs", try #require(snapshot)).map(\.value)
    }

    @Test func `each pause is followed by a collection, and the end by one more`() async throws {
        let registry = RegistryTests.registry()
        let jobs: Counter<Int> = registry.counter(RegistryTests.jobs)
        let (exporter, pauses) = (HeldExporter(), Pauses())
        let reader = Self.reader(registry, exporter, pauses)
        let running = Task { await reader.run() }
        var sent = exporter.sent.makeAsyncIterator()
        jobs.add(1)
        pauses.end(Self.interval)
        let first = try Self.values(await sent.next())
        #expect(first == [.int(1)])
        jobs.add(1)
        pauses.end(Self.interval)
        let second = try Self.values(await sent.next())
        #expect(second == [.int(2)])
        #expect(!exporter.isShutDown)
        jobs.add(5)
        running.cancel()
        await running.value
        let last = try Self.values(await sent.next())
        #expect(last == [.int(7)])
        #expect(exporter.isShutDown)
        // There is nothing to collect for any more.
        await reader.flush(within: Self.patience)
        #expect(exporter.exports == 3)
    }

    @Test func `a graceful shutdown ends it too`() async throws {
        let registry = RegistryTests.registry()
        let jobs: Counter<Int> = registry.counter(RegistryTests.jobs)
        let (exporter, pauses) = (HeldExporter(), Pauses())
        let service = ReadingService(reader: Self.reader(registry, exporter, pauses))
        let group = ServiceGroup(services: [service], logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        var sent = exporter.sent.makeAsyncIterator()
        jobs.add(1)
        pauses.end(Self.interval)
        let before = try Self.values(await sent.next())
        #expect(before == [.int(1)])
        jobs.add(1)
        await group.triggerGracefulShutdown()
        try await running.value
        let last = try Self.values(await sent.next())
        #expect(last == [.int(2)])
        #expect(exporter.isShutDown && exporter.exports == 2)
    }

    @Test func `a flush collects at once, and what has no metrics is not sent`() async throws {
        let registry = RegistryTests.registry()
        let (exporter, pauses) = (HeldExporter(), Pauses())
        let reader = Self.reader(registry, exporter, pauses)
        await reader.flush(within: Self.patience)
        #expect(exporter.exports == 0)
        let jobs: Counter<Int> = registry.counter(RegistryTests.jobs)
        jobs.add(3)
        await reader.flush(within: Self.patience)
        var sent = exporter.sent.makeAsyncIterator()
        let told = try Self.values(await sent.next())
        #expect(told == [.int(3)])
    }

    @Test func `deltas are told once, from one collection to the next`() async throws {
        let registry = RegistryTests.registry()
        let jobs: Counter<Int> = registry.counter(RegistryTests.jobs)
        let (exporter, pauses) = (HeldExporter(), Pauses())
        let reader = Self.reader(registry, exporter, pauses, .delta)
        var sent = exporter.sent.makeAsyncIterator()
        for change in [3, 4] {
            jobs.add(change)
            await reader.flush(within: Self.patience)
            let snapshot = await sent.next()
            let told = try Self.values(snapshot)
            #expect(told == [.int(change)])
            #expect(snapshot?.metrics.map(\.temporality) == [.delta])
        }
        await reader.flush(within: Self.patience)
        #expect(exporter.exports == 2)
    }

    @Test func `histograms are sent in the registry's form`() async throws {
        let registry = MetricRegistry(logger: Logger(label: "test"), histograms: .exponential)
        registry.histogram(HistogramTests.spread).record(1.5)
        let (exporter, pauses) = (HeldExporter(), Pauses())
        await Self.reader(registry, exporter, pauses).flush(within: Self.patience)
        var sent = exporter.sent.makeAsyncIterator()
        let next = await sent.next()
        let snapshot = try #require(next)
        guard case .exponentialHistograms(let points)? = snapshot["test.spread"]?.points else {
            Issue.record("\(snapshot.metrics)")
            return
        }
        #expect(points.map(\.count) == [1])
    }

    // MARK: - Limits

    @Test func `an export that takes too long is given up, and the next one is made`() async throws {
        let registry = RegistryTests.registry()
        let jobs: Counter<Int> = registry.counter(RegistryTests.jobs)
        let (exporter, pauses) = (HeldExporter(isHeld: true), Pauses())
        let reader = Self.reader(registry, exporter, pauses)
        let running = Task { await reader.run() }
        var sent = exporter.sent.makeAsyncIterator()
        for round in 1...2 {
            jobs.add(1)
            pauses.end(Self.interval)
            let told = try Self.values(await sent.next())
            #expect(told == [.int(round)])
            pauses.end(Self.timeout)
        }
        exporter.release()
        running.cancel()
        await running.value
        let last = try Self.values(await sent.next())
        #expect(last == [.int(2)])
        #expect(exporter.exports == 3 && exporter.mostAtOnce == 1)
    }

    @Test func `a flush whose time is up waits for nothing, also not for the collection before it`() async throws {
        let registry = RegistryTests.registry()
        let jobs: Counter<Int> = registry.counter(RegistryTests.jobs)
        let (exporter, pauses) = (HeldExporter(isHeld: true), Pauses())
        let reader = Self.reader(registry, exporter, pauses)
        jobs.add(1)
        // It hangs in the exporter, and may for a long time.
        let first = Task { await reader.flush(within: Self.interval) }
        var sent = exporter.sent.makeAsyncIterator()
        _ = await sent.next()
        pauses.end(Self.patience)
        await reader.flush(within: Self.patience)
        await first.value
        #expect(exporter.exports == 1 && exporter.mostAtOnce == 1)
    }
}

private struct ReadingService: Service {
    let reader: PeriodicMetricReader

    func run() async throws { await self.reader.run() }
}

/// Pauses that end when a test says so, by their length, or when they are cancelled.
private final class Pauses: Sendable {
    private struct State {
        /// That nobody has waited for yet.
        var ends: [Duration: Int] = [:]
        var waiting: [Duration: [Int: AsyncStream<Void>.Continuation]] = [:]
        var begun = 0
    }

    private let state = Mutex(State())

    /// Ends the pause of that length which is under way, or else the next one.
    func end(_ length: Duration) {
        let waiter = self.state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard let oldest = state.waiting[length]?.keys.min() else {
                state.ends[length, default: 0] += 1
                return nil
            }
            return state.waiting[length]?.removeValue(forKey: oldest)
        }
        waiter?.yield()
    }

    @Sendable func sleep(_ length: Duration) async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let number = self.state.withLock { state -> Int in
            state.begun += 1
            if let ends = state.ends[length], ends > 0 {
                state.ends[length] = ends - 1
                continuation.yield()
            } else {
                state.waiting[length, default: [:]][state.begun] = continuation
            }
            return state.begun
        }
        defer {
            self.state.withLock { $0.waiting[length]?[number] = nil }
            continuation.finish()
        }
        for await _ in stream { return }
        throw CancellationError()
    }
}

/// Keeps what it is to send. While it is held, an export lasts until it is cancelled.
private final class HeldExporter: TelemetryExporter {
    typealias Item = MetricSnapshot

    private struct State {
        var isHeld: Bool
        var exports = 0
        var atOnce = 0
        var mostAtOnce = 0
        var isShutDown = false
    }

    let sent: AsyncStream<MetricSnapshot>
    private let taken: AsyncStream<MetricSnapshot>.Continuation
    private let state: Mutex<State>

    init(isHeld: Bool = false) {
        (self.sent, self.taken) = AsyncStream<MetricSnapshot>.makeStream()
        self.state = Mutex(State(isHeld: isHeld))
    }

    var exports: Int { self.state.withLock { $0.exports } }
    var mostAtOnce: Int { self.state.withLock { $0.mostAtOnce } }
    var isShutDown: Bool { self.state.withLock { $0.isShutDown } }

    func release() { self.state.withLock { $0.isHeld = false } }

    func export(_ items: [MetricSnapshot]) async -> ExportOutcome {
        let isHeld = self.state.withLock { state -> Bool in
            state.exports += 1
            state.atOnce += 1
            state.mostAtOnce = max(state.mostAtOnce, state.atOnce)
            return state.isHeld
        }
        defer { self.state.withLock { $0.atOnce -= 1 } }
        for item in items { self.taken.yield(item) }
        guard isHeld else { return ExportOutcome(exported: items.count) }
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        for await _ in stream {}
        continuation.finish()
        return ExportOutcome(exported: 0, failed: ["cancelled": items.count])
    }

    func shutDown() async { self.state.withLock { $0.isShutDown = true } }
}
