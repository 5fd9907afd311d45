import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import Testing

@testable import CasareCLI

/// What the owner of the tables does from the shell.
struct OwnerAuditTests {
    private func entries(_ configuration: PostgresConfiguration) async throws -> [AuditEntry] {
        let database = Database(configuration, connectionsMax: 1)
        let entries = try await database.asTenant(.default) { try AuditLog.list(limit: 100, on: $0).entries }
        await database.close()
        return entries.reversed()
    }

    @Test func `a migration is in the audit log from the one on that makes it, once`() async throws {
        try await withEmptyDatabase { configuration in
            let owner = try await PostgresConnection.connect(configuration)
            let applied = try await owner.run { try DatabaseCommand.Migrate.migrate(on: $0) }
            let again = try await owner.run { try DatabaseCommand.Migrate.migrate(on: $0) }
            await owner.close()
            #expect(again.isEmpty)
            let told = try await self.entries(configuration)
            let expected = applied.filter { $0.version >= 25 }.map { "\($0.version) \($0.name)" }
            #expect(!expected.isEmpty && told.compactMap(\.subject) == expected)
            #expect(told.allSatisfy { $0.action == "database.migrate" && $0.actor == "casarectl db migrate" })
        }
    }

    @Test func `who may run services is in the audit log, and nobody may whose entry cannot be written`() async throws {
        try await withTestDatabase { database in
            let owner = try await PostgresConnection.connect(database.configuration)
            // Roles belong to the whole cluster: another test's database may have it.
            try await owner.script(
                """
                DO $$ BEGIN CREATE ROLE granted_service LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
                DO $$ BEGIN CREATE ROLE unheard_service LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$
                """)
            try await owner.run { try DatabaseCommand.Grant.grant(to: "granted_service", on: $0) }
            let told = try await self.entries(database.configuration)
            #expect(told.map(\.action) == ["database.grant"] && told.first?.subject == "granted_service")
            #expect(told.first?.actorKind == "internal" && told.first?.actor == "casarectl db grant")
            try await owner.execute("ALTER TABLE audit_entries ADD CHECK (subject <> 'unheard_service')")
            await #expect(throws: PostgresError.self) {
                try await owner.run { try DatabaseCommand.Grant.grant(to: "unheard_service", on: $0) }
            }
            let isMember = try await owner.run { connection in
                try connection.execute(
                    "SELECT pg_has_role('unheard_service', 'casare_app', 'MEMBER') AS is_member"
                ).only().bool("is_member")
            }
            await owner.close()
            #expect(!isMember)
        }
    }

    @Test func `who may run robots is in the audit log, with what it was said by`() async throws {
        try await withTestDatabase { database in
            let owner = try await PostgresConnection.connect(database.configuration)
            try await owner.script("CREATE ROLE granted_robot LOGIN IN ROLE casare_system")
            let taken = try await owner.run { try DatabaseCommand.Grant.grantRobot(to: "granted_robot", on: $0) }
            let (isRobot, isService) = try await owner.run { connection in
                let row = try connection.execute(
                    """
                    SELECT
                        pg_has_role('granted_robot', 'casare_robot', 'MEMBER') AS is_robot,
                        pg_has_role('granted_robot', 'casare_system', 'MEMBER') AS is_service
                    """
                ).only()
                return (try row.bool("is_robot"), try row.bool("is_service"))
            }
            await owner.close()
            #expect(taken == ["casare_system"] && isRobot && !isService)
            let told = try await self.entries(database.configuration)
            #expect(told.map(\.action) == ["database.grant"] && told.first?.subject == "granted_robot")
            #expect(told.first?.actor == "casarectl db grant --robot")
        }
    }
}
