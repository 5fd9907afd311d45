/// The keys of a process: the one that it wraps and seals with, and former ones that still open what they wrapped.
package struct KeyRing: Sendable {
    /// Former keys of a ring.
    package static let formerMax = 16

    package let current: any KeyProvider
    private let former: [any KeyProvider]

    /// - Parameter former: those that only open; one that is the current one by its ID counts once.
    package init(current: any KeyProvider, former: [any KeyProvider] = []) {
        self.current = current
        self.former = former.filter { $0.id != current.id }
    }

    /// IDs of all keys, the current one first.
    package var ids: [String] { [self.current.id] + self.former.map(\.id) }

    /// What secrets of triggers are sealed with; `nil` where the current key is kept elsewhere.
    package var sealingKey: SealingKey? { self.current as? SealingKey }

    /// - Throws: `KeyProviderError.otherKey` for one that no key of the ring has wrapped, and what its provider throws.
    package func unwrap(_ key: WrappedKey, for place: String) async throws -> [UInt8] {
        guard let provider = ([self.current] + self.former).first(where: { $0.id == key.keyID }) else {
            throw KeyProviderError.otherKey(wanted: key.keyID, known: self.ids)
        }
        return try await provider.unwrap(key, for: place)
    }

    /// Opens what a local key of the ring has sealed.
    package func open(
        _ sealed: SealingKey.Sealed, of place: String
    ) throws(SealingKey.OpeningError) -> [UInt8] {
        let keys = ([self.current] + self.former).compactMap { $0 as? SealingKey }
        guard let key = keys.first(where: { $0.id == sealed.keyID }) else {
            throw .otherKey(wanted: sealed.keyID, known: keys.map(\.id).joined(separator: ", "))
        }
        return try key.open(sealed, of: place)
    }
}
