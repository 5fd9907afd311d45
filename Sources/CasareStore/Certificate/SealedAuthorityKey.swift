import CasareDomain
import Crypto
import FoundationEssentials

/// The key of a certificate authority as it is stored: encrypted with a data key of its own, which stands beside it
/// wrapped, as the values of secrets are.
package struct SealedAuthorityKey: Hashable, Sendable {
    private static let dataKeyBytes = 32

    package let authority: CertificateAuthority.ID
    /// Nonce, ciphertext and tag of AES-256-GCM.
    package let ciphertext: [UInt8]
    package let key: WrappedKey

    package init(authority: CertificateAuthority.ID, ciphertext: [UInt8], key: WrappedKey) {
        self.authority = authority
        self.ciphertext = ciphertext
        self.key = key
    }

    /// What it is bound to as associated data: it opens nowhere else.
    private static func place(of authority: CertificateAuthority.ID) -> String {
        "casare certificate authority \(authority)"
    }

    private var place: String { Self.place(of: self.authority) }

    /// Encrypts with a new data key.
    ///
    /// - Throws: `KeyProviderError`.
    package init(sealing bytes: [UInt8], of authority: CertificateAuthority.ID, with keys: KeyRing) async throws {
        let place = Self.place(of: authority)
        var generator = SystemRandomNumberGenerator()
        var dataKey = (0..<Self.dataKeyBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        defer { SecretText.wipe(&dataKey) }
        let box = try AES.GCM.seal(bytes, using: SymmetricKey(data: dataKey), authenticating: Array(place.utf8))
        // Of a nonce of 12 bytes there is one.
        guard let ciphertext = box.combined else { throw KeyProviderError.altered }
        self.init(
            authority: authority, ciphertext: Array(ciphertext), key: try await keys.current.wrap(dataKey, for: place))
    }

    /// - Returns: the key; overwrite it with `SecretText.wipe` after use.
    /// - Throws: `KeyProviderError`: `.altered` also where the ciphertext is not what was stored.
    package func opened(with keys: KeyRing) async throws -> [UInt8] {
        var dataKey = try await keys.unwrap(self.key, for: self.place)
        defer { SecretText.wipe(&dataKey) }
        do {
            let box = try AES.GCM.SealedBox(combined: self.ciphertext)
            return Array(
                try AES.GCM.open(box, using: SymmetricKey(data: dataKey), authenticating: Array(self.place.utf8)))
        } catch {
            throw KeyProviderError.altered
        }
    }

    /// The same, whose data key is wrapped with the current key. The ciphertext stays as it is.
    ///
    /// - Throws: as `opened(with:)`.
    func rewrapped(with keys: KeyRing) async throws -> WrappedKey {
        var dataKey = try await keys.unwrap(self.key, for: self.place)
        defer { SecretText.wipe(&dataKey) }
        return try await keys.current.wrap(dataKey, for: self.place)
    }
}
