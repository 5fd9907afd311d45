package import CasareDomain
import Crypto
import FoundationEssentials

extension AuditHash {
    /// SHA-256.
    package static func of(_ bytes: [UInt8]) -> AuditHash {
        guard let hash = AuditHash(Array(SHA256.hash(data: bytes))) else {
            preconditionFailure("A SHA-256 has \(Self.bytesCount) bytes")
        }
        return hash
    }
}

/// The Ed25519 key that anchors are signed with. Whoever has the public half can tell that an anchor is the
/// installation's; the private half is never in the database. Never printed by accident.
package struct AuditSigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    package static let bytesCount = 32

    private let seed: [UInt8]
    /// In hex.
    package let publicKey: String

    /// - Parameter text: 32 bytes in base64 (also for URLs) or hex.
    /// - Returns: `nil` for anything else.
    package init?(text: String) {
        guard let seed = Self.bytes(text),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)  // It has the wrong length.
        else { return nil }
        self.seed = seed
        self.publicKey = Self.hex(Array(key.publicKey.rawRepresentation))
    }

    /// - Throws: what the library does when it has no randomness.
    func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        Array(try Curve25519.Signing.PrivateKey(rawRepresentation: self.seed).signature(for: bytes))
    }

    /// Whether an anchor is signed with the private half of a key.
    ///
    /// - Parameter publicKey: in hex or base64.
    /// - Returns: `nil`: that is no key.
    package static func isSigned(_ anchor: AuditAnchor, of tenant: Tenant.ID, with publicKey: String) -> Bool? {
        guard let bytes = self.bytes(publicKey),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)  // It has the wrong length.
        else { return nil }
        guard let signature = anchor.signature else { return false }
        return key.isValidSignature(signature, for: anchor.canonical(tenant: tenant))
    }

    /// Whether a text is the public half of such a key, in hex or base64.
    package static func isPublicKey(_ text: String) -> Bool { self.bytes(text) != nil }

    private static func hex(_ bytes: [UInt8]) -> String {
        AuditHash(bytes)?.description ?? ""  // Keys are as long as hashes.
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        if let hash = AuditHash(text.lowercased()) { return hash.bytes }
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        while base64.utf8.count % 4 != 0 { base64 += "=" }
        guard let data = Data(base64Encoded: base64), data.count == Self.bytesCount else { return nil }
        return Array(data)
    }

    package var description: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
