import CasareDomain
import Crypto
import FoundationEssentials

/// The key under which secrets stand in the database. It comes from the process's environment and is never in the
/// database itself, so that who has a copy of that has no secrets. Never printed by accident.
package struct SealingKey: Sendable, CustomStringConvertible, CustomReflectable {
    package static let bytesCount = 32

    /// Something that was sealed.
    package struct Sealed: Hashable, Sendable {
        /// Nonce, ciphertext and tag of AES-256-GCM.
        package let bytes: [UInt8]
        /// Of the key that it was sealed with.
        package let keyID: String

        package init(bytes: [UInt8], keyID: String) {
            self.bytes = bytes
            self.keyID = keyID
        }
    }

    /// Why something cannot be opened.
    package enum OpeningError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Another key sealed it.
        case otherKey(wanted: String, known: String)
        /// It is not what was sealed, or not where it was sealed for.
        case altered

        package var description: String {
            switch self {
            case .otherKey(let wanted, let known):
                "it was sealed with the key \(wanted), and CASARE_SEALING_KEY is the key \(known); give the server that key "
                    + "again, or rotate the secret"
            case .altered: "it is not what was sealed; rotate the secret"
            }
        }
    }

    private let key: SymmetricKey
    /// The first 8 bytes of its SHA-256, in hex: it tells keys apart and says nothing of them.
    package let id: String

    /// - Parameter text: 32 bytes in base64 (also for URLs) or hex.
    /// - Returns: `nil` for anything else.
    package init?(text: String) {
        guard let bytes = Self.bytes(text), bytes.count == Self.bytesCount else { return nil }
        self.init(bytes: bytes)
    }

    private init(bytes: [UInt8]) {
        self.key = SymmetricKey(data: bytes)
        self.id = String(SHA256.hash(data: bytes).hex.prefix(16))
    }

    /// A new key as a person would write it, in base64.
    package static func randomText() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<Self.bytesCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Data(bytes).base64EncodedString()
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        if text.utf8.count == 2 * Self.bytesCount {
            let digits = Array(text.utf8)
            let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { position in
                UInt8(String(decoding: digits[position...position + 1], as: UTF8.self), radix: 16)
            }
            return bytes.count == Self.bytesCount ? bytes : nil
        }
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        while base64.utf8.count % 4 != 0 { base64 += "=" }
        return Data(base64Encoded: base64).map { Array($0) }
    }

    /// - Parameter place: where it will stand; it opens nowhere else.
    package func seal(_ secret: [UInt8], for place: String) throws -> Sealed {
        let box = try AES.GCM.seal(secret, using: self.key, authenticating: Array(place.utf8))
        guard let bytes = box.combined else { throw OpeningError.altered }  // Of a nonce of 12 bytes there is one.
        return Sealed(bytes: Array(bytes), keyID: self.id)
    }

    /// - Returns: what was sealed; overwrite it with `SecretText.wipe` after use.
    /// - Throws: `OpeningError`.
    package func open(_ sealed: Sealed, of place: String) throws(OpeningError) -> [UInt8] {
        guard sealed.keyID == self.id else { throw .otherKey(wanted: sealed.keyID, known: self.id) }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.bytes)
            var opened = try AES.GCM.open(box, using: self.key, authenticating: Array(place.utf8))
            defer { opened.withUnsafeMutableBytes { SecretText.wipe($0) } }
            return Array(opened)
        } catch {
            throw .altered
        }
    }

    package var description: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
