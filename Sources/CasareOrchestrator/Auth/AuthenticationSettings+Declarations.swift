package import CasareDomain
package import CasareSettings
import CasareStore
package import CasareWire
package import Configuration

extension AuthenticationSettings {
    /// What an orchestrator is told of it by its environment.
    package enum Settings {
        private static let networkFailuresRange = 0...10_000_000

        package static let issuer = Setting.optionalText(
            "CASARE_OIDC_ISSUER", form: "https://host/path, exactly as it stands in the tokens",
            standardText: "none; only tokens of the server's own count",
            "The identity provider (OpenID Connect) whose tokens count beside the server's own.")
        package static let audience = Setting.optionalText(
            "CASARE_OIDC_AUDIENCE", form: "a text", standardText: "none; it must be set with an issuer",
            "Whom tokens of the provider must be for.")
        package static let keysURL = Setting.optionalText(
            "CASARE_OIDC_JWKS_URL", form: "https://host/path", standardText: "what the issuer's description says",
            "Where the keys of the provider stand.")
        package static let roleClaim = Setting.text(
            "CASARE_OIDC_ROLE_CLAIM", form: "a claim's name, or a path such as realm_access.roles",
            standard: OpenIDSettings.roleClaimDefault, "The claim of a token, a text or a list, that names roles.")
        package static let roles = Setting<[OpenIDSettings.RoleMapping]>(
            "CASARE_OIDC_ROLES", form: "value=role, with commas between", standard: [],
            standardText: "none; it must be set with an issuer",
            "Which values of the claim mean which roles; the first one counts that a token has. Who has none may do "
                + "nothing."
        ) { text in OpenIDSettings.RoleMapping.list(text) }
        package static let tenantClaim = Setting.optionalText(
            "CASARE_OIDC_TENANT_CLAIM", form: "a claim's name, or a path",
            standardText: "none; everybody is of the tenant default",
            "The claim of a token that names the tenant of its bearer.")
        package static let clockSkew = Setting.seconds(
            "CASARE_OIDC_CLOCK_SKEW", in: 0...600, standard: 60,
            "By how much the provider's clock may differ from the server's.")
        package static let clientID = Setting.text(
            "CASARE_OIDC_CLIENT_ID", form: "a text", standard: OpenIDSettings.clientIDDefault,
            "As whom casarectl login --oidc is known to the provider.")
        package static let scopes = Setting.text(
            "CASARE_OIDC_SCOPES", form: "words separated by spaces", standard: OpenIDSettings.scopesDefault,
            "What casarectl login --oidc asks the provider for.")
        package static let tokenKind = Setting<OpenIDMethod.TokenKind>(
            "CASARE_OIDC_TOKEN",
            form: "one of " + OpenIDMethod.TokenKind.allCases.map(\.rawValue).joined(separator: ", "),
            standard: .access, standardText: OpenIDMethod.TokenKind.access.rawValue,
            "Which token of a sign-in casarectl shows the server: id_token where access tokens of the provider are no "
                + "JSON Web Tokens, with the client's ID as audience."
        ) { OpenIDMethod.TokenKind(rawValue: $0) }

        package static let lockoutFailures = Setting.number(
            "CASARE_LOCKOUT_FAILURES", in: 0...1_000_000, standard: LockoutRule.standard.failuresMax,
            "After so many wrong tokens of the same beginning from the same address, none of them is looked at for a "
                + "while; 0: never, and no network is locked either.")
        package static let lockoutNetworkFailures = Setting<Int?>(
            "CASARE_LOCKOUT_NETWORK_FAILURES", form: "a whole number, 0 or more than CASARE_LOCKOUT_FAILURES",
            standard: nil, standardText: "\(LockoutRule.networkFactor) times CASARE_LOCKOUT_FAILURES",
            "After so many wrong tokens of whatever beginnings from the same network, wrong ones get 429 for a while, "
                + "and right ones are let in; 0: never."
        ) { text in Int(text).flatMap { Self.networkFailuresRange.contains($0) ? .some(.some($0)) : nil } }
        package static let lockoutWindow = Setting.seconds(
            "CASARE_LOCKOUT_WINDOW_SECONDS", in: 1...86_400,
            standard: Int(LockoutRule.standard.within.components.seconds), "Within which they count.")
        package static let lockoutTime = Setting.seconds(
            "CASARE_LOCKOUT_SECONDS", in: 1...86_400,
            standard: Int(LockoutRule.standard.lockedFor.components.seconds), "For how long.")
        package static let rate = Setting.number(
            "CASARE_RATE_LIMIT", in: 0...1_000_000, standard: 0,
            "Requests a second of each caller, over all orchestrators together, such as 600; 0: as many as they like.")
        package static let trustedProxies = Setting<[AddressRange]>(
            "CASARE_TRUSTED_PROXIES", form: "networks such as 10.0.0.0/8, with commas between", standard: [],
            standardText: "none; the other end of the connection counts",
            "Proxies whose header X-Forwarded-For is believed about where a request comes from."
        ) { text in
            let parts = text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
            let ranges = parts.compactMap { AddressRange($0) }
            return ranges.count == parts.count ? ranges : nil
        }

        package static let all = [
            Self.issuer.declaration, Self.audience.declaration, Self.keysURL.declaration, Self.roleClaim.declaration,
            Self.roles.declaration, Self.tenantClaim.declaration, Self.clockSkew.declaration,
            Self.clientID.declaration, Self.scopes.declaration, Self.tokenKind.declaration,
            Self.lockoutFailures.declaration, Self.lockoutNetworkFailures.declaration, Self.lockoutWindow.declaration,
            Self.lockoutTime.declaration, Self.rate.declaration, Self.trustedProxies.declaration,
        ]
    }

