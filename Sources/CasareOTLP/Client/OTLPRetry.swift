/// Decides whether a request that failed is sent again, and when.
///
/// The time that is left is that of the whole export, repeats included: what would come after it is not tried. One that
/// does not know how long it may take (`nil`) goes on until somebody ends it.
struct OTLPRetry: Sendable {
    enum Action: Hashable, Sendable {
        case retry(after: Duration)
        /// - Parameter errorType: for the attribute `error.type`.
        case giveUp(errorType: String)
    }

    /// What nobody was in time for.
    static let timeout = "timeout"

    static let firstWait = Duration.seconds(1)
    /// Waits grow up to it; a server may ask for longer.
    static let waitMax = Duration.seconds(5)
    static let growth = 1.5
    /// So much of a wait is left to chance, so that programs which failed together do not come back together.
    static let jitter = 0.2

    /// The next one, before chance.
    private var wait = Self.firstWait

    /// - Parameters:
    ///   - retryDelay: what the server asks for, if it does; zero asks for a repeat and leaves it to us when. Chance only
    ///     adds to it, and later waits grow from it.
    ///   - timeLeft: `nil`: no limit.
    mutating func failed(
        _ status: GRPCStatus, retryDelay: Duration?, timeLeft: Duration?,
        using generator: inout some RandomNumberGenerator
    ) -> Action {
        guard status.mayBeRepeated(isAsked: retryDelay != nil) else { return .giveUp(errorType: status.name) }
        let least: Duration
        let most: Duration
        if let retryDelay, retryDelay > .zero {
            least = retryDelay
            most = retryDelay * (1 + Self.jitter)
            self.wait = retryDelay
        } else {
            least = self.wait * (1 - Self.jitter)
            most = self.wait * (1 + Self.jitter)
        }
        if let timeLeft, least >= timeLeft {
            return .giveUp(errorType: status == .deadlineExceeded ? Self.timeout : status.name)
        }
        self.wait = max(self.wait, min(self.wait * Self.growth, Self.waitMax))
        let chosen = least + (most - least) * Double.random(in: 0..<1, using: &generator)
        if let timeLeft, chosen >= timeLeft { return .retry(after: least) }
        return .retry(after: chosen)
    }
}
