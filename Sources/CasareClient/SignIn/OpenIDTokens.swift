import CasareDomain
public import CasareWire
public import FoundationEssentials

/// What a provider gives whoever has signed in (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).
public struct OpenIDTokens: Hashable, Sendable {
    public let access: String
    public let id: String?
    /// Another one can be had with it, once.
    public let refresh: String?
    /// When the access token stops to count, as far as the provider says.
    private let accessExpiresAt: Date?

    /// `nil` for what is no answer of a token endpoint.
    init?(_ answer: Value, now: Date) {
        guard let access = answer["access_token"]?.string, !access.isEmpty else { return nil }
        self.access = access
        self.id = answer["id_token"]?.string
        self.refresh = answer["refresh_token"]?.string
        self.accessExpiresAt = answer["expires_in"]?.double.map { now.addingTimeInterval($0) }
    }

    /// The one that a server wants to be shown; `nil` where the provider gave none.
    public func token(of kind: OpenIDMethod.TokenKind) -> String? {
        switch kind {
        case .access: self.access
        case .id: self.id
        }
    }

    /// When it stops to count; `nil` where neither the provider nor the token says so.
    public func expiry(of kind: OpenIDMethod.TokenKind) -> Date? {
        switch kind {
        case .access: self.accessExpiresAt ?? Self.expiry(in: self.access)
        case .id: self.id.flatMap(Self.expiry)
        }
    }

    /// What a JSON Web Token says of itself. Nobody relies on it but whoever shows the token.
    private static func expiry(in token: String) -> Date? {
        let parts = token.split(separator: ".")
        guard parts.count == 3 else { return nil }
        var payload = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
        payload += String(repeating: "=", count: (4 - payload.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: payload), let claims = try? Value(parsingJSON: Array(data)),
            let seconds = claims["exp"]?.double
        else { return nil }
        return Date(timeIntervalSince1970: seconds)
    }
}
