/// `GET /api/v1/auth/methods`: how the server lets people in.
public struct SignInMethodsResponse: Hashable, Sendable, Codable {
    /// API tokens: always.
    public let token: Bool
    /// `nil`: the server takes no tokens of another one.
    public let oidc: OpenIDMethod?

    public init(token: Bool, oidc: OpenIDMethod?) {
        self.token = token
        self.oidc = oidc
    }
}

/// Whose tokens the server takes, and how programs of people ask for one.
public struct OpenIDMethod: Hashable, Sendable, Codable {
    /// Which of the tokens of a sign-in the server wants to be shown.
    public enum TokenKind: String, Hashable, Sendable, Codable, CaseIterable {
        case access = "access_token"
        case id = "id_token"
    }

    /// A URL; the provider's description stands below it.
    public let issuer: String
    /// Of casarectl, as the provider knows it.
    public let clientID: String
    public let audience: String
    /// To be asked for, separated by spaces.
    public let scopes: String
    public let token: TokenKind

    public init(issuer: String, clientID: String, audience: String, scopes: String, token: TokenKind) {
        self.issuer = issuer
        self.clientID = clientID
        self.audience = audience
        self.scopes = scopes
        self.token = token
    }
}

/// What a provider says of itself at `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §3, RFC 8414 §2,
/// RFC 8628 §4), as far as it is used.
public struct OpenIDProviderMetadata: Hashable, Sendable, Codable {
    public let issuer: String
    /// Where its keys stand.
    public let jwksUri: String?
    public let tokenEndpoint: String?
    public let deviceAuthorizationEndpoint: String?

    public init(issuer: String, jwksUri: String?, tokenEndpoint: String?, deviceAuthorizationEndpoint: String?) {
        self.issuer = issuer
        self.jwksUri = jwksUri
        self.tokenEndpoint = tokenEndpoint
        self.deviceAuthorizationEndpoint = deviceAuthorizationEndpoint
    }

    /// Where it stands, by the issuer (Discovery 1.0 §4).
    public static func url(of issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// Whether a provider may be asked there: over TLS, or on this machine, where nobody listens on the way.
    public static func isTrustworthy(_ url: String) -> Bool {
        guard let separator = url.firstRange(of: "://") else { return false }
        let scheme = url[..<separator.lowerBound].lowercased()
        let authority = url[separator.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.contains("@"),
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return false }
        if scheme == "https" { return true }
        let isBracketed = authority.hasPrefix("[")
        let host = isBracketed ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
        return scheme == "http" && (host == "localhost" || host == "::1" || Self.isLoopback4(host))
    }

    private static func isLoopback4(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
