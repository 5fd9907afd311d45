import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Everything is wrapped with a new key while it is served, and goes on where it was when it is stopped.
struct RekeyTests {
    private static let old = StoreFixture.key("5a")
    private static let new = StoreFixture.key("11")
    private static let both = KeyRing(current: new, former: [old])

    private static func names(_ count: Int) -> [String] { (0..<count).map { "s/\($0)" } }

    /// Wraps until there is nothing left to do.
    ///
    /// - Returns: how many rows were wrapped.
    @discardableResult
    private static func finish(_ store: StoreFixture, keys: KeyRing = both, batch: Int = 3) async throws -> Int {
        var done = 0
        for _ in 0..<1000 {
            switch try await RekeyWork(store.database, keys: keys, batch: batch).step() {
            case .idle, .finished: return done
            case .moved(let count, _): done += count
            }
        }
        Issue.record("it comes to no end")
        return done
    }

    private static func start(_ store: StoreFixture, _ key: SealingKey = new) async throws -> Rekey {
        try await store.database.asSystem { try RekeyStore.start(key.id, by: "ann", on: $0) }
    }

    private static func last(_ store: StoreFixture) async throws -> Rekey? {
        try await store.database.asSystem { try RekeyStore.last(on: $0) }
    }

    private static func keyIDs(_ store: StoreFixture) async throws -> [String: Int] {
        let rows = try await store.database.asSystem { connection in
            try connection.execute(
                """
                SELECT key_id, count(*) AS rows FROM (
                    SELECT key_id FROM secret_versions UNION ALL SELECT key_id FROM trigger_secrets
                ) AS kept WHERE key_id IS NOT NULL GROUP BY key_id
                """)
        }
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.string("key_id")] = try row.int("rows") }
        return counts
    }

    @Test(arguments: [1, 3, 500])
    func `all versions and secrets of triggers are wrapped with the new key`(batch: Int) async throws {
        try await withFixture { store in
            for name in Self.names(7) { try await store.secret(name, "of \(name)") }
            try await store.put("s/0", "second")
            _ = try await store.run { try SecretStore.destroy("s/6", by: "ann", reason: nil, on: $0) }
            let trigger = try await Self.trigger(store)
            let started = try await Self.start(store)
            #expect(started.finishedAt == nil && started.keyID == Self.new.id && started.startedBy == "ann")
            #expect(try await Self.finish(store, batch: batch) == 8)
            let ended = try #require(try await Self.last(store))
            #expect(ended.finishedAt != nil && ended.done == 8 && ended.failed == 0)
            #expect(try await Self.keyIDs(store) == [Self.new.id: 8])
            let alone = KeyRing(current: Self.new)
            for name in Self.names(6).dropFirst() {
                #expect(try await store.password(name, keys: alone) == "of \(name)")
            }
            #expect(try await store.password("s/0", keys: alone) == "second")
            #expect(try await store.password("s/0", version: 1, keys: alone) == "of s/0")
            let sealed = try await store.run { try TriggerStore.secrets(of: trigger, on: $0) }
            let opened = try alone.open(
                try #require(sealed.first), of: TriggerStore.place(of: trigger, in: store.tenant))
            #expect(String(decoding: opened, as: UTF8.self) == "of the hook")
        }
    }

    private static func trigger(_ store: StoreFixture) async throws -> Trigger.ID {
        let id = Trigger.ID.new(at: Date())
        let spec = TriggerSpec(source: .webhook(Webhook(auth: WebhookAuth(kind: .bearer))), workflow: "orders")
        let sealed = try self.old.seal(
            Array("of the hook".utf8), for: TriggerStore.place(of: id, in: store.tenant))
        return try await store.run {
            try TriggerStore.create(.init(id: id, name: "hook", spec: spec), secret: sealed, by: "ann", on: $0).id
        }
    }

    @Test func `who is stopped in the middle goes on there`() async throws {
        try await withFixture { store in
            for name in Self.names(10) { try await store.secret(name) }
            _ = try await Self.start(store)
            for _ in 0..<2 {
                let step = try await RekeyWork(store.database, keys: Self.both, batch: 2).step()
                #expect(step == .moved(done: 2, failed: 0))
            }
            #expect(try await Self.keyIDs(store) == [Self.new.id: 4, Self.old.id: 6])
            // All can be opened meanwhile, and put.
            for name in Self.names(10) { #expect(try await store.password(name, keys: Self.both) == "hunter2") }
            try await store.put("s/9", "later", keys: Self.both)
            // Another process: nothing but what stands in the database is known of the work so far.
            #expect(try await Self.finish(store, batch: 2) == 6)
            #expect(try #require(try await Self.last(store)).done == 10)
            #expect(try await Self.keyIDs(store) == [Self.new.id: 11])
        }
    }

    @Test func `several do each batch once`() async throws {
        try await withFixture { store in
            for name in Self.names(20) { try await store.secret(name) }
            _ = try await Self.start(store)
            let done = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 {
                    group.addTask { try await Self.finish(store, batch: 4) }
                }
                return try await group.reduce(0, +)
            }
            #expect(done == 20)
            #expect(try #require(try await Self.last(store)).done == 20)
            // And back, as another one.
            _ = try await Self.start(store, Self.old)
            let back = KeyRing(current: Self.old, former: [Self.new])
            #expect(try await Self.finish(store, keys: back, batch: 7) == 20)
            #expect(try await Self.keyIDs(store) == [Self.old.id: 20])
        }
    }

    @Test func `what came behind the place with the former key is wrapped by another pass`() async throws {
        try await withFixture { store in
            for name in Self.names(4) { try await store.secret(name) }
            _ = try await Self.start(store)
            _ = try await RekeyWork(store.database, keys: Self.both, batch: 4).step()
            // An orchestrator that has not been started again yet.
            try await store.put("s/0", "later")
            try await Self.finish(store)
            #expect(try await Self.keyIDs(store) == [Self.new.id: 5])
            #expect(try await store.password("s/0", keys: KeyRing(current: Self.new)) == "later")
        }
    }

    @Test func `what cannot be opened is named and left, and the rest is done`() async throws {
        try await withFixture { store in
            for name in Self.names(5) { try await store.secret(name) }
            try await store.secret("lost", keys: KeyRing(current: StoreFixture.key("22")))
            try await store.asOwner(
                """
                UPDATE secret_versions SET ciphertext = set_byte(ciphertext, 20, get_byte(ciphertext, 20) # 1)
                WHERE secret_id = (SELECT secret_id FROM secrets WHERE name = 's/3')
                """)
            _ = try await Self.start(store)
            #expect(try await Self.finish(store, batch: 2) == 4)
            let ended = try #require(try await Self.last(store))
            #expect(ended.finishedAt != nil && ended.done == 4 && ended.failed == 2)
            #expect(ended.failures.contains { $0.what.contains("secret s/3") && $0.why.contains("is damaged") })
            #expect(
                ended.failures.contains {
                    $0.what.contains("secret lost") && $0.why.contains(StoreFixture.key("22").id)
                })
            #expect(try await Self.keyIDs(store)[Self.new.id] == 4)
        }
    }

    @Test func `versions whose secret is gone are passed over, and are not taken for the end`() async throws {
        try await withFixture { store in
            for name in Self.names(6) { try await store.secret(name) }
            // As it is in the middle of the removal of a tenant. IDs are in the order of time: the first ones.
            try await store.asOwner("DELETE FROM secrets WHERE name IN ('s/0', 's/1', 's/2')")
            _ = try await Self.start(store)
            #expect(try await Self.finish(store, batch: 2) == 3)
            let ended = try #require(try await Self.last(store))
            #expect(ended.finishedAt != nil && ended.done == 3 && ended.failed == 0)
            for name in ["s/3", "s/4", "s/5"] {
                #expect(try await store.password(name, keys: KeyRing(current: Self.new)) == "hunter2")
            }
        }
    }

    @Test func `the end says how many could not be wrapped`() async throws {
        try await withFixture { store in
            try await store.secret("a")
            try await store.secret("lost", keys: KeyRing(current: StoreFixture.key("22")))
            _ = try await Self.start(store)
            var last = RekeyWork.Step.idle
            for _ in 0..<100 {
                let step = try await RekeyWork(store.database, keys: Self.both).step()
                if step == .idle { break }
                last = step
            }
            #expect(last == .finished(failed: 1))
        }
    }

    @Test func `who has another key leaves it to others, and a second start goes on with the first`() async throws {
        try await withFixture { store in
            for name in Self.names(4) { try await store.secret(name) }
            #expect(try await RekeyWork(store.database, keys: Self.both).step() == .idle, "nobody has asked")
            let first = try await Self.start(store)
            _ = try await RekeyWork(store.database, keys: Self.both, batch: 2).step()
            #expect(try await RekeyWork(store.database, keys: KeyRing(current: Self.old)).step() == .idle)
            let second = try await Self.start(store)
            #expect(second.id == first.id && second.done == 2)
            // Another key in the middle: from the beginning, with that.
            let third = StoreFixture.key("33")
            let redirected = try await Self.start(store, third)
            #expect(redirected.id == first.id && redirected.keyID == third.id)
            #expect(try await RekeyWork(store.database, keys: Self.both).step() == .idle)
            try await Self.finish(store, keys: KeyRing(current: third, former: [Self.new, Self.old]))
            #expect(try await Self.keyIDs(store) == [third.id: 4])
            #expect(try await Self.start(store, third).id != first.id, "after the end another one begins")
        }
    }

    @Test func `a key that cannot be reached changes nothing`() async throws {
        try await withFixture { store in
            for name in Self.names(3) { try await store.secret(name) }
            let away = AwayKey()
            let keys = KeyRing(current: away, former: [Self.old])
            _ = try await store.database.asSystem { try RekeyStore.start(away.id, by: "ann", on: $0) }
            await #expect(throws: KeyProviderError.unavailable(provider: away.id, why: "it is away")) {
                _ = try await RekeyWork(store.database, keys: keys).step()
            }
            #expect(try await Self.keyIDs(store) == [Self.old.id: 3])
            let last = try #require(try await Self.last(store))
            #expect(last.done == 0 && last.failed == 0 && last.finishedAt == nil)
        }
    }

    @Test func `secrets of triggers stay with the former key where the new one is kept elsewhere`() async throws {
        try await withFixture { store in
            try await store.secret("a")
            let trigger = try await Self.trigger(store)
            let elsewhere = ElsewhereKey(key: Self.new)
            let keys = KeyRing(current: elsewhere, former: [Self.old])
            _ = try await store.database.asSystem { try RekeyStore.start(elsewhere.id, by: "ann", on: $0) }
            #expect(try await Self.finish(store, keys: keys) == 1)
            let ended = try #require(try await Self.last(store))
            #expect(ended.finishedAt != nil && ended.failed == 1)
            #expect(ended.failures.first?.what.contains("trigger") == true)
            #expect(ended.failures.first?.why.contains(Self.old.id) == true)
            #expect(try await store.password("a", keys: KeyRing(current: elsewhere)) == "hunter2")
            let sealed = try await store.run { try TriggerStore.secrets(of: trigger, on: $0) }
            let place = TriggerStore.place(of: trigger, in: store.tenant)
            let opened = try keys.open(try #require(sealed.first), of: place)
            #expect(String(decoding: opened, as: UTF8.self) == "of the hook")
        }
    }

    @Test func `a version that is destroyed while it is wrapped is gone all the same, and the rest is done`()
        async throws
    {
        try await withFixture { store in
            try await store.secret("a", "one")
            try await store.put("a", "two")
            let slow = SlowKey(key: Self.new) {
                _ = try await store.run {
                    try SecretStore.destroy("a", versions: [1], by: "ann", reason: nil, on: $0)
                }
            }
            _ = try await Self.start(store)
            try await Self.finish(store, keys: KeyRing(current: slow, former: [Self.old]))
            #expect(try #require(try await Self.last(store)).finishedAt != nil)
            #expect(try await store.states("a")[1]?.kind == .destroyed)
            #expect(try await Self.keyIDs(store) == [Self.new.id: 1])
            #expect(try await store.password("a", keys: KeyRing(current: Self.new)) == "two")
        }
    }

    @Test func `the key of an authority that is replaced while it is wrapped is gone all the same`() async throws {
        try await withFixture { store in
            let first = try await store.authority("a")
            let slow = SlowKey(key: Self.new) {
                _ = try await store.authority("b", replacing: first.id, keys: KeyRing(current: Self.new))
            }
            _ = try await Self.start(store)
            try await Self.finish(store, keys: KeyRing(current: slow, former: [Self.old]))
            #expect(try #require(try await Self.last(store)).finishedAt != nil)
            let kept = try await store.database.asSystem { connection in
                try connection.execute(
                    "SELECT certificate, key_id FROM certificate_authorities WHERE wrapped_key IS NOT NULL"
                ).map { "\(try $0.string("certificate")) \(try $0.string("key_id"))" }
            }
            #expect(kept == ["the certificate b \(Self.new.id)"])
        }
    }

    /// Something else is done before it wraps, as while a key that is elsewhere is asked.
    private struct SlowKey: KeyProvider {
        let key: SealingKey
        let meanwhile: @Sendable () async throws -> Void

        var id: String { self.key.id }

        func wrap(_ dataKey: [UInt8], for place: String) async throws -> WrappedKey {
            try await self.meanwhile()
            return try await self.key.wrap(dataKey, for: place)
        }

        func unwrap(_ key: WrappedKey, for place: String) async throws -> [UInt8] {
            try await self.key.unwrap(key, for: place)
        }
    }

    /// Wraps as a local key does, and seals nothing else.
    private struct ElsewhereKey: KeyProvider {
        let key: SealingKey
        let id = "elsewhere"

        func wrap(_ dataKey: [UInt8], for place: String) async throws -> WrappedKey {
            WrappedKey(bytes: try await self.key.wrap(dataKey, for: place).bytes, keyID: self.id)
        }

        func unwrap(_ key: WrappedKey, for place: String) async throws -> [UInt8] {
            try await self.key.unwrap(WrappedKey(bytes: key.bytes, keyID: self.key.id), for: place)
        }
    }

    private struct AwayKey: KeyProvider {
        let id = "away"

        func wrap(_ dataKey: [UInt8], for place: String) async throws -> WrappedKey {
            throw KeyProviderError.unavailable(provider: self.id, why: "it is away")
        }

        func unwrap(_ key: WrappedKey, for place: String) async throws -> [UInt8] {
            throw KeyProviderError.unavailable(provider: self.id, why: "it is away")
        }
    }
}
