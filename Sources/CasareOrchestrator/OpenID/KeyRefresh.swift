/// Decides when a provider's keys are fetched anew.
///
/// A provider that changes its keys publishes the new ones before it uses them, and takes old ones away when they shall
/// not count any more. So keys are fetched again after a while, and at once for a token with a key that is not known;
/// that, which anybody can bring about, only now and then.
struct KeyRefresh: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case use
        /// Nothing can be said before they are there.
        case fetch
        /// Keys cannot be had now, or the token's is none of them.
        case refuse
    }

    /// So long keys count without being looked at again.
    static let ageMax = Duration.seconds(600)
    /// So long they count while the provider cannot be reached: it must be up for people to sign in, not for them to
    /// work on.
    static let staleMax = Duration.seconds(24 * 3600)
    /// Between two tries.
    static let pause = Duration.seconds(30)

    typealias Instant = ContinuousClock.Instant

    private var fetchedAt: Instant?
    private var triedAt: Instant?

    /// - Parameter isKnown: whether there is a key for the token.
    func action(isKnown: Bool, at now: Instant) -> Action {
        let mayTry = self.triedAt.map { now >= $0 + Self.pause } ?? true
        guard let fetchedAt else { return mayTry ? .fetch : .refuse }
        if now >= fetchedAt + Self.staleMax { return mayTry ? .fetch : .refuse }
        if !isKnown || now >= fetchedAt + Self.ageMax, mayTry { return .fetch }
        return isKnown ? .use : .refuse
    }

    mutating func fetched(at now: Instant) {
        self.fetchedAt = now
        self.triedAt = now
    }

    mutating func failed(at now: Instant) {
        self.triedAt = now
    }
}
