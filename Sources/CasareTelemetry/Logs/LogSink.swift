import Synchronization

/// Hands what is logged on to whoever sends it. Loggers are made with it before that is there: until then, what they log
/// is on standard error alone.
package final class LogSink: Sendable {
    private struct Receiver: Sendable {
        let limits: AttributeLimits
        let takesEvents: Bool
        let dropsNext: @Sendable () -> Bool
        let receive: @Sendable (TelemetryLogRecord) -> Void
    }

    private let receivers = Mutex<[Receiver]>([])

    package init() {}

    /// Whether there is anybody to tell of what has failed.
    package var isHeard: Bool { self.receivers.withLock { $0.contains(where: \.takesEvents) } }

    /// From now on all that is logged goes there, too. Call it at the start, once for each who is to have it.
    ///
    /// - Parameters:
    ///   - takesEvents: whether it is to have what has failed, beside the lines that people read.
    ///   - dropsNext: whether a record that came now would be dropped, and is counted so: then none is made.
    ///   - receive: must not wait, and not log to a logger of this sink: it is called where something is logged.
    package func connect(
        limits: AttributeLimits = .standard, takesEvents: Bool = true,
        dropsNext: @escaping @Sendable () -> Bool = { false },
        _ receive: @escaping @Sendable (TelemetryLogRecord) -> Void
    ) {
        let receiver = Receiver(limits: limits, takesEvents: takesEvents, dropsNext: dropsNext, receive: receive)
        self.receivers.withLock { $0.append(receiver) }
    }

    /// Sends what has failed, beside the line that people read of it.
    package func send(_ exception: ExceptionRecord) {
        self.send(isEvent: true, making: { exception.record(at: .now, within: $0) })
    }

    /// Sends what keeps within the limits already, such as what a tracer makes of errors.
    package func send(_ record: TelemetryLogRecord) {
        self.send(isEvent: record.eventName != nil, making: { _ in record })
    }

    /// - Parameter make: not called where nobody listens, or nobody has room.
    func send(isEvent: Bool = false, making make: (AttributeLimits) -> TelemetryLogRecord) {
        for receiver in self.receivers.withLock({ $0 }) {
            if isEvent && !receiver.takesEvents || receiver.dropsNext() { continue }
            receiver.receive(make(receiver.limits))
        }
    }
}
