/// A data key that is wrapped: encrypted with a key of a provider.
package struct WrappedKey: Hashable, Sendable {
    package let bytes: [UInt8]
    /// Of the key that wrapped it.
    package let keyID: String

    package init(bytes: [UInt8], keyID: String) {
        self.bytes = bytes
        self.keyID = keyID
    }
}

/// Has a key that never leaves it, and wraps data keys with that.
package protocol KeyProvider: Sendable {
    /// By which its key is known again; it says nothing of the key.
    var id: String { get }

    /// - Parameters:
    ///   - dataKey: 32 bytes.
    ///   - place: what the key is for; it can be unwrapped for nothing else.
    /// - Throws: `KeyProviderError`.
    func wrap(_ dataKey: [UInt8], for place: String) async throws -> WrappedKey

    /// - Returns: what was wrapped; overwrite it with `SecretText.wipe` after use.
    /// - Throws: `KeyProviderError`.
    func unwrap(_ key: WrappedKey, for place: String) async throws -> [UInt8]
}

/// Why a provider does not wrap or unwrap a key.
package enum KeyProviderError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is not what was wrapped, or not for this.
    case altered
    /// Another key wrapped it.
    case otherKey(wanted: String, known: [String])
    /// It is what was wrapped, and the provider no longer lets that version of its key open anything.
    case versionRefused(provider: String, why: String)
    /// The provider cannot be reached, or will not do it just now: try again later.
    case unavailable(provider: String, why: String)

    package var description: String {
        switch self {
        case .altered: "the data key is not what was wrapped"
        case .otherKey(let wanted, let known):
            "the data key is wrapped with the key \(wanted), and this process has "
                + (known.isEmpty ? "none" : known.joined(separator: ", "))
                + "; give it that key too, as one of CASARE_SEALING_FORMER_KEYS"
        case .versionRefused(let provider, let why): "the key \(provider) opens this no longer: \(why)"
        case .unavailable(let provider, let why): "the key \(provider) cannot be used just now: \(why)"
        }
    }
}

/// The local key: it wraps data keys as it seals other secrets.
extension SealingKey: KeyProvider {
    package func wrap(_ dataKey: [UInt8], for place: String) async throws -> WrappedKey {
        let sealed = try self.seal(dataKey, for: place)
        return WrappedKey(bytes: sealed.bytes, keyID: sealed.keyID)
    }

    package func unwrap(_ key: WrappedKey, for place: String) async throws -> [UInt8] {
        do throws(OpeningError) {
            return try self.open(Sealed(bytes: key.bytes, keyID: key.keyID), of: place)
        } catch {
            switch error {
            case .altered: throw KeyProviderError.altered
            case .otherKey(let wanted, let known): throw KeyProviderError.otherKey(wanted: wanted, known: [known])
            }
        }
    }
}
