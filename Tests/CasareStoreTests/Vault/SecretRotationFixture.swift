import CasareDomain
import CasareStore
import FoundationEssentials

/// Short ways to what tests of rotations do all the time: to one secret, by a clock that they state.
extension StoreFixture {
    static let rotatedName = "db/prod"

    func sealed(_ version: Int, _ value: String) async throws -> SealedSecret {
        try await SealedSecret(
            sealing: Self.password(value), of: Self.name(Self.rotatedName), version: version, in: self.tenant,
            with: Self.keys)
    }

    func rotatedSecret(_ policy: RotationPolicy? = nil) async throws -> Secret {
        try await self.secret(Self.rotatedName, "one", rotation: policy, now: noon)
    }

    /// A rotation whose version 2 waits.
    func beginRotation(
        of secret: Secret, job: Job.ID? = nil, at now: Date = noon, lasting: Duration = .seconds(60)
    ) async throws {
        let sealed = try await self.sealed(2, "two")
        try await self.run { connection throws in
            try SecretRotationStore.begin(
                2, of: secret, overlap: .seconds(100), job: job, lasting: lasting, by: "ann", now: now, on: connection)
            _ = try SecretStore.put(
                sealed, as: .init(isPending: true), by: "ann", reason: nil, now: now, on: connection)
        }
    }

    /// The newest version first.
    func rotatedStates(at now: Date = noon) async throws -> [SecretVersion.Kind] {
        try await self.run { try SecretStore.versions(of: Self.rotatedName, now: now, on: $0) }.map(\.state.kind)
    }

    /// The current one.
    func rotatedVersion() async throws -> Int {
        try await self.run { try SecretStore.get(Self.rotatedName, on: $0) }.currentVersion
    }

    /// The one that is under way.
    func rotation(of secret: Secret) async throws -> SecretRotation? {
        try await self.run { try SecretRotationStore.get(secret.id, on: $0) }
    }

    func look(at secret: Secret, now: Date) async throws -> SecretRotationStore.Look {
        try await self.run { try SecretRotationStore.look(at: secret.id, now: now, on: $0) }
    }
}
