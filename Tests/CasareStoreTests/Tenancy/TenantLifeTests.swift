import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct TenantLifeTests {
    private func withOther(_ body: (StoreFixture, StoreFixture) async throws -> Void) async throws {
        try await withFixture { store in
            let other = try await store.database.inSystem {
                try TenantStore.create(name: "acme", displayName: "Acme", on: $0)
            }
            try await body(store, try await StoreFixture(store.database, tenant: other.id))
        }
    }

    private func rows(of tenant: Tenant.ID, in database: Database) async throws -> Int {
        try await database.asSystem { connection in
            var sum = 0
            for table in ["jobs", "workflows", "workflow_versions", "robots", "events", "dead_letters", "leases"] {
                let query = Query(
                    assembled: "SELECT count(*) AS count FROM \(table) WHERE tenant_id = \(tenant.rawValue)")
                sum += try connection.execute(query).only().int("count")
            }
            return sum
        }
    }

    @Test func `a name is taken once, and only small letters, digits and hyphens make one`() async throws {
        try await self.withOther { store, _ in
            await #expect(throws: StoreError.nameTaken(.tenant, "acme")) {
                try await store.database.inSystem { try TenantStore.create(name: "acme", on: $0) }
            }
            for name in ["", "Acme", "1st", "a b", String(repeating: "a", count: 64)] {
                await #expect(throws: StoreError.self) {
                    try await store.database.inSystem { try TenantStore.create(name: name, on: $0) }
                }
            }
        }
    }

    @Test func `in a suspended tenant nothing begins, robots finish, and it goes on when it is resumed`() async throws {
        try await self.withOther { store, other in
            let running = try await other.leased()
            _ = try await other.waiting(2)
            try await other.schedule("minutely")
            _ = try await store.database.inSystem {
                try TenantStore.suspend("acme", by: "ann", reason: "unpaid", on: $0)
            }
            #expect(try await store.database.asSystem { try TenantStore.notServed(on: $0) } == [other.tenant])
            #expect(try await other.lease(5).isEmpty)
            await #expect(throws: StoreError.tenantSuspended) { _ = try await other.waiting(1) }
            let due = try await store.database.asSystem { try ScheduleStore.due(now: noon + 600, on: $0) }
            #expect(due.due.isEmpty)
            try await other.run { try LeaseStore.complete(running.lease, result: .ok(), on: $0) }
            #expect(try await other.status(running.lease.job) == .completed)
            // Others do not notice.
            _ = try await store.leased()
            let resumed = try await store.database.inSystem {
                try TenantStore.resume("acme", by: "ann", reason: nil, on: $0)
            }
            #expect(resumed.status == .active && resumed.statusBy == "ann")
            #expect(try await other.lease(5).count == 2)
        }
    }

    @Test func `the tenant that rules the installation can be neither suspended nor deleted`() async throws {
        try await withFixture { store in
            await #expect(throws: StoreError.self) {
                try await store.database.inSystem { try TenantStore.suspend("default", by: "ann", reason: nil, on: $0) }
            }
            await #expect(throws: StoreError.self) {
                try await store.database.inSystem { try TenantStore.delete("default", by: "ann", reason: nil, on: $0) }
            }
        }
    }

    @Test func `a deletion is undone until its time is over, and then all rows go, in batches`() async throws {
        try await self.withOther { store, other in
            let failed = try await other.leased()
            _ = try await other.fail(failed, .business)
            _ = try await other.waiting(25)
            let mine = try await self.rows(of: store.tenant, in: store.database)
            let theirs = try await self.rows(of: other.tenant, in: store.database)
            #expect(theirs > 25)
            func delete(now: Date) async throws -> Tenant.Detail {
                try await store.database.inSystem {
                    try TenantStore.delete("acme", undoSeconds: 60, by: "ann", reason: "left", now: now, on: $0)
                }
            }
            func step(now: Date) async throws -> TenantStore.Removal? {
                try await store.database.inSystem { try TenantStore.removeNext(limit: 10, now: now, on: $0) }
            }
            #expect(try await delete(now: noon).status == .deleting)
            #expect(try await step(now: noon + 59) == nil)
            _ = try await store.database.inSystem {
                try TenantStore.resume("acme", by: "ann", reason: nil, now: noon + 59, on: $0)
            }
            #expect(try await self.rows(of: other.tenant, in: store.database) == theirs)
            _ = try await delete(now: noon)
            await #expect(throws: StoreError.self) {
                try await store.database.inSystem {
                    try TenantStore.resume("acme", by: "ann", reason: nil, now: noon + 60, on: $0)
                }
            }
            var removed = 0
            while let removal = try await step(now: noon + 60), !removal.isOver {
                #expect(removal.tenant == other.tenant)
                removed += removal.rows
            }
            #expect(removed >= theirs)
            #expect(try await self.rows(of: other.tenant, in: store.database) == 0)
            #expect(try await self.rows(of: store.tenant, in: store.database) == mine)
            #expect(try await step(now: noon + 60) == nil)
            // The name is free again.
            let again = try await store.database.inSystem { try TenantStore.create(name: "acme", on: $0) }
            #expect(again.id != other.tenant)
        }
    }

    @Test func `nobody takes the data of a tenant away whose time is not over`() async throws {
        try await self.withOther { store, other in
            let error = await #expect(throws: PostgresError.self) {
                try await store.database.asSystem { connection in
                    _ = try connection.execute(
                        "SELECT * FROM casare_remove_tenant(@tenant, 10)", ["tenant": .int4(other.tenant.rawValue)])
                }
            }
            #expect(error?.sqlState?.rawValue == "55000")
            let refused = await #expect(throws: PostgresError.self) {
                try await other.run { connection in
                    _ = try connection.execute(
                        "SELECT * FROM casare_remove_tenant(@tenant, 10)", ["tenant": .int4(1)])
                }
            }
            #expect(refused?.sqlState == .insufficientPrivilege)
        }
    }

    @Test func `a tenant that is being deleted is not served, neither before its time is over nor while its rows go`()
        async throws
    {
        try await self.withOther { store, other in
            func notServed() async throws -> Set<Tenant.ID> {
                try await store.database.asSystem { try TenantStore.notServed(on: $0) }
            }
            func status() async throws -> Tenant.Status {
                try await store.database.inSystem { try TenantStore.get(named: "acme", on: $0) }.status
            }
            _ = try await other.waiting(12)
            #expect(try await notServed().isEmpty)
            _ = try await store.database.inSystem {
                try TenantStore.delete("acme", undoSeconds: 60, by: "ann", reason: nil, now: noon, on: $0)
            }
            #expect(try await status() == .deleting)
            #expect(try await notServed() == [other.tenant])
            _ = try await store.database.inSystem { try TenantStore.removeNext(limit: 5, now: noon + 60, on: $0) }
            #expect(try await status() == .removing)
            #expect(try await notServed() == [other.tenant])
        }
    }
}
