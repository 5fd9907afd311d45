import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials
import Testing

/// Short ways to what tests of the vault do all the time.
extension StoreFixture {
    static func key(_ byte: String = "5a") -> SealingKey {
        SealingKey(text: String(repeating: byte, count: SealingKey.bytesCount))!  // Hex of 32 bytes.
    }

    static let keys = KeyRing(current: key())

    static func name(_ text: String) -> Secret.Name { Secret.Name(text)! }  // The tests' literals are names.

    static func password(_ text: String) -> SecretFields {
        ["username": SecretText("ann"), "password": SecretText(text)]
    }

    @discardableResult
    func secret(
        _ name: String, _ password: String = "hunter2", versionsMax: Int = 10, keys: KeyRing = Self.keys,
        rotation: RotationPolicy? = nil, now: Date? = nil
    ) async throws -> Secret {
        let sealed = try await SealedSecret(
            sealing: Self.password(password), of: Self.name(name), version: 1, in: self.tenant, with: keys)
        return try await self.run {
            try SecretStore.create(
                NewSecret(
                    name: Self.name(name), kind: .usernamePassword, versionsMax: versionsMax, rotation: rotation),
                sealed: sealed, by: "ann", reason: nil, now: now, on: $0)
        }
    }

    @discardableResult
    func put(
        _ name: String, _ password: String, as put: SecretStore.Put = .init(), keys: KeyRing = Self.keys,
        now: Date? = nil
    ) async throws -> Secret {
        let number = try await self.run {
            try SecretStore.nextVersion(of: name, expected: put.expected, now: now, on: $0).number
        }
        let sealed = try await SealedSecret(
            sealing: Self.password(password), of: Self.name(name), version: number, in: self.tenant, with: keys)
        return try await self.run { try SecretStore.put(sealed, as: put, by: "ann", reason: nil, now: now, on: $0) }
    }

    /// The password of a version.
    func password(
        _ name: String, version: Int? = nil, for purpose: SecretStore.Purpose = .use, keys: KeyRing = Self.keys,
        now: Date? = nil
    ) async throws -> String? {
        let sealed = try await self.run {
            try SecretStore.sealed(name, version: version, for: purpose, now: now, on: $0).sealed
        }
        return try await sealed.opened(with: keys)["password"]?.reveal { $0 }
    }

    func states(_ name: String, now: Date? = nil) async throws -> [Int: SecretVersion.State] {
        let versions = try await self.run { try SecretStore.versions(of: name, now: now, on: $0) }
        return Dictionary(versions.map { ($0.number, $0.state) }) { first, _ in first }
    }
}
