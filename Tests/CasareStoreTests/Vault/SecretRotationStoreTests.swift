import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Rotations that somebody begins and ends by hand, by a clock that tests state.
struct SecretRotationStoreTests {
    @Test func `a version that waits is current when it is promoted, and the one before counts for a time`()
        async throws
    {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            #expect(try await store.rotatedVersion() == 1)
            #expect(try await store.rotatedStates() == [.pending, .live])
            let promoted = try await store.run {
                try SecretRotationStore.promote(
                    StoreFixture.rotatedName, version: 2, by: "ann", reason: nil, now: noon, on: $0)
            }
            #expect(promoted.currentVersion == 2)
            #expect(try await store.rotatedStates(at: noon.addingTimeInterval(99)) == [.live, .overlapping])
            #expect(try await store.rotatedStates(at: noon.addingTimeInterval(100)) == [.live, .superseded])
            let left = try await store.run { try SecretRotationStore.get(secret.id, on: $0) }
            #expect(left == nil)
        }
    }

    @Test func `a version that waits is destroyed when it is discarded, and the one before stays`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            let kept = try await store.run {
                try SecretRotationStore.discard(
                    StoreFixture.rotatedName, version: nil, by: "ann", reason: nil, now: noon, on: $0)
            }
            #expect(kept.currentVersion == 1)
            #expect(try await store.rotatedStates() == [.destroyed, .live])
        }
    }

    @Test func `while one is under way no other begins, and the error says who began it`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            let error = await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretRotationStore.begin(
                        3, of: secret, overlap: .zero, lasting: .seconds(60), by: "bob", now: noon, on: $0)
                }
            }
            #expect(error?.description.contains("by ann") == true)
        }
    }

    @Test func `it does not come in the place of a version that was put meanwhile`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            let third = try await store.sealed(3, "three")
            _ = try await store.run {
                try SecretStore.put(third, by: "bob", reason: nil, now: noon, on: $0)
            }
            await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretRotationStore.promote(
                        StoreFixture.rotatedName, version: 2, by: "ann", reason: nil, now: noon, on: $0)
                }
            }
            #expect(try await store.rotatedVersion() == 3)
        }
    }

    @Test(arguments: [1, 3])
    func `only the version that waits is promoted or discarded`(version: Int) async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretRotationStore.promote(
                        StoreFixture.rotatedName, version: version, by: "ann", reason: nil, now: noon, on: $0)
                }
            }
            await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretRotationStore.discard(
                        StoreFixture.rotatedName, version: version, by: "ann", reason: nil, now: noon, on: $0)
                }
            }
            #expect(try await store.rotatedStates() == [.pending, .live])
        }
    }

    @Test(arguments: [(59.0, false), (60.0, true)])
    func `what nobody ends is taken back when its time is over`(seconds: Double, isOver: Bool) async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            let now = noon.addingTimeInterval(seconds)
            let places = try await store.database.asSystem {
                try SecretRotationStore.toLookAt(limit: 10, now: now, on: $0)
            }
            #expect(places == (isOver ? [.init(tenant: store.tenant, secret: secret.id)] : []))
            let look = try await store.look(at: secret, now: now)
            if isOver {
                guard case .failed(_, version: 2, why: _) = look else {
                    Issue.record("\(look)")
                    return
                }
            } else {
                #expect(look == .nothing)
            }
            #expect(try await store.rotatedStates() == (isOver ? [.destroyed, .live] : [.pending, .live]))
            #expect(try await store.rotatedVersion() == 1)
        }
    }

    @Test func `no tenant sees or ends another's rotation`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')")
            let seen = try await store.database.asTenant(Tenant.ID(rawValue: 77)) {
                try SecretRotationStore.get(secret.id, on: $0)
            }
            #expect(seen == nil)
            await #expect(throws: StoreError.self) {
                try await store.database.asTenant(Tenant.ID(rawValue: 77)) {
                    try SecretRotationStore.discard(
                        secret.id.description, version: nil, by: "x", reason: nil, on: $0)
                }
            }
        }
    }
}
