/// Decides when a connection is given up for a new one.
///
/// The transport connects again by itself, but it goes on asking the addresses that it has once found: a collector that
/// comes back at another one would never be found again. And of a connection that died without a word it learns nothing
/// until the system gives up, which takes a quarter of an hour.
struct ConnectionHealth: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Action: Hashable, Sendable { case keep, renew }

    /// For so long nothing may go through.
    static let patience = Duration.seconds(10)

    /// When the first call began of those that failed since one was answered, or since the last renewal.
    private var failingSince: Instant?

    /// Somebody is at the other end, whatever the answer was.
    mutating func answered() { self.failingSince = nil }

    /// - Parameter start: when the call began.
    mutating func failed(callFrom start: Instant, at now: Instant) -> Action {
        let since = self.failingSince ?? start
        guard now - since >= Self.patience else {
            self.failingSince = since
            return .keep
        }
        self.failingSince = nil
        return .renew
    }
}
