import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What is left of a tenant whose time is over, by the catalogue of the database: a new table that is forgotten is found
/// without being named here.
struct TenantRemovalTests {
    /// What stays on purpose: that there was a tenant, that nothing begins in it, and the audit log for its own time.
    private static let staying: Set<String> = [
        "tenants", "tenant_limits", "audit_entries", "audit_chain", "audit_heads", "audit_anchors",
    ]

    /// Tables without a tenant: nothing in them is one's.
    private static let ofNobody: Set<String> = [
        "schema_migrations", "event_mark", "ready_clock", "lockouts", "vault_rekeys", "installation",
        "installation_epochs", "certificate_authorities",
    ]

    /// - Parameter not: `NOT` for those without a tenant.
    private func tables(_ not: String, in database: Database) async throws -> Set<String> {
        let query = Query(
            assembled: """
                SELECT relname::text AS name FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                    AND \(not) EXISTS (
                        SELECT FROM pg_attribute
                        WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped
                    )
                """)
        return try await database.asSystem { connection in
            Set(try connection.execute(query).map { try $0.string("name") })
        }
    }

    /// How many rows a tenant has in each table, seen by the owner of the tables.
    private func rows(of tenant: Tenant.ID, in database: Database) async throws -> [String: Int] {
        let tables = try await self.tables("", in: database)
        let owner = try await PostgresConnection.connect(database.configuration)
        let rows = try await owner.run { connection in
            var rows: [String: Int] = [:]
            for table in tables {
                let query = Query(
                    assembled: "SELECT count(*) AS count FROM \(table) WHERE tenant_id = \(tenant.rawValue)")
                rows[table] = try connection.execute(query).only().int("count")
            }
            return rows
        }
        await owner.close()
        return rows
    }

    /// Something in many tables.
    private func fill(_ store: StoreFixture) async throws {
        _ = try await store.fail(try await store.leased(), .business)
        _ = try await store.leased()
        _ = try await store.waiting(3)
        try await store.schedule("nightly")
        try await store.run { connection in
            let role = try #require(Role.Name(rawValue: "clerk"))
            _ = try RoleStore.create(
                CustomRole(name: role, description: nil, permissions: [.itemRead]), by: "ann", on: connection)
            _ = try TokenStore.create(name: "ann", role: role, on: connection)
            _ = try CalendarStore.save(BusinessCalendar(name: "closed"), by: "ann", on: connection)
            _ = try SelectionStore.save([:], as: "saved", by: "ann", on: connection)
            let hook = TriggerSpec(source: .webhook(Webhook(auth: WebhookAuth(kind: .bearer))), workflow: "orders")
            _ = try TriggerStore.create(
                .init(name: "hook", spec: hook, isPaused: true, reason: nil),
                secret: SealingKey.Sealed(bytes: [1], keyID: "k"), by: "ann", on: connection)
            _ = try ApprovalStore.ask(
                .init(.secretDestroy, of: "db", by: "ann", reason: nil), as: .new(at: Date()), on: connection)
            let line = Robot.LogLine(number: 1, at: noon, level: .info, label: "casare.robot", message: "ready")
            try RobotLogStore.append([line], of: StoreFixture.robot, stream: UUID(), now: noon, on: connection)
            try ControlLog.record("queue.pause", of: "default", by: "ann", reason: nil, on: connection)
            try AuditLog.append(
                NewAuditEntry(actor: "ann", actorKind: "token", action: "queue.pause"), on: connection)
        }
    }

    @Test func `a table has a tenant, or is known to be nobody's`() async throws {
        try await withTestDatabase { database async throws in
            #expect(try await self.tables("NOT", in: database) == Self.ofNobody)
            #expect(try await self.tables("", in: database).isSuperset(of: Self.staying))
        }
    }

    @Test func `what refers to a table goes before it, and what stays refers to nothing that goes`() async throws {
        try await withTestDatabase { database in
            let references = try await database.asSystem { connection in
                try connection.execute(
                    """
                    SELECT conrelid::regclass::text AS from_table, confrelid::regclass::text AS to_table
                    FROM pg_constraint
                    WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid
                        AND conparentid = 0
                    """
                ).map { (from: try $0.string("from_table"), to: try $0.string("to_table")) }
            }
            #expect(references.count > 20)
            let kept = Self.staying.union(Self.ofNobody)
            for (from, to) in references where kept.contains(from) && to != "tenants" {
                #expect(kept.contains(to), "\(from) stays and refers to \(to), which goes")
            }
            // No circle: there is always one to which nothing refers.
            var left = Set(references.map(\.to)).subtracting(kept)
            while !left.isEmpty {
                let free = left.filter { table in !references.contains { $0.to == table && left.contains($0.from) } }
                #expect(!free.isEmpty, "these refer to each other: \(left.sorted())")
                guard !free.isEmpty else { break }
                left.subtract(free)
            }
        }
    }

    @Test func `a deletion leaves rows in no table but those that are named`() async throws {
        try await withFixture { store in
            let tenant = try await store.database.inSystem { try TenantStore.create(name: "acme", on: $0) }
            let other = try await StoreFixture(store.database, tenant: tenant.id)
            try await self.fill(other)
            try await self.fill(store)
            let before = try await self.rows(of: other.tenant, in: store.database).filter { $0.value > 0 }
            #expect(before.count > 15, "\(before.keys.sorted())")
            _ = try await store.database.inSystem {
                try TenantStore.delete("acme", undoSeconds: 0, by: "ann", reason: "left", now: noon, on: $0)
            }
            let mine = try await self.rows(of: store.tenant, in: store.database)
            var steps = 0
            while steps < 1_000,
                let step = try await store.database.inSystem({
                    try TenantStore.removeNext(limit: 7, now: noon + 1, on: $0)
                }), !step.isOver
            {
                steps += 1
            }
            let left = try await self.rows(of: other.tenant, in: store.database).filter { $0.value > 0 }
            #expect(Set(left.keys).isSubset(of: Self.staying), "\(left)")
            #expect(left["tenants"] == 1 && left["audit_entries"] == 1)
            #expect(try await self.rows(of: store.tenant, in: store.database) == mine)
        }
    }
}
