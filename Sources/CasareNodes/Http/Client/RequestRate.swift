/// Gives requests to one server their times: at most so many within any second (node catalogue §0.6).
package struct RequestRate: Sendable {
    package static let requestsPerSecond = 10
    /// Who would have to wait longer is refused.
    package static let waitMax = Duration.seconds(30)

    /// When the last requests go out, in order; no more than matter.
    private var times: [ContinuousClock.Instant] = []

    package init() {}

    /// Nothing to remember.
    package func isFresh(at now: ContinuousClock.Instant) -> Bool {
        self.times.last.map { $0 + .seconds(1) <= now } ?? true
    }

    /// How long the next request must wait; `nil`: longer than `waitMax`, and no time is kept for it.
    package mutating func wait(at now: ContinuousClock.Instant) -> Duration? {
        self.times.removeAll { $0 + .seconds(1) <= now }
        guard self.times.count >= Self.requestsPerSecond else {
            self.times.append(now)
            return .zero
        }
        let slot = max(now, self.times[self.times.count - Self.requestsPerSecond] + .seconds(1))
        guard slot - now <= Self.waitMax else { return nil }
        self.times.append(slot)
        return slot - now
    }
}
