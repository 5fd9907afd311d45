package import CasareDomain
import Crypto
import FoundationEssentials

/// The value of one version as it is stored: encrypted with a data key of its own, which stands beside it wrapped.
package struct SealedSecret: Hashable, Sendable {
    package let tenant: Tenant.ID
    package let name: Secret.Name
    package let version: Int
    /// Nonce, ciphertext and tag of AES-256-GCM.
    package let ciphertext: [UInt8]
    package let key: WrappedKey
    /// Names of the fields.
    package let fields: [String]

    package init(
        tenant: Tenant.ID, name: Secret.Name, version: Int, ciphertext: [UInt8], key: WrappedKey, fields: [String]
    ) {
        self.tenant = tenant
        self.name = name
        self.version = version
        self.ciphertext = ciphertext
        self.key = key
        self.fields = fields
    }
}

/// A version of a secret that cannot be opened, and why: told apart, as other things are to be done about it.
package enum SecretDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its ciphertext or its wrapped key is not what was stored there.
    case altered(Secret.Name, version: Int)
    /// No key of this process has wrapped its data key.
    case otherKey(Secret.Name, version: Int, wanted: String, known: [String])

    package var description: String {
        switch self {
        case .altered(let name, let version):
            "version \(version) of secret \(name) is damaged: what is stored is not what was put there. Roll back to "
                + "another version, or put a new one; casarectl audit verify may tell who did it"
        case .otherKey(let name, let version, let wanted, let known):
            "version \(version) of secret \(name) is wrapped with the key \(wanted), and this process has "
                + (known.isEmpty ? "none" : known.joined(separator: ", "))
                + "; give it that key too, as one of CASARE_SEALING_FORMER_KEYS"
        }
    }
}

extension SealedSecret {
    private static let dataKeyBytes = 32

    /// Where a version stands, which is bound to it as associated data: it opens nowhere else. The tenant is a number
    /// and the version is the last part, so that no two places have one text.
    package static func place(of name: Secret.Name, version: Int, in tenant: Tenant.ID) -> String {
        "casare secret \(tenant)/\(name)/\(version)"
    }

    package var place: String { Self.place(of: self.name, version: self.version, in: self.tenant) }

    /// Encrypts with a new data key.
    ///
    /// - Throws: `KeyProviderError`.
    package init(
        sealing fields: SecretFields, of name: Secret.Name, version: Int, in tenant: Tenant.ID, with keys: KeyRing
    ) async throws {
        let place = Self.place(of: name, version: version, in: tenant)
        var generator = SystemRandomNumberGenerator()
        var dataKey = (0..<Self.dataKeyBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        defer { SecretText.wipe(&dataKey) }
        let packed = fields.packed()
        let box = try packed.withBytes { bytes in
            try AES.GCM.seal(bytes, using: SymmetricKey(data: dataKey), authenticating: Array(place.utf8))
        }
        // Of a nonce of 12 bytes there is one.
        guard let ciphertext = box.combined else { throw KeyProviderError.altered }
        self.init(
            tenant: tenant, name: name, version: version, ciphertext: Array(ciphertext),
            key: try await keys.current.wrap(dataKey, for: place), fields: fields.names)
    }

    /// - Throws: `SecretDamage`; of `KeyProviderError` `.unavailable` when the provider of the key cannot be reached,
    ///   and `.versionRefused`.
    package func opened(with keys: KeyRing) async throws -> SecretFields {
        var dataKey = try await self.dataKey(with: keys)
        defer { SecretText.wipe(&dataKey) }
        do {
            let box = try AES.GCM.SealedBox(combined: self.ciphertext)
            var opened = try AES.GCM.open(
                box, using: SymmetricKey(data: dataKey), authenticating: Array(self.place.utf8))
            defer { opened.withUnsafeMutableBytes { SecretText.wipe($0) } }
            let packed = SecretText(bytesCount: opened.count) { memory in memory.copyBytes(from: opened) }
            guard let fields = SecretFields(unpacking: packed) else {
                throw SecretDamage.altered(self.name, version: self.version)
            }
            return fields
        } catch {
            throw SecretDamage.altered(self.name, version: self.version)
        }
    }

    /// The same value, whose data key is wrapped with the current key. The ciphertext stays as it is.
    ///
    /// - Throws: as `opened(with:)`.
    package func rewrapped(with keys: KeyRing) async throws -> WrappedKey {
        var dataKey = try await self.dataKey(with: keys)
        defer { SecretText.wipe(&dataKey) }
        return try await keys.current.wrap(dataKey, for: self.place)
    }

    private func dataKey(with keys: KeyRing) async throws -> [UInt8] {
        do {
            return try await keys.unwrap(self.key, for: self.place)
        } catch let error as KeyProviderError {
            switch error {
            case .altered: throw SecretDamage.altered(self.name, version: self.version)
            case .otherKey(let wanted, let known):
                throw SecretDamage.otherKey(self.name, version: self.version, wanted: wanted, known: known)
            case .versionRefused, .unavailable: throw error
            }
        }
    }
}
