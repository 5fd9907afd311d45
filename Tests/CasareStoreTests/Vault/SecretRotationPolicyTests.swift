import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// The age of secrets, and the policies that say when they are rotated.
struct SecretRotationPolicyTests {
    @Test func `one that waits is forgotten when the secret has got a new value`() async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: "orders", generate: .uuid)
            let secret = try await store.rotatedSecret(policy)
            try await store.run {
                try SecretRotationStore.noteFailure(
                    of: secret, why: "it is so", now: noon.addingTimeInterval(3600), on: $0)
            }
            let second = try await store.sealed(2, "two")
            let later = noon.addingTimeInterval(7000)
            _ = try await store.run { try SecretStore.put(second, by: "bob", reason: nil, now: later, on: $0) }
            #expect(try await store.look(at: secret, now: noon.addingTimeInterval(7200)) == .nothing)
            let places = try await store.database.asSystem {
                try SecretRotationStore.toLookAt(limit: 10, now: .distantFuture, on: $0)
            }
            #expect(places.isEmpty)
        }
    }

    @Test(arguments: [nil, "orders"])
    func `a policy has its turn after a version that waited meanwhile has come to nothing`(
        hook: String?
    ) async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: hook, generate: .uuid)
            let secret = try await store.rotatedSecret(policy)
            // Somebody rotates it by hand when its time comes: it is told of, and left alone.
            try await store.beginRotation(of: secret, at: noon.addingTimeInterval(3590), lasting: .seconds(600))
            let due = noon.addingTimeInterval(3600)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: due, on: $0) }
            #expect(try await store.look(at: secret, now: due) == .nothing)
            let discarded = noon.addingTimeInterval(3700)
            _ = try await store.run {
                try SecretRotationStore.discard(
                    StoreFixture.rotatedName, version: 2, by: "ann", reason: nil, now: discarded, on: $0)
            }
            let early = try await store.look(at: secret, now: discarded.addingTimeInterval(3599))
            #expect(early == .nothing)
            let look = try await store.look(at: secret, now: discarded.addingTimeInterval(3600))
            if hook == nil {
                #expect(look == .nothing)
            } else {
                guard case .attempt(let found) = look else {
                    Issue.record("\(look)")
                    return
                }
                #expect(found.id == secret.id)
            }
        }
    }

    @Test func `a secret that a provider keeps has no policy of rotation`() async throws {
        try await withFixture { store in
            func create(_ rotation: RotationPolicy?) async throws -> Secret {
                try await store.run {
                    try SecretStore.create(
                        NewSecret(
                            name: StoreFixture.name("crm"), kind: .apiKey, rotation: rotation,
                            provider: ("corp", "apps/crm")), sealed: nil, by: "ann", reason: nil, on: $0)
                }
            }
            let policy = RotationPolicy(everySeconds: 3600)
            let refused = await #expect(throws: StoreError.self) { _ = try await create(policy) }
            #expect(refused?.description.contains("rotated there") == true)
            _ = try await create(nil)
            await #expect(throws: StoreError.self) {
                try await store.run {
                    _ = try SecretStore.update("crm", by: "ann", on: $0) { $0.rotation = policy }
                }
            }
        }
    }

    @Test(arguments: [(3599.0, false), (3600.0, true)])
    func `a secret is told of once when it is as old as its policy allows`(seconds: Double, isDue: Bool) async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(RotationPolicy(everySeconds: 3600))
            let now = noon.addingTimeInterval(seconds)
            let due = try await store.database.asSystem {
                try SecretRotationStore.overdue(limit: 10, now: now, on: $0)
            }
            #expect(due.map(\.secret) == (isDue ? [secret.id] : []))
            let noted = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
            #expect((noted != nil) == isDue)
            let again = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
            #expect(again == nil)
            let told = try await store.run { try ControlLog.list(of: StoreFixture.rotatedName, limit: 10, on: $0) }
            #expect(told.count { $0.action == "secret.rotation_due" } == (isDue ? 1 : 0))
            let rest = try await store.database.asSystem {
                try SecretRotationStore.overdue(limit: 10, now: now, on: $0)
            }
            #expect(rest.isEmpty)
        }
    }

    @Test(arguments: [nil, "orders"])
    func `one that is due is tried at once where its policy says how`(hook: String?) async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: hook, generate: .uuid)
            let secret = try await store.rotatedSecret(policy)
            let now = noon.addingTimeInterval(3600)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
            let look = try await store.look(at: secret, now: now)
            if hook == nil {
                #expect(look == .nothing)
            } else {
                guard case .attempt(let found) = look else {
                    Issue.record("\(look)")
                    return
                }
                #expect(found.id == secret.id)
            }
        }
    }

    @Test func `a new version begins its age anew, and it is told of again`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(RotationPolicy(everySeconds: 3600))
            let first = noon.addingTimeInterval(3600)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: first, on: $0) }
            let second = try await store.sealed(2, "two")
            _ = try await store.run { try SecretStore.put(second, by: "ann", reason: nil, now: first, on: $0) }
            for (seconds, isDue) in [(3599.0, false), (3600, true)] {
                let noted = try await store.run {
                    try SecretRotationStore.noteOverdue(
                        secret.id, now: first.addingTimeInterval(seconds), on: $0)
                }
                #expect((noted != nil) == isDue)
            }
        }
    }

    @Test func `metrics tell the age of those that have a policy`() async throws {
        try await withFixture { store in
            _ = try await store.rotatedSecret(RotationPolicy(everySeconds: 7200))
            let ages = try await store.database.asSystem { try SecretRotationStore.ages(on: $0) }
            #expect(
                ages == [
                    .init(
                        name: StoreFixture.rotatedName, provider: "casare", rotatedSeconds: noon.timeIntervalSince1970,
                        limitSeconds: 7200)
                ])
        }
    }
}
