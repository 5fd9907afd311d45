public import FoundationEssentials

/// Credentials that a provider made for one attempt of a job, and which end: their life, without the credentials.
///
/// They are renewed when two thirds of their life are over, for as long as the attempt holds its lease, and given back
/// when it does not hold that any more: the job has ended, is tried again, or waits for a person. Whatever becomes of
/// the processes that do this, the provider ends them by itself at `endsAt`.
public struct SecretLease: Identifiable, Hashable, Sendable {
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// How they ended.
    public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
        /// They were given back.
        case revoked
        /// Their time was over.
        case expired
        /// The provider knew them no longer.
        case lost
        /// The database was restored from a time before: it does not count what it says of them.
        case dropped
    }

    /// What to do about them now.
    public enum Action: Hashable, Sendable {
        case wait(until: Date)
        case renew
        case revoke
        case end(Outcome)
    }

    /// How soon it is noticed that the attempt has ended.
    public static let lookSeconds = 5.0
    /// Between tries to reach a provider that does not answer, at first and at most; each time twice as long.
    public static let retrySecondsRange = 1.0...120.0

    public let id: ID
    /// The secret's name.
    public let secret: String
    /// The provider's name, and the path there that made them.
    public let provider: String
    public let path: String
    public let attempt: Lease
    /// Of these lives the provider counts the shorter one: of the credentials, and of the token that made them.
    public let expiresAt: Date
    public let tokenExpiresAt: Date?
    /// When the shorter life was last begun anew.
    public let renewedAt: Date
    public let isRenewable: Bool
    /// Tries since something was last done about them with success.
    public let failures: Int

    public init(
        id: ID, secret: String, provider: String, path: String, attempt: Lease, expiresAt: Date, tokenExpiresAt: Date?,
        renewedAt: Date, isRenewable: Bool, failures: Int
    ) {
        self.id = id
        self.secret = secret
        self.provider = provider
        self.path = path
        self.attempt = attempt
        self.expiresAt = expiresAt
        self.tokenExpiresAt = tokenExpiresAt
        self.renewedAt = renewedAt
        self.isRenewable = isRenewable
        self.failures = failures
    }

    /// When the provider ends them unless they are renewed.
    public var endsAt: Date { min(self.expiresAt, self.tokenExpiresAt ?? self.expiresAt) }

    /// When two thirds of their life are over.
    public var renewAt: Date {
        self.renewedAt.addingTimeInterval(max(0, self.endsAt.timeIntervalSince(self.renewedAt)) * 2 / 3)
    }

    /// - Parameter isHeld: whether the attempt still holds its lease.
    public func action(isHeld: Bool, at now: Date) -> Action {
        if now >= self.endsAt { return .end(.expired) }
        guard isHeld else { return .revoke }
        let look = now.addingTimeInterval(Self.lookSeconds)
        guard self.isRenewable else { return .wait(until: min(look, self.endsAt)) }
        return now >= self.renewAt ? .renew : .wait(until: min(look, self.renewAt))
    }

    /// When to try again after one more failure. What is to be renewed is tried until its end is there.
    public func retryAt(after now: Date) -> Date {
        let range = Self.retrySecondsRange
        let pause = min(range.lowerBound * Double(1 << min(self.failures, 10)), range.upperBound)
        // At least ten more tries before the end, unless that is closer than they may follow each other.
        let left = max(range.lowerBound, self.endsAt.timeIntervalSince(now) / 10)
        return now.addingTimeInterval(min(pause, left))
    }
}
