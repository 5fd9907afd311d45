package import CasareDomain
package import CasareWire

/// Whose tokens the server takes beside its own, and what their claims mean here.
package struct OpenIDSettings: Hashable, Sendable {
    /// Exactly as it stands in the tokens.
    package var issuer: String
    /// A token must be for this one.
    package var audience: String
    /// Where the keys stand; `nil`: where the issuer's description says.
    package var keysURL: String?
    package var roleClaim: String
    /// Values of the claim, each with the role that it means. The first one counts that a token has.
    package var roles: [RoleMapping]
    /// The claim that names the tenant; `nil`: everybody is of the tenant `default`.
    package var tenantClaim: String?
    /// By how much clocks may differ.
    package var clockSkew: Duration
    /// Of casarectl, for its sign-in by device.
    package var clientID: String
    package var scopes: String
    package var tokenKind: OpenIDMethod.TokenKind

    /// A value of the role claim, and what it means.
    package struct RoleMapping: Hashable, Sendable {
        package let value: String
        package let role: Role.Name

        package init(value: String, role: Role.Name) {
            self.value = value
            self.role = role
        }
    }

    package static let roleClaimDefault = "roles"
    package static let clientIDDefault = "casarectl"
    package static let scopesDefault = "openid offline_access"
    package static let clockSkewDefault = Duration.seconds(60)

    package init(
        issuer: String, audience: String, keysURL: String? = nil, roleClaim: String = Self.roleClaimDefault,
        roles: [RoleMapping], tenantClaim: String? = nil, clockSkew: Duration = Self.clockSkewDefault,
        clientID: String = Self.clientIDDefault, scopes: String = Self.scopesDefault,
        tokenKind: OpenIDMethod.TokenKind = .access
    ) {
        self.issuer = issuer
        self.audience = audience
        self.keysURL = keysURL
        self.roleClaim = roleClaim
        self.roles = roles
        self.tenantClaim = tenantClaim
        self.clockSkew = clockSkew
        self.clientID = clientID
        self.scopes = scopes
        self.tokenKind = tokenKind
    }

    /// What programs of people are told.
    var method: OpenIDMethod {
        OpenIDMethod(
            issuer: self.issuer, clientID: self.clientID, audience: self.audience, scopes: self.scopes,
            token: self.tokenKind)
    }
}
