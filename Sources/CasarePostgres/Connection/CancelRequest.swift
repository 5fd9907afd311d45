import CLibpq

/// Asks the server to stop the statement that a connection is running.
///
/// libpq 15's `PQcancel` opens a connection of its own and blocks until the server has taken the request and closed it,
/// so it runs on a thread for itself. The server has signalled the session by then: once `wait` has said true, the
/// request can no longer hit a later statement.
final class CancelRequest: Sendable {
    /// How long the server may take to accept it before the connection is given up.
    static let answerMax: Duration = .seconds(5)

    let requestedAt = ContinuousClock.now
    private let hasEnded = Condition(false)

    /// Called on the connection's own thread.
    init(stopping link: OpaquePointer) {
        // Safe: "PQgetCancel creates a data structure"; PQcancel uses it from another thread by design (manual §34.7).
        nonisolated(unsafe) let request = PQgetCancel(link)
        let hasEnded = self.hasEnded
        startThread(named: "pg-cancel") {
            // Its outcome is not needed: either the statement ends, or the connection is given up.
            var message: [CChar] = Array(repeating: 0, count: 256)
            _ = PQcancel(request, &message, Int32(message.count))
            PQfreeCancel(request)
            hasEnded.update { $0 = true }
        }
    }

    /// Blocks until the request has been dealt with; false when that takes longer than `answerMax`.
    func wait() -> Bool {
        self.hasEnded.wait(atMost: Self.answerMax) { $0 ? true : nil } ?? false
    }
}
