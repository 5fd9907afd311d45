/// Decides how a device asks whether its person has confirmed the sign-in (RFC 8628 §3.5).
public struct DevicePolling: Hashable, Sendable {
    /// What came of asking.
    public enum Reply: Hashable, Sendable {
        case tokens
        case pending
        case slowDown
        /// No answer: it is asked again, more and more rarely.
        case unreachable
        case refused(SignInError)
    }

    public enum Action: Hashable, Sendable {
        case ask(after: Duration)
        case finish
        case giveUp(SignInError)
    }

    public typealias Instant = ContinuousClock.Instant

    /// For a provider that names none.
    public static let intervalStandard = Duration.seconds(5)
    private static let slowDownStep = Duration.seconds(5)
    private static let intervalMax = Duration.seconds(60)

    private var interval: Duration
    private let expiresAt: Instant

    /// - Parameters:
    ///   - interval: at least so long between two questions; `nil`: what the standard says.
    ///   - expiresIn: for how long the provider waits for the person.
    public init(interval: Duration?, expiresIn: Duration, startedAt: Instant) {
        self.interval = min(max(interval ?? Self.intervalStandard, .zero), Self.intervalMax)
        self.expiresAt = startedAt + expiresIn
    }

    public func began() -> Action { .ask(after: self.interval) }

    public mutating func answered(_ reply: Reply, at now: Instant) -> Action {
        switch reply {
        case .tokens: return .finish
        case .refused(let error): return .giveUp(error)
        case .pending: break
        case .slowDown: self.interval = min(self.interval + Self.slowDownStep, Self.intervalMax)
        case .unreachable: self.interval = min(max(self.interval, .seconds(1)) * 2, Self.intervalMax)
        }
        return now + self.interval < self.expiresAt ? .ask(after: self.interval) : .giveUp(.expired)
    }
}
