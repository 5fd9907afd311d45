import CasareDomain
import CasareEngine
import FoundationEssentials
import Logging
import Synchronization

/// Sends what a run writes while it runs, for who follows it.
///
/// The run never waits for it, and its end waits for no longer than `endMax`; what could not be sent by then is in the
/// job's result all the same.
final class LogShipper: Sendable {
    /// From a line to when it is sent, with those that came meanwhile.
    private static let interval = Duration.milliseconds(500)
    /// What the last lines may take at the end of the run.
    static let endMax = Duration.seconds(1)
    /// Before what could not be sent at the end is sent again.
    private static let pauseAtEnd = Duration.milliseconds(100)

    private let broker: any Broker
    private let lease: Lease
    private let logger: Logger
    private let endMax: Duration
    private let buffer = Mutex(LogBuffer())
    /// Something waits to be sent. One word of it is enough, however many lines there are.
    private let words: AsyncStream<Void>
    private let word: AsyncStream<Void>.Continuation

    /// - Parameter logger: With the job in its metadata.
    init(_ broker: any Broker, _ lease: Lease, _ logger: Logger, endMax: Duration = LogShipper.endMax) {
        self.endMax = endMax
        self.broker = broker
        self.lease = lease
        self.logger = logger
        (self.words, self.word) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func happened(_ event: RunEvent) {
        switch event {
        case .log(let level, let node, let message): self.wrote(Job.LogLine.Level(level), node, message)
        case .warning(let node, let message): self.wrote(.warning, node, message)
        case .stepStarted, .stepFinished: break
        }
    }

    private func wrote(_ level: Job.LogLine.Level, _ node: String, _ message: String) {
        let now = Date()
        self.buffer.withLock { $0.wrote(level, node: node, message, at: now) }
        self.word.yield()
    }

    /// Runs `run`, sending meanwhile what it writes, and the rest of it then.
    func sending<Result: Sendable>(_ run: () async throws -> Result) async throws -> Result {
        let result: Result
        do {
            result = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.sendNowAndThen() }
                defer { group.cancelAll() }
                return try await run()
            }
        } catch {
            await self.sendRest()
            throw error
        }
        await self.sendRest()
        return result
    }

    /// Until the task is cancelled.
    private func sendNowAndThen() async {
        for await _ in self.words {
            // Cancelled: the rest is sent by who cancelled.
            guard (try? await Task.sleep(for: Self.interval)) != nil else { return }
            _ = await self.send()
            if self.buffer.withLock({ $0.unsent > 0 }) { self.word.yield() }
        }
    }

    /// As much as can be sent within `endMax`; nothing when the run must not be touched any more.
    private func sendRest() async {
        guard !Task.isCancelled, self.buffer.withLock({ $0.unsent > 0 }) else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled, self.buffer.withLock({ $0.unsent > 0 }) {
                    // Cancelled when the time is up: the loop ends.
                    if await !self.send() { try? await Task.sleep(for: Self.pauseAtEnd) }
                }
            }
            group.addTask { try? await Task.sleep(for: self.endMax) }  // Cancelled when all is sent.
            await group.next()
            group.cancelAll()
        }
        let unsent = self.buffer.withLock(\.unsent)
        if unsent > 0, !Task.isCancelled {
            self.logger.warning("Lines of the job's log were not sent", metadata: ["count": "\(unsent)"])
        }
    }

    /// - Returns: whether it is of use to go on at once.
    private func send() async -> Bool {
        let report = self.buffer.withLock(\.report)
        guard !report.isEmpty else { return true }
        do throws(BrokerError) {
            let lines = try await self.broker.log(report, under: self.lease)
            let now = Date()
            self.buffer.withLock { $0.kept(report, lines: lines, at: now) }
            return true
        } catch {
            switch error {
            // It is sent again: what was kept of it is not kept twice.
            case .unavailable: return false
            // The run itself hears of it.
            case .leaseLost, .sessionEnded, .askedToEnd: break
            // As by an orchestrator that does not keep logs yet.
            case .refused(let reason): self.logger.debug("The job's log is not kept", metadata: ["error": "\(reason)"])
            }
            self.buffer.withLock { $0.refused() }
            return true
        }
    }
}

extension Job.LogLine.Level {
    init(_ level: PureContext.LogLevel) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        case .critical: self = .critical
        }
    }
}
