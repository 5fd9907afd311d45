import CasareDomain
import JWTKit

/// A provider's keys (RFC 7517), as far as they can be used to check tokens here. Others, such as those to encrypt
/// with, are left out: a set may have some.
struct OpenIDKeys: Sendable {
    private struct Key: Sendable {
        let id: String?
        let algorithm: SignedToken.Algorithm
        /// Of this one key for this one algorithm: what a token says of itself chooses nothing any more.
        let collection: JWTKeyCollection
    }

    /// Only the signature is checked by the library. The claims are read from the same bytes, by the same rules as all
    /// JSON here.
    private struct Anything: JWTPayload {
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    /// Providers publish a few; more are not looked at.
    private static let keysMax = 100

    private let keys: [Key]

    /// - Parameter json: the set; `nil` members and keys that cannot be read are left out.
    init(_ json: Value) async {
        var keys: [Key] = []
        for item in json["keys"]?.list?.prefix(Self.keysMax) ?? [] {
            for algorithm in Self.algorithms(of: item) {
                guard let key = Self.key(item, algorithm) else { continue }
                let collection = JWTKeyCollection()
                // A key that the library refuses, such as one of RSA with less than 2048 bits, is left out.
                guard (try? await collection.add(jwk: key)) != nil else { continue }
                keys.append(Key(id: item["kid"]?.string, algorithm: algorithm, collection: collection))
            }
        }
        self.keys = keys
    }

    var isEmpty: Bool { self.keys.isEmpty }

    /// Whether there is a key that the token may be signed with.
    func has(keyOf token: SignedToken) -> Bool { !self.candidates(for: token).isEmpty }

    /// Whether one of the keys has signed the token.
    func verify(_ token: SignedToken) async -> Bool {
        for key in self.candidates(for: token) {
            if (try? await key.collection.verify(token.text, as: Anything.self)) != nil { return true }
        }
        return false
    }

    /// A token that names no key is tried with all of its algorithm.
    private func candidates(for token: SignedToken) -> [Key] {
        self.keys.filter { $0.algorithm == token.algorithm && (token.keyID == nil || $0.id == token.keyID) }
    }

    // MARK: Reading

    /// What a key may be used with: its kind and curve allow some, and it may say one of them itself.
    private static func algorithms(of key: Value) -> [SignedToken.Algorithm] {
        if let use = key["use"]?.string, use != "sig" { return [] }
        if let operations = key["key_ops"]?.list, !operations.contains(.string("verify")) { return [] }
        let fitting: [SignedToken.Algorithm] =
            switch (key["kty"]?.string, key["crv"]?.string) {
            case ("RSA", _): [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
            case ("EC", "P-256"): [.es256]
            case ("EC", "P-384"): [.es384]
            case ("EC", "P-521"): [.es512]
            case ("OKP", "Ed25519"): [.edDSA]
            // Kinds that do not count here, and symmetric keys, which nobody should publish.
            default: []
            }
        guard let own = key["alg"]?.string else { return fitting }
        return fitting.filter { $0.rawValue == own }
    }

    /// The public part alone.
    private static func key(_ key: Value, _ algorithm: SignedToken.Algorithm) -> JWK? {
        let name = JWK.Algorithm(rawValue: algorithm.rawValue)
        let id = JWKIdentifier(string: "key")
        switch algorithm {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
            guard let modulus = key["n"]?.string, let exponent = key["e"]?.string else { return nil }
            return .rsa(name, identifier: id, modulus: modulus, exponent: exponent)
        case .es256, .es384, .es512:
            guard let x = key["x"]?.string, let y = key["y"]?.string,
                let curve = key["crv"]?.string.flatMap({ ECDSACurve(rawValue: $0) })
            else { return nil }
            return .ecdsa(name, identifier: id, x: x, y: y, curve: curve)
        case .edDSA:
            guard let x = key["x"]?.string else { return nil }
            return .octetKeyPair(name, identifier: id, x: x, y: nil, curve: .ed25519)
        }
    }
}
