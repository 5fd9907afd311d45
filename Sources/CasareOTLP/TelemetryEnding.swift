import Synchronization

/// How long a process waits at its end for telemetry that is still to be sent.
final class TelemetryEnding: Sendable {
    /// Long enough for a collector that is there.
    static let max = Duration.seconds(5)
    /// After a flush that took all its time in vain.
    static let maxAfterVain = Duration.zero

    private let limit = Mutex(TelemetryEnding.max)
    private let begun = AsyncStream.makeStream(of: Void.self)

    /// - Parameter isSent: whether everything was.
    func flushed(_ isSent: Bool) { self.limit.withLock { $0 = isSent ? Self.max : Self.maxAfterVain } }

    /// The end has come; asked again, it has come already.
    ///
    /// - Returns: how long there is to send what is there.
    func begin() -> Duration {
        self.begun.continuation.finish()
        return self.limit.withLock { $0 }
    }

    /// Returns when the end has come and its time is up, or when the task is cancelled.
    func wait() async {
        for await _ in self.begun.stream {}
        // Cancelled: everything is sent.
        try? await Task.sleep(for: self.limit.withLock { $0 })
    }
}
