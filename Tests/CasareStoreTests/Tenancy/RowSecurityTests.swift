import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import Testing

/// What the database itself says of all its tables: a new one that forgets something is found without being named here.
struct RowSecurityTests {
    private func names(_ sql: String, _ database: Database) async throws -> [String] {
        let query = Query(assembled: sql)
        return try await database.asSystem { connection in
            try connection.execute(query).map { try $0.string("name") }
        }
    }

    private static let tables = """
        SELECT pg_class.oid, pg_class.relname::text AS name, relkind, relispartition, relrowsecurity, relforcerowsecurity
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        """

    @Test func `every table with a tenant forces row-level security, and has a policy that compares the tenant`()
        async throws
    {
        try await withTestDatabase { database in
            let owned = """
                WITH tables AS (\(Self.tables)), owned AS (
                    SELECT tables.* FROM tables
                    JOIN pg_attribute ON attrelid = tables.oid AND attname = 'tenant_id' AND NOT attisdropped
                )
                """
            let all = try await self.names("\(owned) SELECT name FROM owned", database)
            #expect(all.count > 40)
            let unforced = try await self.names(
                "\(owned) SELECT name FROM owned WHERE NOT (relrowsecurity AND relforcerowsecurity)", database)
            #expect(unforced == [])
            // Whatever the service's role is let see is of its tenant. Partitions are reached through their parents.
            let open = try await self.names(
                """
                \(owned) SELECT DISTINCT name FROM owned JOIN pg_policies
                    ON schemaname = 'public' AND tablename = name AND 'casare_app' = ANY (roles)
                WHERE qual IS DISTINCT FROM '(tenant_id = casare_tenant())'
                    OR with_check IS DISTINCT FROM '(tenant_id = casare_tenant())'
                """, database)
            #expect(open == [])
            let wide = try await self.names(
                """
                \(owned) SELECT DISTINCT name FROM owned JOIN pg_policies
                    ON schemaname = 'public' AND tablename = name
                WHERE roles <> '{casare_app}' AND roles <> '{casare_system}' AND roles <> '{casare_robot}'
                """, database)
            #expect(wide == [])
            // A robot on SQL is held to the tenant `default`, whatever its session says.
            let wandering = try await self.names(
                """
                \(owned) SELECT DISTINCT name FROM owned JOIN pg_policies
                    ON schemaname = 'public' AND tablename = name AND roles = '{casare_robot}'
                WHERE NOT starts_with(qual, '(tenant_id = casare_robot_tenant())')
                        AND NOT starts_with(qual, '((tenant_id = casare_robot_tenant()) AND ')
                    OR cmd <> 'SELECT' AND with_check IS DISTINCT FROM '(tenant_id = casare_robot_tenant())'
                """, database)
            #expect(wandering == [])
        }
    }

    @Test func `the roles of the service own nothing, sign in nowhere and bypass nothing`() async throws {
        try await withTestDatabase { database in
            let powerful = try await self.names(
                """
                SELECT rolname::text AS name FROM pg_roles
                WHERE rolname IN ('casare_app', 'casare_system', 'casare_robot')
                    AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb)
                """, database)
            #expect(powerful == [])
            let owned = try await self.names(
                """
                SELECT relname::text AS name FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND starts_with(relowner::regrole::text, 'casare_')
                """, database)
            #expect(owned == [])
        }
    }

    @Test func `what runs as the owner looks nothing up among temporary tables`() async throws {
        try await withTestDatabase { database in
            let definers = try await self.names(
                """
                SELECT proname::text AS name FROM pg_proc
                WHERE prosecdef AND pronamespace = 'public'::regnamespace
                """, database)
            #expect(definers.count > 5)
            let misled = try await self.names(
                """
                SELECT proname::text AS name FROM pg_proc
                WHERE prosecdef AND pronamespace = 'public'::regnamespace
                    AND proconfig @> '{"search_path=public, pg_temp"}' IS NOT TRUE
                """, database)
            #expect(misled == [], "say SET search_path = …, pg_temp, as migration 31 does for those before it")
        }
    }

    @Test func `nobody becomes the owner by a temporary table with a trigger`() async throws {
        try await withTestDatabase { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.asTenant(.default) { connection in
                    try connection.script(
                        """
                        CREATE TEMPORARY TABLE installation AS
                            SELECT NULL::timestamptz AS suspected_at, NULL::text AS suspected_why;
                        GRANT ALL ON installation TO PUBLIC;
                        CREATE FUNCTION pg_temp.as_owner() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN
                            EXECUTE 'GRANT DELETE ON public.audit_entries TO casare_app';
                            RETURN new;
                        END $$;
                        CREATE TRIGGER as_owner BEFORE UPDATE ON installation
                            FOR EACH ROW EXECUTE FUNCTION pg_temp.as_owner();
                        SELECT casare_witness(9000000000000000000);
                        """)
                    try connection.execute("DELETE FROM audit_entries")
                }
            }
            #expect(error?.sqlState == .insufficientPrivilege)
        }
    }

    @Test func `nobody without a role of the service reads a table`() async throws {
        try await withTestDatabase { database in
            let open = try await self.names(
                """
                SELECT DISTINCT table_name::text AS name FROM information_schema.role_table_grants
                WHERE table_schema = 'public' AND grantee = 'PUBLIC'
                """, database)
            #expect(open == [])
        }
    }

    @Test func `without a tenant the service's role sees no row of any table that has tenants`() async throws {
        try await withFixture { store in
            let tables = try await self.names(
                """
                WITH tables AS (\(Self.tables))
                SELECT name FROM tables
                JOIN pg_attribute ON attrelid = tables.oid AND attname = 'tenant_id' AND NOT attisdropped
                WHERE NOT relispartition AND has_table_privilege('casare_app', tables.oid, 'SELECT')
                """, store.database)
            #expect(tables.count > 40)
            for table in tables {
                let all = Query(assembled: "SELECT count(*) AS count FROM \(table)")
                #expect(try await store.database.app.execute(all).only().int("count") == 0, "\(table)")
            }
        }
    }

    @Test func `a user that was granted the service's roles runs it, and owns nothing`() async throws {
        try await withFixture { store in
            let owner = try await PostgresConnection.connect(store.database.configuration)
            try await owner.script(
                "DO $$ BEGIN CREATE ROLE plain_service LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
            try await owner.run { try ServiceRole.grant(to: "plain_service", on: $0) }
            await owner.close()
            var configuration = store.database.configuration
            configuration.user = "plain_service"
            let database = Database(configuration, connectionsMax: 2)
            let service = try await database.asTenant(.default) { try WorkflowStore.list(limit: 9, on: $0) }
            #expect(service.map(\.id) == [store.workflow])
            #expect(try await database.asSystem { try TenantStore.notServed(on: $0) } == [])
            await database.close()
            let findings = try await Doctor.examine(configuration)
            let privileges = try #require(findings.first { $0.check == .privileges })
            #expect(privileges.level == .ok && privileges.advice == [])
            #expect(privileges.facts["is_superuser"] == false && privileges.facts["owns_tables"] == false)
            let own = try #require(
                try await Doctor.examine(store.database.configuration).first { $0.check == .privileges })
            #expect(own.summary.contains("is a superuser") && own.advice.first?.hasPrefix("casarectl db grant") == true)
        }
    }
}
