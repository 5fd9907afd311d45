import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Rotations whose version somebody promotes or takes away by its number, as if there were none.
struct SecretRotationNumberTests {
    @Test(arguments: [(nil, 100.0), (7.0, 7.0)] as [(Double?, Double)])
    func `who promotes the version by its number settles the rotation, with the overlap that was said`(
        overlap: Double?, lasting: Double
    ) async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            let promoted = try await store.run {
                try SecretStore.promote(
                    StoreFixture.rotatedName, version: 2, overlap: overlap.map { .seconds($0) }, by: "bob", reason: nil,
                    now: noon, on: $0)
            }
            #expect(promoted.currentVersion == 2)
            #expect(try await store.rotation(of: secret) == nil)
            let before = noon.addingTimeInterval(lasting - 1)
            #expect(try await store.rotatedStates(at: before) == [.live, .overlapping])
            let end = noon.addingTimeInterval(lasting)
            #expect(try await store.rotatedStates(at: end) == [.live, .superseded])
            // Nobody looks at it any more, and the next one begins.
            #expect(try await store.look(at: secret, now: noon.addingTimeInterval(60)) == .nothing)
            let actions = try await store.run { try ControlLog.list(of: StoreFixture.rotatedName, limit: 10, on: $0) }
            #expect(!actions.contains { $0.action == "secret.rotation_failed" })
            try await store.run { connection throws in
                try SecretRotationStore.begin(
                    3, of: promoted, overlap: .zero, lasting: .seconds(60), by: "ann", now: noon, on: connection)
            }
        }
    }

    @Test func `a promotion that is refused leaves the rotation as it is`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretStore.promote(
                        StoreFixture.rotatedName, version: 1, overlap: nil, by: "bob", reason: nil, now: noon, on: $0)
                }
            }
            #expect(try await store.rotation(of: secret)?.version == 2)
            #expect(try await store.rotatedStates() == [.pending, .live])
        }
    }

    @Test func `the version is refused by its number, too, when another one has been put meanwhile`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            let third = try await store.sealed(3, "three")
            _ = try await store.run { try SecretStore.put(third, by: "bob", reason: nil, now: noon, on: $0) }
            let refusal = await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretStore.promote(
                        StoreFixture.rotatedName, version: 2, overlap: nil, by: "bob", reason: nil, now: noon, on: $0)
                }
            }
            #expect(refusal?.description.contains("has got version 3 while version 2 waited") == true)
            #expect(refusal?.description.contains("casarectl secret rotate db/prod --discard") == true)
            #expect(try await store.rotatedVersion() == 3)
            #expect(try await store.rotation(of: secret)?.version == 2)
            #expect(try await store.rotatedStates() == [.live, .pending, .live])
        }
    }

    @Test func `a version that waits in no rotation is promoted over whatever is current`() async throws {
        try await withFixture { store in
            _ = try await store.rotatedSecret()
            let (second, third) = (try await store.sealed(2, "two"), try await store.sealed(3, "three"))
            let promoted = try await store.run { connection throws in
                _ = try SecretStore.put(
                    second, as: .init(isPending: true), by: "ann", reason: nil, now: noon, on: connection)
                _ = try SecretStore.put(third, by: "bob", reason: nil, now: noon, on: connection)
                return try SecretStore.promote(
                    StoreFixture.rotatedName, version: 2, overlap: nil, by: "ann", reason: nil, now: noon,
                    on: connection)
            }
            #expect(promoted.currentVersion == 2)
        }
    }

    @Test func `another pending version is promoted by its number, and the one of the rotation waits on`()
        async throws
    {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            let third = try await store.sealed(3, "three")
            _ = try await store.run { connection throws in
                _ = try SecretStore.put(
                    third, as: .init(isPending: true), by: "bob", reason: nil, now: noon, on: connection)
                return try SecretStore.promote(
                    StoreFixture.rotatedName, version: 3, overlap: nil, by: "bob", reason: nil, now: noon,
                    on: connection)
            }
            #expect(try await store.rotation(of: secret)?.version == 2)
            // The one before counts for those who name it: nobody has said for how long.
            #expect(try await store.rotatedStates() == [.live, .pending, .live])
        }
    }

    @Test func `a job that completes after its version was promoted by hand finds nothing left to do`() async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: "orders", generate: .uuid)
            let secret = try await store.rotatedSecret(policy)
            let job = try await store.leased()
            try await store.beginRotation(of: secret, job: job.lease.job, lasting: .seconds(600))
            _ = try await store.run {
                try SecretStore.promote(
                    StoreFixture.rotatedName, version: 2, overlap: nil, by: "bob", reason: nil, now: noon, on: $0)
            }
            try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            #expect(try await store.look(at: secret, now: noon.addingTimeInterval(5)) == .nothing)
            #expect(try await store.rotatedVersion() == 2)
            let places = try await store.database.asSystem {
                try SecretRotationStore.toLookAt(limit: 10, now: .distantFuture, on: $0)
            }
            #expect(places.isEmpty)
        }
    }

    enum End: CaseIterable, Sendable {
        case discard, destroy, destroyAll
    }

    @Test(arguments: End.allCases)
    func `who discards or destroys the version by its number ends the rotation`(end: End) async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            try await store.run { connection throws in
                switch end {
                case .discard:
                    _ = try SecretStore.discard(
                        StoreFixture.rotatedName, version: 2, by: "bob", reason: nil, now: noon, on: connection)
                case .destroy:
                    _ = try SecretStore.destroy(
                        StoreFixture.rotatedName, versions: [2], by: "bob", reason: nil, now: noon, on: connection)
                case .destroyAll:
                    _ = try SecretStore.destroy(
                        StoreFixture.rotatedName, by: "bob", reason: nil, now: noon, on: connection)
                }
            }
            #expect(try await store.rotation(of: secret) == nil)
            #expect(try await store.rotatedStates().first == .destroyed)
        }
    }

    @Test func `who destroys another version leaves the rotation as it is`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            _ = try await store.run {
                try SecretStore.destroy(
                    StoreFixture.rotatedName, versions: [1], by: "bob", reason: nil, now: noon, on: $0)
            }
            #expect(try await store.rotation(of: secret)?.version == 2)
        }
    }

    @Test(arguments: End.allCases)
    func `a policy has its turn later when its version was taken away by its number`(end: End) async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: "orders", generate: .uuid)
            let secret = try await store.rotatedSecret(policy)
            let due = noon.addingTimeInterval(3600)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: due, on: $0) }
            let job = try await store.submit(store.job())
            try await store.beginRotation(of: secret, job: job, at: due, lasting: .seconds(600))
            try await store.run { connection throws in
                switch end {
                case .discard:
                    _ = try SecretStore.discard(
                        StoreFixture.rotatedName, version: 2, by: "bob", reason: nil, now: due, on: connection)
                case .destroy:
                    _ = try SecretStore.destroy(
                        StoreFixture.rotatedName, versions: [2], by: "bob", reason: nil, now: due, on: connection)
                case .destroyAll:
                    _ = try SecretStore.destroy(
                        StoreFixture.rotatedName, by: "bob", reason: nil, now: due, on: connection)
                }
            }
            #expect(try await store.look(at: secret, now: due.addingTimeInterval(3599)) == .nothing)
            let look = try await store.look(at: secret, now: due.addingTimeInterval(3600))
            switch end {
            case .discard, .destroy:
                guard case .attempt(let found) = look else {
                    Issue.record("\(look)")
                    return
                }
                #expect(found.id == secret.id)
            // A secret that is deleted is rotated by nobody.
            case .destroyAll: #expect(look == .nothing)
            }
        }
    }
}
