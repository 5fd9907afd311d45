import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

/// What is kept of a sign-in at an identity provider, beside the token that the server is shown.
struct StoredSignIn: Hashable, Sendable {
    let method: OpenIDMethod
    /// `nil`: the provider gave none, so somebody must sign in again.
    let refreshToken: String?
    /// Of the token; `nil` where nobody said.
    let expiresAt: Date?

    /// A token is renewed so long before it expires: it must last for a request.
    private static let marginSeconds = 30.0

    init(method: OpenIDMethod, refreshToken: String?, expiresAt: Date?) {
        self.method = method
        self.refreshToken = refreshToken
        self.expiresAt = expiresAt
    }

    /// - Parameter former: whose refresh token still counts where the provider gave no new one.
    init(_ tokens: OpenIDTokens, of method: OpenIDMethod, former: String? = nil) {
        self.init(
            method: method, refreshToken: tokens.refresh ?? former, expiresAt: tokens.expiry(of: method.token))
    }

    func isStale(at now: Date) -> Bool {
        guard let expiresAt else { return false }
        return now.addingTimeInterval(Self.marginSeconds) >= expiresAt
    }

    var json: Value {
        [
            "issuer": .string(self.method.issuer), "client_id": .string(self.method.clientID),
            "audience": .string(self.method.audience), "scopes": .string(self.method.scopes),
            "token": .string(self.method.token.rawValue),
            "refresh_token": self.refreshToken.map(Value.string) ?? .null,
            "expires_at": self.expiresAt.map { .string(Timestamp.text($0)) } ?? .null,
        ]
    }

    /// `nil` for what is not of the form.
    init?(json: Value) {
        guard let issuer = json["issuer"]?.string, let clientID = json["client_id"]?.string,
            let audience = json["audience"]?.string, let scopes = json["scopes"]?.string,
            let kind = json["token"]?.string, let token = OpenIDMethod.TokenKind(rawValue: kind)
        else { return nil }
        self.init(
            method: OpenIDMethod(
                issuer: issuer, clientID: clientID, audience: audience, scopes: scopes, token: token),
            refreshToken: json["refresh_token"]?.string,
            expiresAt: json["expires_at"]?.string.flatMap(Timestamp.date))
    }
}
