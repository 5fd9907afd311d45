/// Decides while a statement runs whether it must stop. SQLite asks it every few thousand steps and while it waits for
/// another program's lock.
struct StatementStop {
    let startedAt = ContinuousClock.now
    let timeout: Duration
    let isCancelled: () -> Bool
    private(set) var reason: SQLiteError?

    init(timeout: Duration, isCancelled: @escaping () -> Bool) {
        self.timeout = timeout
        self.isCancelled = isCancelled
    }

    mutating func mustStop(at now: ContinuousClock.Instant = .now) -> Bool {
        if self.reason != nil { return true }
        if self.isCancelled() {
            self.reason = .cancelled
        } else if now - self.startedAt >= self.timeout {
            self.reason = .timedOut(after: self.timeout)
        }
        return self.reason != nil
    }
}
