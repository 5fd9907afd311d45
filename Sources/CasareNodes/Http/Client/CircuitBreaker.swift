/// Keeps requests away from a server that does not answer (node catalogue §0.6).
///
/// Failures are attempts that got no answer, or one that says that the server cannot answer. After `failuresMax` in a
/// row it lets nothing through for `openDuration`; then one request may try, and decides whether it closes again.
package struct CircuitBreaker: Sendable {
    package static let failuresMax = 5
    package static let openDuration = Duration.seconds(60)

    private enum State {
        /// Moves to `open` with the last of the failures.
        case closed(failures: Int)
        /// Moves to `probing` with the first request after `until`.
        case open(until: ContinuousClock.Instant)
        /// One request is under way. Moves to `closed` or `open` with its end; when that is never reported, another may
        /// try after `until`.
        case probing(until: ContinuousClock.Instant)
    }

    private var state = State.closed(failures: 0)

    package init() {}

    /// Nothing to remember.
    package var isFresh: Bool {
        if case .closed(failures: 0) = self.state { true } else { false }
    }

    /// Whether a request may go out now.
    package mutating func admits(at now: ContinuousClock.Instant) -> Bool {
        switch self.state {
        case .closed:
            return true
        case .open(let until), .probing(let until):
            guard now >= until else { return false }
            self.state = .probing(until: now + Self.openDuration)
            return true
        }
    }

    package mutating func requestSucceeded() { self.state = .closed(failures: 0) }

    package mutating func requestFailed(at now: ContinuousClock.Instant) {
        switch self.state {
        case .closed(let failures) where failures + 1 < Self.failuresMax:
            self.state = .closed(failures: failures + 1)
        case .closed, .probing:
            self.state = .open(until: now + Self.openDuration)
        case .open:
            break  // It began before others failed.
        }
    }

    /// A request ended without saying anything about the server: it was cancelled, or refused here.
    package mutating func requestAbandoned(at now: ContinuousClock.Instant) {
        switch self.state {
        case .probing: self.state = .probing(until: now)
        case .closed, .open: break
        }
    }
}
