package import FoundationEssentials

/// Time as requests see it: for their rate, circuit breakers, and the waits between attempts.
package struct WebTime: Sendable {
    package var now: @Sendable () -> ContinuousClock.Instant
    /// What servers' dates are held against.
    package var date: @Sendable () -> Date
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        date: @escaping @Sendable () -> Date = { Date() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.now = now
        self.date = date
        self.sleep = sleep
    }
}
