import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What a user may do that robots on SQL sign in as. That it is enough for a robot, the tests of its broker show.
struct RobotRoleTests {
    /// What such a user does in the tenant `default`, or in another one.
    static func asRobot<Result: Sendable>(
        _ database: Database, in tenant: Tenant.ID = .default, user: String = TestRobot.user,
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        var configuration = database.configuration
        configuration.user = user
        let own = Database(configuration, connectionsMax: 1, for: .robot)
        do {
            let result = try await own.asTenant(tenant, body)
            await own.close()
            return result
        } catch {
            await own.close()
            throw error
        }
    }

    private static func names(_ sql: String, _ database: Database) async throws -> [String] {
        let query = Query(assembled: sql)
        return try await database.asSystem { connection in
            try connection.execute(query).map { try $0.string("name") }
        }
    }

    // MARK: - What it may not

    private static let forbidden = [
        "SET ROLE casare_app", "SET ROLE casare_system", "CREATE TABLE mine (a integer)",
        "ALTER TABLE audit_entries DISABLE ROW LEVEL SECURITY", "DROP POLICY robot ON audit_entries",
        // Who may do what.
        "SELECT FROM tokens", "UPDATE tokens SET role = 'admin'", "DELETE FROM tokens",
        "INSERT INTO tokens (name, role, hash, created_at) VALUES ('eve', 'admin', sha256('x'), now())",
        "SELECT FROM roles", "UPDATE roles SET permissions = '{token.create}'", "DELETE FROM roles",
        "SELECT FROM approvals", "UPDATE approvals SET status = 'approved'", "SELECT FROM lockouts",
        "SELECT FROM robot_certificates", "SELECT FROM robot_enrolments", "SELECT FROM certificate_authorities",
        // Tenants, and what they say.
        "SELECT requires_approval FROM tenants", "INSERT INTO tenants (name) VALUES ('eve')",
        "UPDATE tenants SET status = 'suspended'", "UPDATE tenants SET command_rules = false",
        "UPDATE tenants SET requires_approval = false", "UPDATE tenants SET audit_days = 1", "DELETE FROM tenants",
        "UPDATE tenant_limits SET concurrency = NULL", "DELETE FROM tenant_limits",
        "SELECT casare_remove_tenant(1, 1)",
        // The audit log.
        "SELECT actor FROM audit_entries", "UPDATE audit_entries SET actor = 'bob'", "DELETE FROM audit_entries",
        "TRUNCATE audit_entries", "SELECT FROM audit_chain", "UPDATE audit_heads SET number = 1",
        "INSERT INTO audit_chain SELECT 1, 1, 1, hash, hash FROM sha256('x') AS hash",
        "INSERT INTO audit_anchors (tenant_id, number, hash, at, reason) VALUES (1, 1, sha256('x'), now(), 'regular')",
        "SELECT casare_remove_audit(1, 1, 1)", "SELECT last_value FROM audit_entry_ids",
        // Secrets and keys.
        "UPDATE secrets SET current_version = 1", "DELETE FROM secrets",
        "UPDATE secret_versions SET is_pending = false", "DELETE FROM secret_versions",
        "UPDATE secret_rotations SET until = now()", "SELECT FROM secret_holds", "DELETE FROM secret_holds",
        "SELECT provider_lease FROM secret_leases", "UPDATE secret_leases SET look_at = NULL",
        "UPDATE trigger_secrets SET until = now()", "SELECT FROM vault_rekeys",
        // What people decide about jobs, queues and robots.
        "UPDATE jobs SET priority = 20", "DELETE FROM jobs", "UPDATE outcomes SET kind = 'completed'",
        "DELETE FROM outcomes", "DELETE FROM events", "DELETE FROM blocked", "DELETE FROM paused",
        "SELECT FROM dead_letters", "DELETE FROM dead_letters", "UPDATE workflow_versions SET document = '{}'",
        "UPDATE triggers SET spec = '{}'", "UPDATE robots SET cordoned_at = NULL", "DELETE FROM robots",
        "UPDATE robot_sessions SET cordoned_at = NULL", "UPDATE queue_rules SET paused_at = NULL",
        "UPDATE queue_rules SET concurrency = NULL", "UPDATE queue_keys SET paused_at = NULL",
        "DELETE FROM workflow_robots", "SELECT FROM schedules", "SELECT FROM operations", "SELECT FROM work_items",
        "SELECT FROM control_actions", "DELETE FROM jobs_default",
        // The installation.
        "SELECT FROM installation", "SELECT casare_begin_epoch(NULL)", "SELECT setval('lease_tokens', 1)",
        "SELECT casare_create_partitions(1)", "SELECT casare_drop_partitions(now())",
        "SELECT casare_create_log_partitions(1)", "SELECT casare_drop_log_partitions(now())",
        // What it logged itself.
        "SELECT FROM robot_logs", "UPDATE robot_logs SET message = 'x'", "DELETE FROM robot_logs",
        "DELETE FROM robot_log_heads", "SELECT FROM robot_logs_default",
    ]

