import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// The life of certificate authorities, and where their keys are.
struct CertificateAuthorityStoreTests {
    private static func list(_ store: StoreFixture) async throws -> [CertificateAuthority.State] {
        try await store.database.asSystem { try CertificateAuthorityStore.list(on: $0) }.map(\.state)
    }

    private static func finish(_ store: StoreFixture, at now: Date) async throws -> Int {
        try await store.database.asSystem { try CertificateAuthorityStore.finish(now: now, on: $0) }.count
    }

    @Test func `of several who make the first one does`() async throws {
        try await withFixture { store in
            let first = try await store.authority("a")
            let second = try await store.authority("b", now: noon + 1)
            #expect(second == first)
            #expect(try await Self.list(store) == [.active])
        }
    }

    @Test func `the key opens with its own ring, and for its own authority`() async throws {
        try await withFixture { store in
            let authority = try await store.authority()
            let active = try #require(
                try await store.database.asSystem { try CertificateAuthorityStore.active(on: $0) })
            #expect(active.authority == authority)
            #expect(try await active.key.opened(with: StoreFixture.keys) == Array("the key a".utf8))
            let other = KeyRing(current: StoreFixture.key("11"))
            await #expect(throws: KeyProviderError.self) { try await active.key.opened(with: other) }
            let elsewhere = SealedAuthorityKey(
                authority: CertificateAuthority.ID.new(at: noon), ciphertext: active.key.ciphertext,
                key: active.key.key)
            await #expect(throws: KeyProviderError.self) { try await elsewhere.opened(with: StoreFixture.keys) }
            var altered = active.key.ciphertext
            altered[altered.count - 1] ^= 1
            let damaged = SealedAuthorityKey(authority: authority.id, ciphertext: altered, key: active.key.key)
            await #expect(throws: KeyProviderError.altered) { try await damaged.opened(with: StoreFixture.keys) }
        }
    }

    @Test func `what the one before has signed counts until it ends, and then that one has retired`() async throws {
        try await withFixture { store in
            let old = try await store.authority("a")
            try await store.certificate("1", by: old)
            let new = try await store.authority("b", replacing: old.id, now: noon + 60)
            try await store.certificate("2", by: new, lasting: 7200, now: noon + 61)
            #expect(try await Self.list(store) == [.active, .retiring])
            #expect(try await store.counting("12", now: noon + 100) == "12")
            #expect(try await Self.finish(store, at: noon + 3599) == 0)
            #expect(try await Self.finish(store, at: noon + 3600) == 1)
            #expect(try await Self.list(store) == [.active, .retired])
            #expect(try await store.counting("12", now: noon + 3000) == "2")
            // The one that signs stays, whatever it has signed.
            #expect(try await Self.finish(store, at: noon + 1_000_000) == 0)
        }
    }

    @Test func `one that has signed nothing stays for a moment, for what is just being signed`() async throws {
        try await withFixture { store in
            let old = try await store.authority("a")
            try await store.authority("b", replacing: old.id, now: noon)
            #expect(try await Self.finish(store, at: noon + 60) == 0)
            #expect(try await Self.finish(store, at: noon + 61) == 1)
        }
    }

    @Test func `the key of one that signs no more is gone`() async throws {
        try await withFixture { store in
            let old = try await store.authority("a")
            try await store.authority("b", replacing: old.id, now: noon + 60)
            let keys = try await store.database.asSystem { connection in
                try connection.execute(
                    "SELECT count(*) AS count FROM certificate_authorities WHERE wrapped_key IS NOT NULL"
                ).only().int("count")
            }
            #expect(keys == 1)
        }
    }

    @Test func `of two who put another in its place one does`() async throws {
        try await withFixture { store in
            let old = try await store.authority("a")
            try await store.authority("b", replacing: old.id, now: noon + 60)
            await #expect(throws: StoreError.self) {
                try await store.authority("c", replacing: old.id, now: noon + 61)
            }
            #expect(try await Self.list(store) == [.active, .retiring])
        }
    }

    @Test func `nothing counts of one that has ended`() async throws {
        try await withFixture { store in
            let authority = try await store.authority(until: noon + 100)
            try await store.certificate("1", by: authority)
            #expect(try await store.counting("1", now: noon + 99) == "1")
            #expect(try await store.counting("1", now: noon + 100) == "")
        }
    }

    @Test func `no tenant sees the authorities`() async throws {
        try await withFixture { store in
            try await store.authority()
            await #expect(throws: PostgresError.self) {
                try await store.run { _ = try $0.execute("SELECT authority_id FROM certificate_authorities") }
            }
        }
    }

    @Test func `a change of keys wraps theirs too`() async throws {
        try await withFixture { store in
            let (old, new) = (StoreFixture.key("5a"), StoreFixture.key("11"))
            try await store.authority(keys: KeyRing(current: old))
            _ = try await store.database.asSystem { try RekeyStore.start(new.id, by: "ann", on: $0) }
            let both = KeyRing(current: new, former: [old])
            var done = 0
            steps: for _ in 0..<100 {
                switch try await RekeyWork(store.database, keys: both, batch: 1).step() {
                case .idle, .finished: break steps
                case .moved(let count, let failed):
                    done += count
                    #expect(failed == 0)
                }
            }
            #expect(done == 1)
            let active = try #require(
                try await store.database.asSystem { try CertificateAuthorityStore.active(on: $0) })
            #expect(active.key.key.keyID == new.id)
            #expect(try await active.key.opened(with: KeyRing(current: new)) == Array("the key a".utf8))
        }
    }
}
