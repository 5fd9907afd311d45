import CasareDomain
import CasareEngine

/// How often a use of an HTTP node may happen, told from its parameters (RFC 9110 §9.2).
enum HttpEffects {
    static let request: @Sendable (Object) -> NodeType.Effect = { config in
        let method = config["method"].flatMap { $0.isNull ? .none : $0 } ?? config["action"] ?? "GET"
        return method.string.map(Self.ofMethod) ?? .effect
    }

    static func ofMethod(_ method: String) -> NodeType.Effect {
        switch method.uppercased() {
        case "GET", "HEAD", "OPTIONS": .captured
        case "PUT", "DELETE": .idempotent
        default: .effect
        }
    }

    /// A second download fails when the first is in its place and must not be replaced.
    static func download(overwrite: Bool) -> @Sendable (Object) -> NodeType.Effect {
        { $0.knownFlag("overwrite", default: overwrite) == true ? .idempotent : .effect }
    }

    /// Codes and refresh tokens are good for one use; for the other grants a second token does no harm.
    static let tokenExchange: @Sendable (Object) -> NodeType.Effect = { config in
        switch config["grant_type"] ?? "authorization_code" {
        case "client_credentials", "password": .idempotent
        default: .effect
        }
    }
}