    package init(config: ConfigReader) throws(SettingError) {
        let rate = try Settings.rate.value(in: config)
        self.init(
            openID: try OpenIDSettings(config: config),
            lockout: try LockoutRule(config: config),
            rate: rate > 0 ? RequestRate(perSecond: rate) : nil,
            trustedProxies: try Settings.trustedProxies.value(in: config))
    }
}

extension LockoutRule {
    /// `nil`: nobody is locked out.
    fileprivate init?(config: ConfigReader) throws(SettingError) {
        typealias Settings = AuthenticationSettings.Settings
        let failures = try Settings.lockoutFailures.value(in: config)
        let ofNetwork = try Settings.lockoutNetworkFailures.value(in: config)
        let window = try Settings.lockoutWindow.value(in: config)
        let time = try Settings.lockoutTime.value(in: config)
        guard failures > 0 else { return nil }
        let networkFailures = ofNetwork ?? failures * LockoutRule.networkFactor
        guard networkFailures == 0 || networkFailures > failures else {
            throw SettingError(
                Settings.lockoutNetworkFailures.declaration.variable,
                "is \(networkFailures); expected more than the \(failures) of "
                    + "\(Settings.lockoutFailures.declaration.variable), or 0")
        }
        self.init(
            failuresMax: failures, networkFailuresMax: networkFailures == 0 ? nil : networkFailures, within: window,
            lockedFor: time)
    }
}

extension OpenIDSettings {
    /// `nil`: no issuer is set.
    fileprivate init?(config: ConfigReader) throws(SettingError) {
        typealias Settings = AuthenticationSettings.Settings
        guard let issuer = try Settings.issuer.value(in: config) else { return nil }
        try Self.check(issuer, Settings.issuer.declaration)
        let keysURL = try Settings.keysURL.value(in: config)
        if let keysURL { try Self.check(keysURL, Settings.keysURL.declaration) }
        guard let audience = try Settings.audience.value(in: config) else {
            throw SettingError(
                Settings.audience.declaration.variable,
                "is not set; with an issuer it must be, or tokens for anybody else would count")
        }
        let roles = try Settings.roles.value(in: config)
        guard !roles.isEmpty else {
            throw SettingError(
                Settings.roles.declaration.variable,
                "is not set; with an issuer it must be, or nobody could do anything: casare-admins=admin,staff=viewer")
        }
        self.init(
            issuer: issuer, audience: audience, keysURL: keysURL,
            roleClaim: try Settings.roleClaim.value(in: config), roles: roles,
            tenantClaim: try Settings.tenantClaim.value(in: config),
            clockSkew: try Settings.clockSkew.value(in: config), clientID: try Settings.clientID.value(in: config),
            scopes: try Settings.scopes.value(in: config), tokenKind: try Settings.tokenKind.value(in: config))
    }

    private static func check(_ url: String, _ setting: SettingDeclaration) throws(SettingError) {
        guard OpenIDProviderMetadata.isTrustworthy(url) else {
            throw SettingError(
                setting.variable, "is \"\(url)\"; expected a URL with https, or with http on this machine")
        }
    }
}

extension OpenIDSettings.RoleMapping {
    /// - Returns: `nil` for what is not of the form.
    static func list(_ text: String) -> [OpenIDSettings.RoleMapping]? {
        var mappings: [OpenIDSettings.RoleMapping] = []
        for part in text.split(separator: ",") {
            // A value may have an equals sign in it, as names of directories do; a role's name has none.
            guard let mark = part.lastIndex(of: "=") else { return nil }
            let value = Self.trimmed(part[..<mark])
            guard !value.isEmpty, let role = Role.Name(rawValue: Self.trimmed(part[part.index(after: mark)...])) else {
                return nil
            }
            mappings.append(OpenIDSettings.RoleMapping(value: value, role: role))
        }
        return mappings.isEmpty ? nil : mappings
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
