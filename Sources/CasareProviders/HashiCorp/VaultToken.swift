/// A token of a Vault, and for how long it may be used.
struct VaultToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// What to do before the next request.
    enum Use: Hashable, Sendable {
        case asItIs
        /// Two thirds of its life are over.
        case renewed
        /// Its life is over, or so nearly that a request may come too late.
        case replaced
    }

    /// The last part of a life, in which it is not trusted any more: at most so long.
    static let marginMax = Duration.seconds(5)

    let text: String
    let accessor: String?
    let begunAt: ContinuousClock.Instant
    /// From `begunAt`; `nil`: it has no end.
    let life: Duration?
    let isRenewable: Bool

    func use(at now: ContinuousClock.Instant) -> Use {
        guard let life = self.life else { return .asItIs }
        if now >= self.begunAt + life - min(Self.marginMax, life / 10) { return .replaced }
        return self.isRenewable && now >= self.begunAt + life * 2 / 3 ? .renewed : .asItIs
    }

    /// For how much longer it is there.
    func lifeLeft(at now: ContinuousClock.Instant) -> Duration? {
        self.life.map { max(.zero, self.begunAt + $0 - now) }
    }

    var description: String { "<redacted>" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
