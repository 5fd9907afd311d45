import Synchronization

/// Hands what is logged on to whoever sends it. Loggers are made with it before that is there: until then, what they log
/// is on standard error alone.
package final class LogSink: Sendable {
    private struct Receiver: Sendable {
        let limits: AttributeLimits
        let receive: @Sendable (TelemetryLogRecord) -> Void
    }

    private let receiver = Mutex<Receiver?>(nil)

    package init() {}

    /// From now on all that is logged goes there. Call it once, at the start.
    ///
    /// - Parameter receive: must not wait, and not log to a logger of this sink: it is called where something is logged.
    package func connect(
        limits: AttributeLimits = .standard, _ receive: @escaping @Sendable (TelemetryLogRecord) -> Void
    ) {
        self.receiver.withLock { $0 = Receiver(limits: limits, receive: receive) }
    }

    /// Sends what has failed, beside the line that people read of it.
    package func send(_ exception: ExceptionRecord) { self.send(making: { exception.record(at: .now, within: $0) }) }

    /// Sends what keeps within the limits already, such as what a tracer makes of errors.
    package func send(_ record: TelemetryLogRecord) { self.send(making: { _ in record }) }

    /// - Parameter make: not called where nobody listens.
    func send(making make: (AttributeLimits) -> TelemetryLogRecord) {
        guard let receiver = self.receiver.withLock({ $0 }) else { return }
        receiver.receive(make(receiver.limits))
    }
}
