import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// What happens to secrets is told of, once, in the transaction in which it happens, and without values.
struct SecretEventTests {
    private struct Killed: Error {}

    /// All events of a tenant that are no jobs', in order.
    private static func events(_ store: StoreFixture, of tenant: Tenant.ID? = nil) async throws -> [StoredEvent] {
        try await store.database.asTenant(tenant ?? store.tenant) { connection in
            let look = try EventFeed.look(on: connection)
            return try EventFeed.span(after: .start, through: look.last, limit: 1000, on: connection).events
        }.filter { $0.job == nil }
    }

    private static func kinds(_ store: StoreFixture) async throws -> [String] {
        try await self.events(store).map(\.kind)
    }

    private static let policy = RotationPolicy(everySeconds: 3600)
    private static let due = noon.addingTimeInterval(3600)

    // MARK: - Age

    @Test(arguments: [(3599.0, 0), (3600.0, 1)])
    func `that a secret is due is told of once, however often it is looked at`(
        seconds: Double, count: Int
    ) async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            let now = noon.addingTimeInterval(seconds)
            for _ in 0..<3 {
                _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
            }
            let events = try await Self.events(store)
            #expect(events.map(\.kind) == Array(repeating: "secret.rotation_due", count: count))
            guard let event = events.first else { return }
            #expect(event.subject == .secret("db/prod") && event.at == now)
            let detail: Object = ["secret": "db/prod", "version": 1, "every_seconds": 3600]
            #expect(event.detail == detail)
        }
    }

    @Test func `of many who find out at once one tells`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            let noted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await store.run {
                            try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: $0) != nil
                        }
                    }
                }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(noted.count { $0 } == 1)
            #expect(try await Self.kinds(store) == ["secret.rotation_due"])
        }
    }

    @Test func `who is killed before the commit has told nothing, and it is told of the next time`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            await #expect(throws: Killed.self) {
                try await store.run { connection throws -> Void in
                    _ = try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: connection)
                    throw Killed()
                }
            }
            #expect(try await Self.kinds(store).isEmpty)
            let left = try await store.database.asSystem {
                try SecretRotationStore.overdue(limit: 10, now: Self.due, on: $0)
            }
            #expect(left.map(\.secret) == [secret.id])
            let noted = try await store.run {
                try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: $0)
            }
            #expect(noted != nil)
            #expect(try await Self.kinds(store) == ["secret.rotation_due"])
        }
    }

    @Test func `a new version that becomes too old is told of again`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: $0) }
            try await store.put("db/prod", "two", now: Self.due)
            let again = Self.due.addingTimeInterval(3600)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: again, on: $0) }
            let events = try await Self.events(store)
            #expect(events.map(\.kind) == ["secret.rotation_due", "secret.rotation_due"])
            #expect(events.compactMap { $0.detail["version"]?.int } == [1, 2])
        }
    }

    @Test func `one that cannot be read is told of as well, and does not keep others from their turn`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            try await store.asOwner("UPDATE secrets SET rotation = '{\"every_seconds\": \"long\"}'")
            await #expect(throws: StoreError.self) {
                _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: $0) }
            }
            for _ in 0..<2 {
                try await store.run { try SecretRotationStore.postpone(secret.id, now: Self.due, on: $0) }
            }
            #expect(try await Self.kinds(store) == ["secret.rotation_due"])
            let left = try await store.database.asSystem {
                try SecretRotationStore.overdue(limit: 10, now: Self.due, on: $0)
            }
            #expect(left.isEmpty)
            let told = try await store.run { try ControlLog.list(of: "db/prod", limit: 10, on: $0) }
            #expect(told.count { $0.action == "secret.rotation_due" } == 1)
        }
    }

    // MARK: - Rotations

    @Test func `a rotation tells of its beginning and of its end`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            _ = try await store.run {
                try SecretRotationStore.promote("db/prod", version: 2, by: "bob", reason: nil, now: noon, on: $0)
            }
            let events = try await Self.events(store)
            #expect(events.map(\.kind) == ["secret.rotation_started", "secret.rotated"])
            for (event, person) in zip(events, ["ann", "bob"]) {
                let detail: Object = [
                    "secret": "db/prod", "version": 2, "previous_version": 1, "by": .string(person),
                ]
                #expect(event.detail == detail)
            }
        }
    }

    @Test func `a rotation without a hook, and a rollback, tell of their end alone`() async throws {
        try await withFixture { store in
            _ = try await store.rotatedSecret()
            try await store.put("db/prod", "two", now: noon)
            #expect(try await Self.kinds(store).isEmpty)
            try await store.put("db/prod", "three", as: .init(overlap: .seconds(1), origin: .rotation), now: noon)
            try await store.put("db/prod", "two", as: .init(origin: .rollback(to: 2)), now: noon)
            let events = try await Self.events(store)
            #expect(events.map(\.kind) == ["secret.rotated", "secret.rolled_back"])
            #expect(events.last?.detail["to"] == 2 && events.last?.detail["version"] == 4)
            #expect(events.last?.detail["previous_version"] == 3)
        }
    }

    enum Way: CaseIterable, Sendable { case rotation, version, destruction }

    @Test(arguments: Way.allCases)
    func `what somebody takes back is told of by whichever way`(way: Way) async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            _ = try await store.run { connection -> Secret in
                switch way {
                case .rotation:
                    try SecretRotationStore.discard(
                        "db/prod", version: 2, by: "bob", reason: nil, now: noon, on: connection)
                case .version:
                    try SecretStore.discard("db/prod", version: 2, by: "bob", reason: nil, now: noon, on: connection)
                case .destruction:
                    try SecretStore.destroy(
                        "db/prod", versions: [2], by: "bob", reason: nil, now: noon, on: connection)
                }
            }
            let events = try await Self.events(store)
            #expect(events.map(\.kind) == ["secret.rotation_started", "secret.rotation_discarded"])
            #expect(events.last?.detail["version"] == 2 && events.last?.detail["by"] == "bob")
        }
    }

    @Test func `what nobody ends has failed, and is told of once`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            try await store.beginRotation(of: secret)
            for seconds in [59.0, 60, 61] {
                _ = try await store.look(at: secret, now: noon.addingTimeInterval(seconds))
            }
            let events = try await Self.events(store)
            #expect(events.map(\.kind) == ["secret.rotation_started", "secret.rotation_failed"])
            #expect(events.last?.detail["version"] == 2 && events.last?.detail["why"]?.string?.isEmpty == false)
        }
    }

    @Test func `the job of a hook is named, and what it came to is told of once`() async throws {
        for (completes, kind) in [(true, "secret.rotated"), (false, "secret.rotation_failed")] {
            try await withFixture { store in
                let secret = try await store.rotatedSecret()
                let job = try await store.leased()
                try await store.beginRotation(of: secret, job: job.lease.job, lasting: .seconds(600))
                if completes {
                    try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
                } else {
                    _ = try await store.fail(job, .business)
                }
                for seconds in [5.0, 6] {
                    _ = try await store.look(at: secret, now: noon.addingTimeInterval(seconds))
                }
                let events = try await Self.events(store)
                #expect(events.map(\.kind) == ["secret.rotation_started", kind])
                #expect(events.first?.detail["job"]?.string == job.lease.job.description)
            }
        }
    }

    @Test func `no event has a value of a secret`() async throws {
        try await withFixture { store in
            let values = ["one", "two", "hunter2", "swordfish"]
            let secret = try await store.rotatedSecret(Self.policy)
            try await store.put("db/prod", "hunter2", as: .init(origin: .rotation), now: noon)
            try await store.put("db/prod", "swordfish", as: .init(origin: .rollback(to: 1)), now: noon)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: $0) }
            let events = try await Self.events(store)
            #expect(events.count == 3)
            for event in events {
                let text = Value.object(event.detail).jsonText(.compact)
                for value in values { #expect(!text.contains("\"\(value)\""), "\(text)") }
            }
        }
    }

    // MARK: - Times that are over

    private static func expired(_ store: StoreFixture, at now: Date) async throws -> [SecretExpiryStore.Place] {
        try await store.database.asSystem { try SecretExpiryStore.expired(limit: 10, now: now, on: $0) }
    }

    /// As the loop does it, twice.
    private static func note(_ store: StoreFixture, at now: Date) async throws {
        let places = try await self.expired(store, at: now)
        for place in places + places {
            _ = try await store.run { try SecretExpiryStore.note(place, now: now, on: $0) }
        }
    }

    @Test(arguments: [nil, 1])
    func `that a time is over is told of once, and again when somebody gives it another one`(
        version: Int?
    ) async throws {
        try await withFixture { store in
            _ = try await store.rotatedSecret()
            func expire(at seconds: Double?) async throws {
                _ = try await store.run {
                    try SecretStore.expire(
                        "db/prod", version: version, at: seconds.map { noon.addingTimeInterval($0) }, by: "ann",
                        reason: nil, now: noon, on: $0)
                }
            }
            try await expire(at: 100)
            for (seconds, count) in [(99.0, 0), (100, 1), (101, 1)] {
                try await Self.note(store, at: noon.addingTimeInterval(seconds))
                #expect(try await Self.kinds(store).count == count, "\(seconds)")
            }
            // The same time is no other one.
            try await expire(at: 100)
            try await Self.note(store, at: noon.addingTimeInterval(102))
            #expect(try await Self.kinds(store).count == 1)
            try await expire(at: nil)
            try await expire(at: 200)
            try await Self.note(store, at: noon.addingTimeInterval(200))
            let events = try await Self.events(store)
            #expect(events.map(\.kind) == ["secret.expired", "secret.expired"])
            #expect(events.first?.detail["version"]?.int == version)
            #expect(events.first?.detail["current"]?.bool == version.map { _ in true })
            let told = try await store.run { try ControlLog.list(of: "db/prod", limit: 10, on: $0) }
            #expect(told.count { $0.action == "secret.expired" } == 2)
        }
    }

    @Test func `what is deleted or destroyed is not told of`() async throws {
        try await withFixture { store in
            let ends = noon.addingTimeInterval(100)
            _ = try await store.rotatedSecret()
            try await store.put("db/prod", "two", as: .init(expiresAt: ends), now: noon)
            try await store.put("db/prod", "three", as: .init(expiresAt: ends), now: noon)
            #expect(try await Self.expired(store, at: ends).map(\.version) == [2, 3])
            _ = try await store.run { connection in
                _ = try SecretStore.destroy("db/prod", versions: [2], by: "ann", reason: nil, on: connection)
                return try SecretStore.delete("db/prod", versions: [3], by: "ann", reason: nil, on: connection)
            }
            #expect(try await Self.expired(store, at: ends).isEmpty)
            _ = try await store.run {
                try SecretStore.undelete("db/prod", versions: [3], by: "ann", reason: nil, on: $0)
            }
            #expect(try await Self.expired(store, at: ends).map(\.version) == [3])
            _ = try await store.run { try SecretStore.delete("db/prod", by: "ann", reason: nil, on: $0) }
            #expect(try await Self.expired(store, at: ends).isEmpty)
        }
    }

    @Test func `who is killed before the commit has told of no end, and it is told of the next time`() async throws {
        try await withFixture { store in
            _ = try await store.rotatedSecret()
            _ = try await store.run {
                try SecretStore.expire("db/prod", at: noon, by: "ann", reason: nil, now: noon, on: $0)
            }
            let place = try #require(try await Self.expired(store, at: noon).first)
            await #expect(throws: Killed.self) {
                try await store.run { connection throws -> Void in
                    _ = try SecretExpiryStore.note(place, now: noon, on: connection)
                    throw Killed()
                }
            }
            #expect(try await Self.kinds(store).isEmpty)
            try await Self.note(store, at: noon)
            #expect(try await Self.kinds(store) == ["secret.expired"])
        }
    }

    // MARK: - Keys

    @Test func `a change of keys tells of its beginning and of its end, to those who run the installation`()
        async throws
    {
        try await withFixture { store in
            let other = try await store.database.inSystem { try TenantStore.create(name: "acme", on: $0) }
            try await store.secret("a")
            let new = StoreFixture.key("11")
            for _ in 0..<2 {
                _ = try await store.database.asSystem { try RekeyStore.start(new.id, by: "ann", on: $0) }
            }
            let work = RekeyWork(store.database, keys: KeyRing(current: new, former: [StoreFixture.key()]), batch: 1)
            for _ in 0..<100 {
                if case .idle = try await work.step() { break }
            }
            let events = try await Self.events(store)
            #expect(events.map(\.kind) == ["vault.rekey_started", "vault.rekey_finished"])
            #expect(events.allSatisfy { $0.subject == .vault && $0.detail["key"]?.string == new.id })
            #expect(events.last?.detail["done"] == 1 && events.last?.detail["failed"] == 0)
            #expect(try await Self.events(store, of: other.id).isEmpty)
        }
    }

    // MARK: - Who sees them

    @Test func `filters tell secrets from jobs, and hide them`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job())
            let secret = try await store.rotatedSecret(Self.policy)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: $0) }
            _ = try await store.database.asSystem { try RekeyStore.start("k", by: "ann", on: $0) }
            let all = try await store.run { connection in
                let look = try EventFeed.look(on: connection)
                return try EventFeed.span(after: .start, through: look.last, limit: 1000, on: connection).events
            }
            func kinds(_ filter: EventFilter) -> [String] { all.filter(filter.includes).map(\.kind) }
            #expect(kinds(EventFilter()) == ["submitted", "secret.rotation_due", "vault.rekey_started"])
            #expect(kinds(EventFilter(hidesSecrets: true)) == ["submitted"])
            #expect(kinds(EventFilter(secret: "db/prod")) == ["secret.rotation_due"])
            #expect(kinds(EventFilter(secret: "db/other")).isEmpty)
            #expect(kinds(EventFilter(secret: "db/prod", hidesSecrets: true)).isEmpty)
            #expect(kinds(EventFilter(kinds: ["vault.rekey_started"])) == ["vault.rekey_started"])
            for filter in [
                EventFilter(workflow: "orders"), EventFilter(job: job), EventFilter(environment: "default"),
            ] {
                #expect(kinds(filter) == ["submitted"])
            }
        }
    }

    @Test func `no tenant sees what happens to another's secrets`() async throws {
        try await withFixture { store in
            let other = try await store.database.inSystem { try TenantStore.create(name: "acme", on: $0) }
            let secret = try await store.rotatedSecret(Self.policy)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: $0) }
            #expect(try await Self.kinds(store) == ["secret.rotation_due"])
            #expect(try await Self.events(store, of: other.id).isEmpty)
        }
    }

    @Test func `events of no job go with the jobs of their week, and are in no job's history`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret(Self.policy)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: Self.due, on: $0) }
            let event = try #require(try await Self.events(store).first)
            let time = try await store.database.asSystem { connection in
                try connection.execute(
                    "SELECT casare_uuid_floor(@at) <= @id AND @id < casare_uuid_floor(@later) AS holds",
                    [
                        "at": .timestamp(Self.due.addingTimeInterval(-1)), "id": .uuid(event.id),
                        "later": .timestamp(Self.due.addingTimeInterval(1)),
                    ]
                ).only().bool("holds")
            }
            #expect(time)
            #expect(try await store.get(Job.ID(rawValue: event.id)) == nil)
        }
    }
}
