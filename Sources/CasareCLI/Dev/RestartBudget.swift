/// Decides whether a server that ended by itself is started again.
///
/// What ends again and again has a cause that starting does not cure, so the restarts are few, and the pauses before
/// them grow.
struct RestartBudget: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case restart(number: Int, after: Duration)
        case giveUp
    }

    static let pauses: [Duration] = [.zero, .seconds(1), .seconds(4)]
    /// A server that ran this long is sound: what came before no longer counts.
    static let soundAfter = Duration.seconds(600)

    private var used = 0

    mutating func serverEnded(afterRunning time: Duration) -> Action {
        if time >= Self.soundAfter { self.used = 0 }
        guard self.used < Self.pauses.count else { return .giveUp }
        defer { self.used += 1 }
        return .restart(number: self.used + 1, after: Self.pauses[self.used])
    }
}
