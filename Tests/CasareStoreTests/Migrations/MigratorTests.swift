import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

struct MigratorTests {
    private static let first = Migration(version: 1, name: "one", sql: "CREATE TABLE one (id int); SELECT 1;")
    private static let second = Migration(version: 2, name: "two", sql: "CREATE TABLE two (id int)")

    private func withConnection(
        _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await body(connection)
            await connection.close()
        }
    }

    private func migrate(_ migrations: [Migration], on connection: PostgresConnection) async throws -> [Int] {
        try await connection.run { connection in
            try Migrator(migrations).migrate(on: connection).map(\.version)
        }
    }

    private func check(_ migrations: [Migration], on connection: PostgresConnection) async throws {
        try await connection.run { connection in try Migrator(migrations).status(on: connection).check() }
    }

    @Test func `an empty database is migrated once`() async throws {
        try await self.withConnection { connection in
            let all = [
                "1 initial", "2 session_loss", "3 tenant_policy", "4 scheduling", "5 submits", "6 robot_control",
                "7 idle_lanes", "8 upkeep", "9 resolving", "10 forks", "11 journal", "12 job_pause",
                "13 job_logs", "14 letters", "15 operations", "16 event_feed", "17 workflow_retry",
                "18 schedules", "19 triggers", "20 work_items", "21 applied", "22 watches",
                "23 trace", "24 vault", "25 audit", "26 identity", "27 tenancy", "28 secret_providers", "29 rotation",
                "30 certificates", "31 definer_paths", "32 tenant_retention",
                "33 narrow_roles", "34 noticing", "35 tracing", "36 robot_logs",
            ]
            await #expect(throws: MigrationError.pending(all)) {
                try await self.check(Migration.all, on: connection)
            }
            #expect(try await self.migrate(Migration.all, on: connection) == Migration.all.map(\.version))
            #expect(try await self.migrate(Migration.all, on: connection) == [])
            try await self.check(Migration.all, on: connection)
            let status = try await connection.run { try Migrator().status(on: $0) }
            #expect(
                status.applied.map(\.name) == [
                    "initial", "session_loss", "tenant_policy", "scheduling", "submits", "robot_control", "idle_lanes",
                    "upkeep", "resolving", "forks", "journal", "job_pause", "job_logs", "letters", "operations",
                    "event_feed", "workflow_retry", "schedules", "triggers", "work_items", "applied",
                    "watches", "trace", "vault", "audit", "identity", "tenancy", "secret_providers", "rotation",
                    "certificates", "definer_paths", "tenant_retention",
                    "narrow_roles", "noticing", "tracing", "robot_logs",
                ]
                    && status.pending.isEmpty && status.problem == nil)
        }
    }

    @Test func `only what is missing is applied`() async throws {
        try await self.withConnection { connection in
            #expect(try await self.migrate([Self.first], on: connection) == [1])
            let pending = try await connection.run {
                try Migrator([Self.first, Self.second]).pending(on: $0).map(\.version)
            }
            #expect(pending == [2])
            #expect(try await self.migrate([Self.first, Self.second], on: connection) == [2])
        }
    }

    @Test func `programs that migrate at once apply each migration once`() async throws {
        try await withEmptyDatabase { configuration in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let connection = try await PostgresConnection.connect(configuration)
                        let applied = try await self.migrate(Migration.all, on: connection)
                        await connection.close()
                        return applied
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied == Migration.all.map(\.version))
        }
    }

    @Test func `databases of one cluster are migrated at once, for all that they share the roles`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await self.withConnection { connection in
                        let applied = try await self.migrate(Migration.all, on: connection)
                        #expect(applied == Migration.all.map(\.version))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `an edited migration is refused`() async throws {
        try await self.withConnection { connection in
            _ = try await self.migrate([Self.first], on: connection)
            let edited = [Migration(version: 1, name: "one", sql: "SELECT 2"), Self.second]
            let expected = MigrationError.edited(version: 1, name: "one")
            await #expect(throws: expected) { try await self.migrate(edited, on: connection) }
            await #expect(throws: expected) { try await self.check(edited, on: connection) }
            #expect(try await self.migrate([Self.first, Self.second], on: connection) == [2])
        }
    }

    @Test func `a database that is newer than the program is refused`() async throws {
        try await self.withConnection { connection in
            _ = try await self.migrate([Self.first, Self.second], on: connection)
            let expected = MigrationError.newer(version: 2, name: "two")
            await #expect(throws: expected) { try await self.migrate([Self.first], on: connection) }
            await #expect(throws: expected) { try await self.check([Self.first], on: connection) }
        }
    }

    @Test func `a migration that fails leaves nothing behind`() async throws {
        try await self.withConnection { connection in
            let broken = Migration(version: 2, name: "broken", sql: "CREATE TABLE two (id int); SELECT no_such_column")
            let error = await #expect(throws: PostgresError.self) {
                try await self.migrate([Self.first, broken], on: connection)
            }
            #expect(error?.sqlState == .undefinedColumn)
            let applied = try await self.migrate([Self.first, Self.second], on: connection)
            #expect(applied == [2])
        }
    }

    @Test func `a user who owns the database and may create roles is enough`() async throws {
        try await withEmptyDatabase { configuration in
            let database = try #require(configuration.database)
            let administrator = try await PostgresConnection.connect(configuration)
            try await administrator.script(
                """
                DROP ROLE IF EXISTS migrating_user;
                CREATE ROLE migrating_user LOGIN CREATEROLE;
                ALTER DATABASE \(quotedIdentifier(database)) OWNER TO migrating_user;
                """)
            var owner = configuration
            owner.user = "migrating_user"
            let connection = try await PostgresConnection.connect(owner)
            #expect(try await self.migrate(Migration.all, on: connection) == Migration.all.map(\.version))
            await connection.close()

            let database2 = Database(owner, connectionsMax: 2)
            let store = try await StoreFixture(database2)
            #expect(try await store.leased().attempt == 1)
            let (created, tables) = try await database2.asSystem { connection in
                (
                    try LeaseStore.maintainPartitions(weeks: 1, now: noon.addingTimeInterval(1e8), on: connection),
                    try connection.execute("SELECT count(*) AS n FROM casare_weekly_tables()").only().int("n")
                )
            }
            #expect(created == 2 * tables)
            await database2.close()
            await administrator.close()
        }
    }

    @Test func `messages say what to do`() {
        #expect(MigrationError.pending(["1 initial"]).description.contains("casarectl db migrate"))
        #expect(MigrationError.edited(version: 1, name: "a").description.contains("migration 1 (a)"))
        #expect(MigrationError.newer(version: 9, name: "b").description.contains("newer version"))
    }
}
