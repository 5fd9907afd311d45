import ServiceLifecycle

/// Collects the metrics of a registry again and again, and hands them to an exporter: one collection at a time.
///
/// What cannot be sent is not kept. The next collection tells the same of what is cumulative, and of deltas it is lost.
package actor PeriodicMetricReader {
    /// For the last collection, when the process ends: others wait for it. It is what all telemetry has there, so that a
    /// callback which does not answer takes no more.
    package static let lastMax = Duration.seconds(5)

    private let registry: MetricRegistry
    private let exporter: any TelemetryExporter<MetricSnapshot>
    private let interval: Duration
    private let timeout: Duration?
    private let sleep: @Sendable (Duration) async throws -> Void
    private var deltas: DeltaState
    /// The collection that was begun last. It waits for the one before it.
    private var latest: Task<Void, Never>?
    private var hasEnded = false

    /// - Parameters:
    ///   - interval: between two collections.
    ///   - timeout: of one export; `nil`: no limit but the exporter's own.
    ///   - sleep: throws when its task is cancelled.
    package init(
        registry: MetricRegistry, exporter: any TelemetryExporter<MetricSnapshot>, interval: Duration,
        timeout: Duration?, temporality: TelemetrySettings.Temporality,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.registry = registry
        self.exporter = exporter
        self.interval = interval
        self.timeout = timeout
        self.sleep = sleep
        self.deltas = DeltaState(temporality)
    }

    /// Collects until its task is cancelled or a graceful shutdown begins; then once more, for `lastMax` at the most,
    /// and shuts the exporter down.
    package func run() async {
        while await self.pause() { await self.collect() }
        // Not in the caller's own task, which may be cancelled: nothing could be sent in it. It is awaited at once.
        await Task { await self.flush(within: Self.lastMax) }.value
        self.hasEnded = true
        await self.exporter.shutDown()
    }

    /// Collects now. What is not sent when the time is up is given up, also of collections that were begun before.
    /// After the end of `run` it does nothing.
    package func flush(within limit: Duration) async {
        guard !self.hasEnded else { return }
        await Self.limited(to: limit, self.sleep) { await self.collect() }
    }

    /// - Returns: whether to go on.
    private func pause() async -> Bool {
        let (sleep, interval) = (self.sleep, self.interval)
        let isOver = await cancelWhenGracefulShutdown { (try? await sleep(interval)) != nil }  // Cancelled: it is time.
        return isOver && !Task.isCancelled && !Task.isShuttingDownGracefully
    }

    // MARK: Collecting

    /// Waits its turn. In a cancelled task it ends soon.
    private func collect() async {
        let before = self.latest
        let current = Task {
            if let before {
                await withTaskCancellationHandler {
                    await before.value
                } onCancel: {
                    before.cancel()
                }
            }
            if !Task.isCancelled { await self.export() }
        }
        self.latest = current
        await withTaskCancellationHandler {
            await current.value
        } onCancel: {
            current.cancel()
        }
    }

    private func export() async {
        let collected = await self.registry.snapshot(histograms: self.registry.histograms)
        let snapshot = self.deltas.next(collected)
        guard !snapshot.metrics.isEmpty else { return }
        let exporter = self.exporter
        await Self.limited(to: self.timeout, self.sleep) { _ = await exporter.export([snapshot]) }
    }

    /// Cancels `body` when the time is up, and waits for its end.
    private static func limited(
        to limit: Duration?, _ sleep: @escaping @Sendable (Duration) async throws -> Void,
        _ body: @escaping @Sendable () async -> Void
    ) async {
        guard let limit else { return await body() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { try? await sleep(limit) }  // Cancelled: the other one has ended.
            _ = await group.next()
            group.cancelAll()
        }
    }
}
