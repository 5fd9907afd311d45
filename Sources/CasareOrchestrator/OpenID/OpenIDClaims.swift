import CasareDomain
import FoundationEssentials

/// What the claims of a token say that was signed by the provider (RFC 7519 §4.1, OpenID Connect Core 1.0 §2), as the
/// settings read them.
struct OpenIDClaims: Hashable, Sendable {
    /// Why a token does not count. Said in the log only.
    enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        case issuer
        case audience
        case expired
        case notYet
        case subject
        case malformed(String)
        case tenant

        var description: String {
            switch self {
            case .issuer: "it is from another issuer"
            case .audience: "it is for another audience"
            case .expired: "it has expired"
            case .notYet: "it does not count yet, or was made in the future"
            case .subject: "it does not say whose it is"
            case .malformed(let claim): "its claim \(claim) is not of the form that it must have"
            case .tenant: "it does not say of which tenant its bearer is"
            }
        }
    }

    private static let subjectCharactersMax = 255

    let subject: String
    /// `nil`: none of its values means anything here.
    let role: Role.Name?
    /// A name; `nil` where the settings read none.
    let tenant: String?
    let expiresAt: Date

    /// - Throws: `Fault`.
    init(_ claims: Object, _ settings: OpenIDSettings, now: Date) throws(Fault) {
        guard claims["iss"]?.string == settings.issuer else { throw .issuer }
        guard Self.texts(claims["aud"]).contains(settings.audience) else { throw .audience }
        let skew = settings.clockSkew / .seconds(1)
        guard let expiresAt = try Self.time("exp", claims) else { throw .malformed("exp") }
        guard now.timeIntervalSince1970 < expiresAt + skew else { throw .expired }
        for name in ["nbf", "iat"] {
            guard let time = try Self.time(name, claims) else { continue }
            guard now.timeIntervalSince1970 >= time - skew else { throw .notYet }
        }
        guard let subject = claims["sub"]?.string,
            (1...Self.subjectCharactersMax).contains(subject.unicodeScalars.count),
            !subject.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw .subject }
        self.subject = subject
        self.expiresAt = Date(timeIntervalSince1970: expiresAt + skew)
        let values = Self.texts(Self.claim(settings.roleClaim, in: claims))
        self.role = settings.roles.first { values.contains($0.value) }?.role
        if let name = settings.tenantClaim {
            guard let tenant = Self.claim(name, in: claims)?.string, !tenant.isEmpty else { throw .tenant }
            self.tenant = tenant
        } else {
            self.tenant = nil
        }
    }

    /// A claim by its name, which may have full stops in it, or else by a path with full stops between its parts.
    private static func claim(_ name: String, in claims: Object) -> Value? {
        if let value = claims[name] { return value }
        var value: Value? = .object(claims)
        for part in name.split(separator: ".") { value = value?[String(part)] }
        return value
    }

    /// One text, or the texts of a list.
    private static func texts(_ value: Value?) -> [String] {
        switch value {
        case .string(let text)?: [text]
        case .list(let items)?: items.compactMap(\.string)
        case .null?, .bool?, .int?, .double?, .object?, nil: []
        }
    }

    /// In seconds since 1970, with a fraction or without.
    private static func time(_ name: String, _ claims: Object) throws(Fault) -> Double? {
        guard let value = claims[name] else { return nil }
        guard let seconds = value.double, seconds.isFinite, abs(seconds) < 1e11 else { throw .malformed(name) }
        return seconds
    }
}
