import ServiceLifecycle
import Synchronization

/// Keeps what a program tells of itself, and exports it in batches: one at a time, and nobody who tells waits for that.
///
/// What comes while the queue is full is dropped and counted. What an exporter could not send is lost and counted by the
/// exporter: nothing is sent twice by it.
package final class BatchProcessor<Item: Sendable>: Sendable {
    /// What the last exports may take together, when nobody says otherwise: others wait for the end of the process.
    package static var lastMax: Duration { .seconds(10) }

    private struct Shell {
        var state: BatchState<Item>
        /// Of those who wait for a flush, by its number.
        var bells: [Int: BatchBell] = [:]
        var hasBegun = false
    }

    private let exporter: any TelemetryExporter<Item>
    private let meter: ProcessorMeter
    private let shell: Mutex<Shell>
    /// Wakes whoever exports: from a pause, or to look whether an export has to end earlier.
    private let bell = BatchBell()

    /// - Precondition: in the settings there is room for an item.
    package init(settings: BatchSettings, exporter: any TelemetryExporter<Item>, meter: ProcessorMeter) {
        self.exporter = exporter
        self.meter = meter
        self.shell = Mutex(Shell(state: BatchState(settings)))
        meter.watch(capacity: settings.queueMax) { [weak self] in self?.count }
    }

    /// How many items wait; those that are being exported do not.
    package var count: Int { self.shell.withLock { $0.state.count } }

    /// Keeps an item, or drops and counts it. It never waits, and may be called before `run`.
    package func take(_ item: Item) {
        switch self.shell.withLock({ $0.state.came(item) }) {
        case .kept: break
        case .keptAndCalls: self.bell.ring()
        case .dropped(let drop): self.meter.dropped(drop)
        }
    }

    /// Drops and counts an item that nobody has made yet, where it would be dropped anyway: so it costs nothing to make.
    ///
    /// - Returns: `false`: make it, and hand it over.
    package func dropsNext() -> Bool {
        guard let drop = self.shell.withLock({ $0.state.refusal }) else { return false }
        self.meter.dropped(drop)
        return true
    }

    /// The same for an item that would come in a moment, and only while nothing gets through: somebody who begins
    /// something short need not record it.
    package func shedsNext() -> Bool {
        guard self.shell.withLock({ $0.state.isStuck(at: .now) }) else { return false }
        self.meter.dropped(.queueFull)
        return true
    }

    /// Exports all that is there now.
    ///
    /// - Returns: whether all of it was sent within the time. `false` also in a cancelled task, where nobody waits for
    ///   it.
    package func flush(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        let done = BatchBell()
        let number = self.shell.withLock { shell -> Int? in
            let number = shell.state.flushAsked()
            if let number { shell.bells[number] = done }
            return number
        }
        guard let number else { return true }
        self.bell.ring()
        await done.wait(until: deadline)
        return self.shell.withLock { shell in
            shell.bells[number] = nil
            return shell.state.flushEnded(number)
        }
    }

    /// Takes nothing any more, and lets `run` end when all that is there is exported, or when the time is up.
    package func finish(within limit: Duration = BatchProcessor<Item>.lastMax) {
        self.shell.withLock { $0.state.finish(at: .now, within: limit) }
        self.bell.ring()
    }

    /// Exports until `finish`, a graceful shutdown or the cancellation of its task; then what is there, and shuts the
    /// exporter down.
    ///
    /// - Precondition: it is called once.
    package func run() async {
        let isFirst = self.shell.withLock { shell in
            defer { shell.hasBegun = true }
            return !shell.hasBegun
        }
        precondition(isFirst, "A processor runs once")
        await withTaskCancellationOrGracefulShutdownHandler {
            // Not the caller's own task: where that is cancelled, the last batches could not be sent. Awaited at once.
            await Task { await self.exportAll() }.value
        } onCancelOrGracefulShutdown: {
            self.finish()
        }
    }

    // MARK: - Exporting

    private func exportAll() async {
        while true {
            switch self.shell.withLock({ $0.state.next(at: .now) }) {
            case .export(let batch): await self.export(batch)
            case .wait(let until): await self.bell.wait(until: until)
            case .end(let lost):
                self.meter.left(lost)
                for bell in self.shell.withLock({ Array($0.bells.values) }) { bell.ring() }
                await self.exporter.shutDown()
                return
            }
        }
    }

    private func export(_ batch: [Item]) async {
        self.meter.handedOver(batch.count)
        let allSent = await withTaskGroup(of: ExportOutcome?.self) { group -> Bool in
            group.addTask { await self.exporter.export(batch) }
            group.addTask {
                await self.waitForEndOfExport()
                return nil
            }
            var isLate = false
            while let ended = await group.next() {
                group.cancelAll()
                // What one that was cancelled has not sent by then is lost, whatever it says why.
                if let outcome = ended { return isLate ? outcome.exported >= batch.count : outcome.failed.isEmpty }
                isLate = true
            }
            preconditionFailure("An export ended without an outcome")
        }
        let bells = self.shell.withLock { shell in
            shell.state.exportEnded(allSent: allSent).compactMap { shell.bells[$0] }
        }
        for bell in bells { bell.ring() }
    }

    /// Returns when the export has taken too long, or when its task is cancelled, because it has ended.
    private func waitForEndOfExport() async {
        while !Task.isCancelled {
            let end = self.shell.withLock { $0.state.exportEndsAt }
            if let end, end <= .now { return }
            // A call may be about items, or about an earlier end. What is missed of the first is seen in `next`.
            await self.bell.wait(until: end)
        }
    }
}
