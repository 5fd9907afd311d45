import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct SecretStoreTests {
    private static func refusal(_ why: String, _ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return false
        } catch StoreError.refused(_, why: let text) {
            return text.contains(why)
        } catch {
            return false
        }
    }

    // MARK: - Making and listing

    @Test func `a secret is made with its first version, and its name is taken then`() async throws {
        try await withFixture { store in
            let made = try await store.secret("db/prod")
            #expect(made.currentVersion == 1 && made.revision == 1 && made.kind == .usernamePassword)
            #expect(made.rotatedAt != nil && made.deletedAt == nil && made.createdBy == "ann")
            #expect(try await store.password("db/prod") == "hunter2")
            #expect(try await store.password(made.id.description) == "hunter2")
            #expect(try await store.states("db/prod") == [1: .live])
            await #expect(throws: StoreError.nameTaken(.secret, "db/prod")) { try await store.secret("db/prod") }
            _ = try await store.run { try SecretStore.delete("db/prod", by: "ann", reason: nil, on: $0) }
            #expect(await Self.refusal("is deleted") { try await store.secret("db/prod") })
            await #expect(throws: StoreError.notFound(.secret, "x")) { try await store.password("x") }
        }
    }

    @Test func `secrets are listed by name, kind and labels, page by page`() async throws {
        try await withFixture { store in
            for name in ["db/a", "db/b", "db", "dba", "api/x"] { try await store.secret(name) }
            _ = try await store.run {
                try SecretStore.update("db/b", by: "ann", on: $0) { $0.labels = ["team": "x", "Tier": "1"] }
            }
            _ = try await store.run { try SecretStore.delete("dba", by: "ann", reason: nil, on: $0) }
            func names(_ filter: SecretStore.Filter, after: String = "", limit: Int = 9) async throws -> [String] {
                try await store.run {
                    try SecretStore.list(filter, after: after, limit: limit, on: $0).map(\.name.rawValue)
                }
            }
            #expect(try await names(.init()) == ["api/x", "db", "db/a", "db/b"])
            #expect(try await names(.init(prefix: "db/")) == ["db/a", "db/b"])
            #expect(try await names(.init(prefix: "db", isDeleted: nil)) == ["db", "db/a", "db/b", "dba"])
            #expect(try await names(.init(isDeleted: true)) == ["dba"])
            #expect(try await names(.init(), after: "db", limit: 1) == ["db/a"])
            #expect(try await names(.init(labels: ["Tier": "1"])) == ["db/b"])
            #expect(try await names(.init(labels: ["Tier": "1", "team": "y"])).isEmpty)
            #expect(try await names(.init(kind: .apiKey)).isEmpty)
        }
    }

    @Test func `what is said of a secret changes by its revision`() async throws {
        try await withFixture { store in
            try await store.secret("a")
            let policy = RotationPolicy(everySeconds: 3600)
            let changed = try await store.run {
                try SecretStore.update("a", expected: 1, by: "bob", on: $0) { changes in
                    changes.description = "mine"
                    changes.rotation = policy
                }
            }
            #expect(changed.revision == 2 && changed.description == "mine" && changed.rotation == policy)
            await #expect(throws: StoreError.revisionChanged("secret a", expected: 1, found: 2)) {
                _ = try await store.run { try SecretStore.update("a", expected: 1, by: "bob", on: $0) { _ in } }
            }
            let same = try await store.run {
                try SecretStore.update("a", expected: 2, by: "bob", on: $0) { $0.description = "mine" }
            }
            #expect(same.revision == 2, "what changes nothing is no revision")
        }
    }

    @Test func `where two persons decide, a lower number of versions takes nothing away`() async throws {
        try await withFixture { store in
            try await store.secret("a", versionsMax: 3)
            func keep(_ count: Int) async throws -> Int {
                try await store.run {
                    try SecretStore.update("a", by: "ann", on: $0) { $0.versionsMax = count }.versionsMax
                }
            }
            #expect(try await keep(2) == 2)
            _ = try await store.database.inSystem {
                try TenantStore.update("default", .init(requiresApproval: true), on: $0)
            }
            let refused = await #expect(throws: StoreError.self) { try await keep(1) }
            #expect(refused?.description.contains("destroy versions") == true)
            #expect(try await keep(4) == 4)
        }
    }

    // MARK: - Versions

    @Test func `a version is put in the place of the one that was looked at, and of no other`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one")
            #expect(try await store.put("a", "two", as: .init(expected: 1)).currentVersion == 2)
            await #expect(throws: StoreError.revisionChanged("secret a", expected: 1, found: 2)) {
                try await store.put("a", "three", as: .init(expected: 1))
            }
            await #expect(throws: StoreError.revisionChanged("secret a", expected: 0, found: 2)) {
                try await store.put("a", "three", as: .init(expected: 0))
            }
            #expect(try await store.password("a") == "two")
            #expect(try await store.password("a", version: 1) == "one", "who names it is given it still")
            let late = try await SealedSecret(
                sealing: StoreFixture.password("late"), of: StoreFixture.name("a"), version: 2, in: store.tenant,
                with: StoreFixture.keys)
            await #expect(throws: StoreError.contended("secret a")) {
                _ = try await store.run { try SecretStore.put(late, by: "ann", reason: nil, on: $0) }
            }
            #expect(try await store.password("a") == "two")
        }
    }

    @Test func `of many that put at once each has a version of its own`() async throws {
        try await withFixture { store in
            try await store.secret("a", versionsMax: 100)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        while true {
                            do {
                                try await store.put("a", "by \(writer)")
                                return
                            } catch StoreError.contended {
                                continue
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let versions = try await store.run { try SecretStore.versions(of: "a", on: $0) }
            #expect(versions.map(\.number) == Array((1...9).reversed()))
            var values: Set<String?> = []
            for version in versions { values.insert(try await store.password("a", version: version.number)) }
            #expect(values.count == 9)
        }
    }

    @Test func `a version that was rotated out counts for its time and no longer`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one", now: noon)
            try await store.put("a", "two", as: .init(overlap: .seconds(60)), now: noon)
            let end = noon + 60
            #expect(try await store.states("a", now: end - 1) == [1: .overlapping(until: end), 2: .live])
            #expect(try await store.password("a", version: 1, now: end - 1) == "one")
            #expect(try await store.states("a", now: end) == [1: .superseded(since: end), 2: .live])
            #expect(await Self.refusal("was replaced") { _ = try await store.password("a", version: 1, now: end) })
            #expect(try await store.password("a", version: 1, for: .reading, now: end) == "one")
            try await store.put("a", "three", as: .init(overlap: .zero), now: end)
            #expect(try await store.states("a", now: end)[2] == .superseded(since: end))
        }
    }

    @Test func `a pending version is given to nobody until it is promoted`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one")
            #expect(try await store.put("a", "two", as: .init(isPending: true)).currentVersion == 1)
            #expect(try await store.states("a")[2] == .pending)
            #expect(try await store.password("a") == "one")
            #expect(await Self.refusal("is pending") { _ = try await store.password("a", version: 2) })
            #expect(try await store.password("a", version: 2, for: .reading) == "two")
            let promoted = try await store.run {
                try SecretStore.promote("a", version: 2, overlap: .seconds(60), by: "ann", reason: nil, on: $0)
            }
            #expect(promoted.currentVersion == 2)
            #expect(try await store.password("a") == "two")
            #expect(try await store.password("a", version: 1) == "one")
            #expect(
                await Self.refusal("not pending") {
                    _ = try await store.run {
                        try SecretStore.promote("a", version: 2, overlap: nil, by: "ann", reason: nil, on: $0)
                    }
                })
        }
    }

    @Test func `a pending version that is discarded leaves all as it was`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one")
            try await store.put("a", "two", as: .init(isPending: true))
            let after = try await store.run {
                try SecretStore.discard("a", version: 2, by: "ann", reason: nil, on: $0)
            }
            #expect(after.currentVersion == 1)
            #expect(try await store.states("a")[2]?.kind == .destroyed)
            #expect(try await store.put("a", "three").currentVersion == 3, "its number is not given again")
            #expect(
                await Self.refusal("not pending") {
                    _ = try await store.run {
                        try SecretStore.discard("a", version: 3, by: "ann", reason: nil, on: $0)
                    }
                })
        }
    }

    @Test func `so many versions are kept, and none is lost that still counts`() async throws {
        try await withFixture { store in
            try await store.secret("a", versionsMax: 2, now: noon)
            try await store.put("a", "two", as: .init(overlap: .seconds(60)), now: noon)
            try await store.put("a", "three", now: noon)
            #expect(try await store.states("a", now: noon).keys.sorted() == [1, 2, 3], "1 counts still")
            try await store.put("a", "four", as: .init(isPending: true), now: noon + 60)
            #expect(try await store.states("a", now: noon + 60).keys.sorted() == [1, 2, 3, 4])
            try await store.put("a", "five", now: noon + 60)
            #expect(try await store.states("a", now: noon + 60).keys.sorted() == [4, 5])
        }
    }

    @Test func `versions that came to nothing push none out that has a value`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one", versionsMax: 2, now: noon)
            for version in 2...4 {
                try await store.put("a", "never", as: .init(isPending: true), now: noon)
                _ = try await store.run {
                    try SecretStore.discard("a", version: version, by: "ann", reason: nil, now: noon, on: $0)
                }
            }
            #expect(try await store.states("a", now: noon).keys.sorted() == [1, 3, 4])
            try await store.put("a", "five", now: noon)
            #expect(try await store.states("a", now: noon).keys.sorted() == [1, 3, 4, 5])
            #expect(try await store.password("a", version: 1) == "one")
            try await store.put("a", "six", now: noon)
            #expect(try await store.states("a", now: noon).keys.sorted() == [3, 4, 5, 6])
        }
    }

    // MARK: - Away and back

    @Test func `a deleted version is given to nobody and comes back`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one")
            try await store.put("a", "two")
            _ = try await store.run { try SecretStore.delete("a", versions: [2], by: "ann", reason: nil, on: $0) }
            for purpose in [SecretStore.Purpose.use, .reading] {
                #expect(await Self.refusal("was deleted") { _ = try await store.password("a", for: purpose) })
            }
            #expect(try await store.password("a", version: 1) == "one")
            _ = try await store.run { try SecretStore.undelete("a", versions: [2], by: "ann", reason: nil, on: $0) }
            #expect(try await store.password("a") == "two")
            await #expect(throws: StoreError.notFound(.secret, "a of version 9")) {
                _ = try await store.run {
                    try SecretStore.delete("a", versions: [1, 9], by: "ann", reason: nil, on: $0)
                }
            }
            #expect(try await store.states("a") == [1: .live, 2: .live], "nothing was changed")
        }
    }

    @Test func `a deleted secret is given to nobody and comes back`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one")
            _ = try await store.run { try SecretStore.delete("a", by: "ann", reason: nil, on: $0) }
            #expect(await Self.refusal("was deleted") { _ = try await store.password("a", for: .reading) })
            #expect(await Self.refusal("undelete") { try await store.put("a", "two") })
            let back = try await store.run { try SecretStore.undelete("a", by: "ann", reason: nil, on: $0) }
            #expect(back.deletedAt == nil)
            #expect(try await store.password("a") == "one")
        }
    }

    @Test func `of a destroyed version nothing is left in the database, and it does not come back`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one")
            try await store.put("a", "two")
            _ = try await store.run { try SecretStore.delete("a", versions: [1], by: "ann", reason: nil, on: $0) }
            _ = try await store.run { try SecretStore.destroy("a", versions: [1], by: "ann", reason: nil, on: $0) }
            #expect(try await store.states("a")[1]?.kind == .destroyed)
            #expect(await Self.refusal("was destroyed") { _ = try await store.password("a", version: 1) })
            #expect(
                await Self.refusal("its value is gone") {
                    _ = try await store.run {
                        try SecretStore.undelete("a", versions: [1], by: "ann", reason: nil, on: $0)
                    }
                })
            #expect(try await store.password("a") == "two")
            let gone = try await store.run { try SecretStore.destroy("a", by: "ann", reason: nil, on: $0) }
            #expect(gone.deletedAt != nil)
            let left = try await store.database.asSystem { connection in
                try connection.execute(
                    """
                    SELECT count(*) AS rows, count(ciphertext) + count(wrapped_key) + count(key_id) AS values
                    FROM secret_versions
                    """
                ).only()
            }
            #expect(try left.int("rows") == 2 && left.int("values") == 0)
        }
    }

    @Test func `what has expired is given to no job`() async throws {
        try await withFixture { store in
            try await store.secret("a", "one", now: noon)
            try await store.put("a", "two", as: .init(expiresAt: noon + 60), now: noon)
            #expect(try await store.password("a", now: noon + 59) == "two")
            #expect(await Self.refusal("expired") { _ = try await store.password("a", now: noon + 60) })
            #expect(try await store.password("a", for: .reading, now: noon + 60) == "two")
            _ = try await store.run {
                try SecretStore.expire("a", version: 2, at: nil, by: "ann", reason: nil, now: noon, on: $0)
            }
            #expect(try await store.password("a", now: noon + 60) == "two")
            _ = try await store.run {
                try SecretStore.expire("a", at: noon + 30, by: "ann", reason: nil, now: noon, on: $0)
            }
            #expect(await Self.refusal("expired") { _ = try await store.password("a", version: 1, now: noon + 30) })
        }
    }

    @Test func `what is done with secrets stands with the other actions, without values`() async throws {
        try await withFixture { store in
            try await store.secret("a", "hunter2")
            try await store.put("a", "hunter3")
            _ = try await store.run { try SecretStore.destroy("a", versions: [1], by: "bob", reason: "old", on: $0) }
            let actions = try await store.run { try ControlLog.list(of: "a", noun: .secret, limit: 9, on: $0) }
            #expect(actions.map(\.action) == ["secret.destroy", "secret.put", "secret.create"])
            #expect(actions.first?.actor == "bob" && actions.first?.reason == "old")
            #expect(actions.first?.detail["versions"] == [1])
        }
    }
}
