/// Decides which calls are repeated while the process ends and nobody is reached: where no collector is, nobody waits
/// for one. One that comes back in the moment of a repeat is found.
struct LastCalls: Sendable {
    typealias Instant = ContinuousClock.Instant

    private enum State {
        case open(isUnreached: Bool)
        /// - Parameter unreachedSince: `nil`: somebody answered, or no call has failed yet.
        case ending(unreachedSince: Instant?)
    }

    /// A call that begins so long after the first that reached nobody is a repeat already, or comes after one: it is the
    /// last.
    static let patience = Duration.milliseconds(500)

    private var state = State.open(isUnreached: false)

    /// - Returns: whether those who wait to call again call now, for the last time.
    mutating func endBegan(at now: Instant) -> Bool {
        switch self.state {
        case .ending: return false
        case .open(let isUnreached):
            self.state = .ending(unreachedSince: isUnreached ? now - Self.patience : nil)
            return isUnreached
        }
    }

    /// Somebody is there, whatever the answer was.
    mutating func reached() {
        switch self.state {
        case .open: self.state = .open(isUnreached: false)
        case .ending: self.state = .ending(unreachedSince: nil)
        }
    }

    /// - Parameter start: when the call began.
    /// - Returns: whether it is given up.
    mutating func reachedNobody(callFrom start: Instant) -> Bool {
        switch self.state {
        case .open:
            self.state = .open(isUnreached: true)
            return false
        case .ending(let since):
            self.state = .ending(unreachedSince: since ?? start)
            guard let since else { return false }
            return start - since >= Self.patience
        }
    }
}
