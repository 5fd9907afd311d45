package import CasareDomain
package import CasareStore

/// How requests are checked and counted.
package struct AuthenticationSettings: Hashable, Sendable {
    /// `nil`: the server takes its own tokens alone.
    package var openID: OpenIDSettings?
    /// `nil`: nobody is locked out.
    package var lockout: LockoutRule?
    /// For each caller; `nil`: as many as they like.
    package var rate: RequestRate?
    /// Whose word counts about where a request comes from.
    package var trustedProxies: [AddressRange]

    package init(
        openID: OpenIDSettings? = nil, lockout: LockoutRule? = .standard, rate: RequestRate? = nil,
        trustedProxies: [AddressRange] = []
    ) {
        self.openID = openID
        self.lockout = lockout
        self.rate = rate
        self.trustedProxies = trustedProxies
    }
}

extension LockoutRule {
    /// So many times the failures of one beginning lock a network, where nothing else is said.
    package static let networkFactor = 10

    package static let standard = LockoutRule(
        failuresMax: 20, networkFailuresMax: 20 * Self.networkFactor, within: .seconds(300), lockedFor: .seconds(900))
}
