import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct PolicyStoreTests {
    private func policy(_ store: StoreFixture) async throws -> StoredPolicy {
        try await store.run { try PolicyStore.get(on: $0) }
    }

    @discardableResult
    private func change(
        _ store: StoreFixture, by: String = "ann", now: Date? = nil,
        _ body: @escaping @Sendable (inout SafetyPolicy) -> Void
    ) async throws -> StoredPolicy {
        try await store.run { try PolicyStore.change(by: by, now: now, on: $0, body) }
    }

    @Test func `a new tenant leaves everything to the robots`() async throws {
        try await withFixture { store in
            let stored = try await self.policy(store)
            #expect(stored.policy == SafetyPolicy() && stored.changedAt == nil && stored.changedBy == nil)
        }
    }

    @Test(arguments: SafetyPolicy.Switch.allCases)
    func `a switch is set, turned and left open again, alone`(name: SafetyPolicy.Switch) async throws {
        try await withFixture { store in
            for setting in [true, false] {
                let changed = try await self.change(store, now: noon) { $0[name] = setting }
                #expect(changed.policy == SafetyPolicy([name: setting]))
                #expect(changed.changedAt == noon && changed.changedBy == "ann")
                #expect(try await self.policy(store) == changed)
            }
            #expect(try await self.change(store) { $0[name] = nil }.policy == SafetyPolicy())
        }
    }

    @Test func `a change that changes nothing is none`() async throws {
        try await withFixture { store in
            let first = try await self.change(store, now: noon) { $0[.urlRules] = false }
            let second = try await self.change(store, by: "bob") { $0[.urlRules] = false }
            #expect(second == first)
            #expect(try await self.policy(store) == first)
        }
    }

    @Test func `changes made at once are all kept`() async throws {
        try await withFixture { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in SafetyPolicy.Switch.allCases {
                    group.addTask { try await self.change(store) { $0[name] = name.isRule } }
                }
                try await group.waitForAll()
            }
            let policy = try await self.policy(store).policy
            #expect(SafetyPolicy.Switch.allCases.allSatisfy { policy[$0] == $0.isRule })
        }
    }

    @Test func `a policy is its tenant's alone`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            let other = try await StoreFixture(store.database, tenant: Tenant.ID(rawValue: 2))
            try await self.change(store) { $0[.pathRules] = false }
            #expect(try await self.policy(other).policy == SafetyPolicy())
            try await self.change(other) { $0[.commandRules] = false }
            #expect(try await self.policy(store).policy == SafetyPolicy([.pathRules: false]))
            // Not even where the tenant is named.
            let stolen = try await other.run { connection in
                try connection.execute("UPDATE tenants SET path_rules = true WHERE tenant_id = 1").affectedRows
            }
            #expect(stolen == 0)
            #expect(try await store.leased().policy == SafetyPolicy([.pathRules: false]))
            #expect(try await other.leased().policy == SafetyPolicy([.commandRules: false]))
        }
    }

    @Test func `a leased job brings the policy as it is at that moment`() async throws {
        try await withFixture { store in
            let first = try await store.leased()
            #expect(first.policy == SafetyPolicy())
            try await self.change(store) {
                $0[.scripts] = false
                $0[.nodeOverrides] = true
            }
            try await store.run { try LeaseStore.release(first.lease, reason: "test", on: $0) }
            let again = try #require(try await store.lease().first)
            #expect(again.lease.job == first.lease.job)
            #expect(again.policy == SafetyPolicy([.scripts: false, .nodeOverrides: true]))
        }
    }

    @Test func `the service may change a tenant's policy, and neither its name nor its number`() async throws {
        try await withFixture { store in
            for column in ["name = 'x'", "tenant_id = 9", "created_at = now()"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await store.run { try $0.execute(Query(assembled: "UPDATE tenants SET \(column)")) }
                }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
        }
    }

    @Test func `tenants that were there before the migration leave everything open`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let before = Array(Migration.all.prefix(2))
            _ = try await connection.run { try Migrator(before).migrate(on: $0) }
            try await connection.script("INSERT INTO tenants (tenant_id, name) VALUES (2, 'old')")
            let applied = try await connection.run { try Migrator().migrate(on: $0).map(\.name) }
            #expect(applied.first == "tenant_policy")
            await connection.close()
            let database = Database(configuration, connectionsMax: 2)
            let stored = try await database.asTenant(Tenant.ID(rawValue: 2)) { try PolicyStore.get(on: $0) }
            #expect(stored.policy == SafetyPolicy() && stored.changedBy == nil)
            await database.close()
        }
    }
}
