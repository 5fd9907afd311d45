package import CasareEngine

/// When to ask next whether a person has typed in their code, and when to give up (RFC 8628 §3.5).
package struct DeviceCodePolling: Sendable {
    package static let intervalDefault = 5
    /// What a server's `slow_down` adds for good.
    package static let slowDownStep = Duration.seconds(5)
    package static let intervalMax = Duration.seconds(300)

    private var interval: Duration
    private let deadline: ContinuousClock.Instant
    /// What ends the wait: the code's life, or the node's own patience.
    private let isCodesLife: Bool
    private let seconds: Double

    /// - Parameters:
    ///   - interval: Seconds between two questions.
    ///   - expiresIn: Seconds that the code is good for; 0: not known.
    ///   - timeout: Seconds that the node waits at most; 0: as long as the code is good for, or 10 minutes.
    package init(interval: Double, expiresIn: Double, timeout: Double, from now: ContinuousClock.Instant) {
        self.interval = .seconds(min(max(interval, 1), Self.intervalMax / .seconds(1)))
        let patience = timeout > 0 ? timeout : 600
        self.isCodesLife = expiresIn > 0 && expiresIn <= patience
        self.seconds = self.isCodesLife ? expiresIn : min(patience, 86_400)
        self.deadline = now + .seconds(self.seconds)
    }

    /// How long to wait before the next question; `nil`: the answer would come too late.
    package func wait(at now: ContinuousClock.Instant) -> Duration? {
        now + self.interval <= self.deadline ? self.interval : nil
    }

    package mutating func mustSlowDown() { self.interval = min(self.interval + Self.slowDownStep, Self.intervalMax) }

    /// The server did not answer: ask half as often.
    package mutating func gotNoAnswer() { self.interval = min(self.interval * 2, Self.intervalMax) }

    package var expiry: NodeFailure {
        let seconds = Int(self.seconds)
        return self.isCodesLife
            ? NodeFailure("HttpError", "OAuth error: expired_token - the code was good for \(seconds) s")
            : NodeFailure("TimeoutError", "Nobody confirmed the code within \(seconds) s (timeout)")
    }
}
