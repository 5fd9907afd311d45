import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// What becomes of rotations by policy in a database that was restored from a backup. Secrets are from noon, and due an
/// hour later.
struct RestoredRotationTests {
    private static let policy = RotationPolicy(everySeconds: 3600, hook: "orders", generate: .uuid)
    private static let due = noon + 3600
    private static let muchLater = noon + 5_000_000

    private func declare(_ store: StoreFixture, now: Date = Self.due) async throws {
        _ = try await store.database.inSystem {
            try RestoreStore.declare(.init(by: "ann", why: "disk lost"), zones: StoreFixture.zones, now: now, on: $0)
        }
    }

    private func finding(_ store: StoreFixture) async throws -> DoctorFinding {
        try #require(try await Doctor.examine(store.database.configuration).first { $0.check == .restore })
    }

    private func isHeld(_ store: StoreFixture) async throws -> Bool {
        try await store.run { try SecretStore.get(StoreFixture.rotatedName, on: $0) }.rotationHeld
    }

    /// What the loop does: it tells of the secret, and then looks at it.
    private func isAttempted(_ secret: Secret, _ store: StoreFixture, now: Date) async throws -> Bool {
        _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
        let look = try await store.look(at: secret, now: now)
        guard case .attempt = look else {
            #expect(look == .nothing)
            return false
        }
        return true
    }

    @Test func `a secret that was due is told of, and rotated when somebody has given it a value`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            try await self.declare(store)
            let told = try await self.finding(store)
            #expect(told.level == .warning && told.summary.contains("1 secret "), "\(told)")
            #expect(told.facts["rotations_left"] == 1)
            #expect(told.advice.contains { $0.hasPrefix("casarectl secret policy NAME") })
            #expect(try await self.isHeld(store))
            let overdue = try await store.database.asSystem {
                try SecretRotationStore.overdue(limit: 10, now: Self.due, on: $0)
            }
            #expect(overdue.map(\.secret) == [secret.id])
            let attempted = try await self.isAttempted(secret, store, now: Self.muchLater)
            #expect(!attempted)
            // As the loop does with what it could not look at.
            try await store.run { try SecretRotationStore.postpone(secret.id, now: Self.due, on: $0) }
            #expect(try await store.look(at: secret, now: Self.muchLater) == .nothing)
            let second = try await store.sealed(2, "two")
            _ = try await store.run { try SecretStore.put(second, by: "bob", reason: nil, now: Self.muchLater, on: $0) }
            let isStillHeld = try await self.isHeld(store)
            #expect(!isStillHeld)
            #expect(try await self.finding(store).level == .ok)
            let early = try await self.isAttempted(secret, store, now: Self.muchLater + 3599)
            let again = try await self.isAttempted(secret, store, now: Self.muchLater + 3600)
            #expect(!early && again)
        }
    }

    @Test func `a secret whose policy is said again is rotated at once`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            try await self.declare(store)
            let before = try await self.isAttempted(secret, store, now: Self.due)
            try await store.run { try SecretRotationStore.release(StoreFixture.rotatedName, now: Self.due, on: $0) }
            let isStillHeld = try await self.isHeld(store)
            let after = try await self.isAttempted(secret, store, now: Self.due)
            #expect(!before && !isStillHeld && after)
        }
    }

    @Test func `a secret that is due later, or has no hook, is left as it is`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            _ = try await store.secret("db/told", rotation: RotationPolicy(everySeconds: 3600), now: noon - 3600)
            try await self.declare(store, now: Self.due - 1)
            #expect(try await self.finding(store).level == .ok)
            let isHeld = try await self.isHeld(store)
            let isOtherHeld = try await store.run { try SecretStore.get("db/told", on: $0) }.rotationHeld
            let attempted = try await self.isAttempted(secret, store, now: Self.due)
            #expect(!isHeld && !isOtherHeld && attempted)
        }
    }

    @Test func `one that was to be tried again is held, too`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            try await store.run {
                try SecretRotationStore.noteFailure(of: secret, why: "it is so", now: Self.due, on: $0)
            }
            try await self.declare(store, now: Self.due + 60)
            let attempted = try await self.isAttempted(secret, store, now: Self.muchLater)
            #expect(try await self.isHeld(store))
            #expect(!attempted)
        }
    }

    @Test func `a policy that was about to begin is refused, and a person is not`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            let job = try await store.submit(store.job())
            try await self.declare(store)
            let refused = await #expect(throws: StoreError.self) {
                try await store.beginRotation(of: secret, job: job, at: Self.due)
            }
            #expect(refused?.description.contains("restored from a backup") == true)
            #expect(try await self.isHeld(store))
            try await store.beginRotation(of: secret, at: Self.due)
            #expect(try await store.rotation(of: secret)?.isHeld == false)
        }
    }

    @Test func `a version whose hook is a job waits as long as the job does`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            let job = try await store.submit(store.job())
            try await store.beginRotation(of: secret, job: job, at: Self.due)
            try await self.declare(store, now: Self.due + 1)
            #expect(try await store.status(job) == .paused)
            #expect(try await store.look(at: secret, now: Self.muchLater) == .goesOn)
            #expect(try await store.rotatedStates() == [.pending, .live])
            #expect(try await self.finding(store).facts["rotations_left"] == 1)
            try await store.run { _ = try JobStore.cancel(job, by: "ann", reason: nil, on: $0) }
            let look = try await store.look(at: secret, now: Self.muchLater + 5)
            guard case .failed(_, version: 2, _) = look else {
                Issue.record("\(look)")
                return
            }
            #expect(try await store.rotatedStates() == [.destroyed, .live])
            // The value of before may be an old one all the same.
            #expect(try await store.look(at: secret, now: Self.muchLater + 7200) == .nothing)
            #expect(try await self.isHeld(store))
        }
    }

    @Test(arguments: [nil, Self.policy])
    func `a version that waits for somebody's own hook is given up by a person alone`(
        policy: RotationPolicy?
    ) async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(policy)
            try await store.beginRotation(of: secret, at: Self.due)
            try await self.declare(store, now: Self.due + 1)
            #expect(try await store.look(at: secret, now: Self.muchLater) == .nothing)
            #expect(try await store.rotatedStates() == [.pending, .live])
            _ = try await store.run {
                try SecretRotationStore.discard(
                    StoreFixture.rotatedName, version: nil, by: "bob", reason: nil, now: Self.muchLater, on: $0)
            }
            let isHeld = try await self.isHeld(store)
            #expect(isHeld == (policy != nil))
        }
    }

    @Test func `secrets of all tenants are held, and one is released alone`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            let other = try await StoreFixture(store.database, tenant: Tenant.ID(rawValue: 2))
            let (mine, theirs) = (
                try await store.rotatedSecret(Self.policy), try await other.rotatedSecret(Self.policy)
            )
            try await self.declare(store)
            #expect(try await self.finding(store).facts["rotations_left"] == 2)
            try await store.run { try SecretRotationStore.release(StoreFixture.rotatedName, now: Self.due, on: $0) }
            let attempted = try await self.isAttempted(mine, store, now: Self.due)
            let isOtherAttempted = try await self.isAttempted(theirs, other, now: Self.muchLater)
            #expect(attempted && !isOtherAttempted)
            #expect(try await self.finding(store).facts["rotations_left"] == 1)
        }
    }
}
