package import CasareStore
import CasarePostgres
import Synchronization

/// The database that all test databases of this process are copies of: migrated, and else empty.
private enum Template {
    private static let migrating = Mutex<Task<String, any Error>?>(nil)

    /// Its name. All callers of the first use wait for the same migration.
    static func shared() async throws -> String {
        let task = Self.migrating.withLock { migrating in
            if let task = migrating { return task }
            let task = Task { try await Self.migrate() }
            migrating = task
            return task
        }
        return try await task.value
    }

    private static func migrate() async throws -> String {
        let configuration = try await TestCluster.shared().createDatabase()
        let connection = try await PostgresConnection.connect(configuration)
        _ = try await connection.run { connection in try Migrator().migrate(on: connection) }
        try await connection.script("CREATE ROLE \(TestRobot.user) LOGIN")
        _ = try await connection.run { connection in
            try connection.transaction { try ServiceRole.grantRobot(to: TestRobot.user, on: $0) }
        }
        // A database that somebody is connected to cannot be copied.
        await connection.close()
        return configuration.database ?? ""
    }
}

/// Runs a test on a migrated database of its own, and drops it afterwards. Its one tenant is `Tenant.ID.default`.
package func withTestDatabase<Result: Sendable>(
    connectionsMax: Int = 4, _ body: (Database) async throws -> Result
) async throws -> Result {
    try await Turnstile.databases.pass { try await useTestDatabase(connectionsMax: connectionsMax, body) }
}

private func useTestDatabase<Result: Sendable>(
    connectionsMax: Int, _ body: (Database) async throws -> Result
) async throws -> Result {
    let cluster = try await TestCluster.shared()
    let configuration = try await cluster.createDatabase(from: try await Template.shared())
    let database = Database(configuration, connectionsMax: connectionsMax)
    do {
        let result = try await body(database)
        await database.close()
        try await cluster.dropDatabase(configuration)
        return result
    } catch {
        await database.close()
        // The body's error is the one that matters; the whole cluster goes at the end of the process.
        try? await cluster.dropDatabase(configuration)
        throw error
    }
}
