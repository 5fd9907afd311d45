import CasareDomain
import FoundationEssentials

/// A JSON Web Token as it came (RFC 7519), read and not yet believed.
struct SignedToken: Sendable {
    /// Algorithms whose keys everybody may have: none of those where who can check can also sign, and not `none`
    /// (RFC 8725 §3.1).
    enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case ps256 = "PS256"
        case ps384 = "PS384"
        case ps512 = "PS512"
        case es256 = "ES256"
        case es384 = "ES384"
        case es512 = "ES512"
        case edDSA = "EdDSA"
    }

    /// Why a text cannot be one that counts here. Said in the log only: whoever shows it learns that it does not count.
    enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        case form
        case algorithm(String)
        case critical

        var description: String {
            switch self {
            case .form: "it has not the form of a JSON Web Token"
            case .algorithm(let name): "its algorithm is \(name.prefix(20)), which does not count here"
            case .critical: "it has critical headers, which nobody here understands"
            }
        }
    }

    let text: String
    let algorithm: Algorithm
    /// Names the key; `nil`: the token does not say.
    let keyID: String?
    let claims: Object

    /// - Throws: `Fault`.
    init(_ text: String) throws(Fault) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[2].isEmpty, let header = Self.object(parts[0]),
            let claims = Self.object(parts[1])
        else { throw .form }
        guard let name = header["alg"]?.string else { throw .form }
        guard let algorithm = Algorithm(rawValue: name) else { throw .algorithm(name) }
        // RFC 7515 §4.1.11: who does not understand them must not go on.
        guard header["crit"] == nil else { throw .critical }
        switch header["kid"] {
        case nil: self.keyID = nil
        case .string(let id)?: self.keyID = id
        case .some: throw .form
        }
        self.text = text
        self.algorithm = algorithm
        self.claims = claims
    }

    private static func object(_ part: Substring) -> Object? {
        guard let data = Base64URL.data(part), let json = try? Value(parsingJSON: Array(data)) else { return nil }
        return json.object
    }
}

/// Base64 for URLs, without padding (RFC 7515 appendix C).
enum Base64URL {
    static func data(_ text: Substring) -> Data? {
        guard text.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2F && $0 != 0x3D }) else { return nil }
        let standard = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }
}