    @Test func `what no robot does its user may not, in its role nor outside of it`() async throws {
        try await withTestDatabase { database in
            var configuration = database.configuration
            configuration.user = TestRobot.user
            let robot = Database(configuration, connectionsMax: 1, for: .robot)
            for sql in Self.forbidden {
                let query = Query(assembled: sql)
                for role in ["SET LOCAL ROLE casare_robot", "SET LOCAL ROLE NONE"] {
                    let taking = Query(assembled: role)
                    let error = await #expect(throws: PostgresError.self, "\(role); \(sql)") {
                        try await robot.asTenant(.default) { connection in
                            try connection.execute(taking)
                            _ = try connection.execute(query)
                        }
                    }
                    #expect(error?.sqlState == .insufficientPrivilege, "\(role); \(sql)")
                }
            }
            await robot.close()
        }
    }

    /// A table that is new is none of a robot's business until somebody says so here.
    @Test func `it may do something with these tables, and nothing with any other`() async throws {
        let removed = ["deadlines", "journal", "journal_values", "leases", "ready", "trigger_jobs"]
        let written = [
            "attempts", "audit_entries", "blocked", "dead_letters", "events", "idempotency_keys", "job_logs",
            "job_results", "jobs", "lanes", "outcomes", "paused", "queues", "requirements", "robot_sessions", "robots",
            "scheduled", "secret_holds", "secret_leases", "trigger_deliveries", "trigger_keys", "trigger_watches",
            "workflow_versions", "workflows",
        ]
        // A few columns at the most.
        let touched = ["queue_keys", "queue_rules", "robot_log_heads", "robot_logs", "tenant_limits", "triggers"]
        let read = [
            "journal_packed", "ready_clock", "secret_rotations", "secret_versions", "secrets", "tenants",
            "trigger_secrets", "workflow_robots",
        ]
        try await withTestDatabase { database in
            func tables(_ condition: String) async throws -> Set<String> {
                Set(
                    try await Self.names(
                        """
                        SELECT relname::text AS name FROM pg_class
                        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND \(condition)
                        """, database))
            }
            func columns(_ privilege: String) -> String {
                "has_any_column_privilege('casare_robot', pg_class.oid, '\(privilege)')"
            }
            let table = "has_table_privilege('casare_robot', pg_class.oid, "
            let mayBeRemoved = try await tables("\(table)'DELETE')")
            #expect(mayBeRemoved == Set(removed))
            let mayBeInserted = try await tables("\(table)'INSERT')")
            #expect(mayBeInserted == Set(removed + written))
            let mayBeWritten = try await tables("(\(columns("INSERT")) OR \(columns("UPDATE")))")
            #expect(mayBeWritten == Set(removed + written + touched))
            let known = try await tables(
                "(\(columns("SELECT")) OR \(columns("INSERT")) OR \(columns("UPDATE")))")
            #expect(known == Set(removed + written + touched + read))
            let others = try await tables("\(table)'TRUNCATE, REFERENCES, TRIGGER')")
            #expect(others.isEmpty)
        }
    }

    @Test func `it sees and writes rows of the tenant default alone, whatever its session says`() async throws {
        let other = Tenant.ID(rawValue: 7)
        try await withTestDatabase { database in
            try await database.asSystem { connection in
                _ = try connection.execute("INSERT INTO tenants (tenant_id, name) VALUES (7, 'other')")
            }
            let (here, there) = (
                try await StoreFixture(database), try await StoreFixture(database, tenant: other)
            )
            let counted: Query = """
                SELECT (SELECT count(*) FROM workflows) + (SELECT count(*) FROM robots) + (SELECT count(*) FROM tenants)
                    AS rows
                """
            #expect(try await Self.asRobot(database) { try $0.execute(counted).only().int("rows") } == 3)
            #expect(try await Self.asRobot(database, in: other) { try $0.execute(counted).only().int("rows") } == 0)
            #expect(try await Self.asRobot(database) { try WorkflowStore.get(here.workflow, on: $0) } != nil)
            #expect(
                try await Self.asRobot(database, in: other) { try WorkflowStore.get(there.workflow, on: $0) } == nil)
            for tenant in [other, .default] {
                let error = await #expect(throws: PostgresError.self) {
                    try await Self.asRobot(database, in: tenant) { connection in
                        _ = try connection.execute(
                            """
                            INSERT INTO events (tenant_id, job_id, at, kind)
                            VALUES (7, gen_random_uuid(), now(), 'submitted')
                            """)
                    }
                }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
        }
    }

    @Test func `it reads the secrets of watches, and none of hooks`() async throws {
        try await withTestDatabase { database in
            try await database.asTenant(.default) { connection in
                try connection.script(
                    """
                    INSERT INTO triggers (
                        trigger_id, name, kind, spec, variables, created_at, created_by, updated_at, updated_by
                    )
                    SELECT lpad(number::text, 32, '0')::uuid, kind, kind, '{}', '{}', now(), 'ann', now(), 'ann'
                    FROM unnest(ARRAY['webhook', 'feed']) WITH ORDINALITY AS made (kind, number);
                    INSERT INTO trigger_secrets (trigger_id, number, sealed, key_id, created_at)
                    SELECT trigger_id, 1, convert_to(kind, 'UTF8'), 'k', now() FROM triggers;
                    """)
            }
            let seen = try await Self.asRobot(database) { connection in
                try connection.execute("SELECT convert_from(sealed, 'UTF8') AS kind FROM trigger_secrets")
                    .map { try $0.string("kind") }
            }
            #expect(seen == ["feed"])
        }
    }

    // MARK: - What it may, and seldom does

    @Test func `it is enough for what is seldom done`() async throws {
        try await withFixture { store in
            let long = Date().addingTimeInterval(-3600)
            let lease = try await store.leased(now: long).lease
            let session = store.session
            let made = NewSecretLease(
                id: .new(at: Date()), secret: "db", provider: "corp", path: "database/creds/x", providerLease: "x/1",
                accessor: nil, attempt: lease, life: .seconds(600), tokenLife: nil, isRenewable: true)
            let (name, isResumed, order, isHeld) = try await Self.asRobot(store.database) { connection in
                try RestoreStore.witness([lease], on: connection)
                return (
                    try SecretLeaseStore.tenantName(on: connection),
                    try LeaseStore.resumeSession(session, on: connection),
                    try LeaseStore.order(of: session, on: connection),
                    try SecretLeaseStore.insert(made, on: connection)
                )
            }
            #expect(name == "default" && isResumed && order == nil && isHeld)
            let report = try await Self.asRobot(store.database) { connection in
                try LeaseStore.takeUnclaimed(of: session, held: [], on: connection)
            }
            #expect(report.taken == [lease.job] && report.failures.isEmpty)
            #expect(try await store.status(lease.job) == .pending)
        }
    }
}
