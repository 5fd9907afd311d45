import CasareDomain
package import CasarePostgres
import FoundationEssentials

/// Casare as it is installed for many: PostgreSQL of its own, orchestrators and robots as processes, each with settings
/// of its own, and no `casarectl dev` among them.
package struct TestInstallation: Sendable {
    private static let database = "casare"

    package let folder: String
    package let cluster: PrivateCluster
    package let databaseURL: String
    /// An administrator's.
    package let token: String

    /// Gives `body` an installation whose database is migrated, and stops its PostgreSQL afterwards.
    ///
    /// - Parameter settings: Of PostgreSQL.
    package static func with<Result: Sendable>(
        settings: [String: String] = [:],
        _ body: @escaping @Sendable (TestInstallation) async throws -> Result
    ) async throws -> Result {
        try await Turnstile.systems.pass {
            try await withTemporaryDirectory(permissions: 0o755) { folder in
                let cluster = try await PrivateCluster.start(
                    PrivateCluster.Options(
                        folder: "\(folder)/postgres", durability: .disposable,
                        settings: ["max_connections": "100", "shared_buffers": "32MB"].merging(settings) { $1 }))
                do {
                    let result = try await body(try await Self.install(in: folder, cluster))
                    await cluster.stop()
                    return result
                } catch {
                    await cluster.stop()
                    throw error
                }
            }
        }
    }

    private static func install(in folder: String, _ cluster: PrivateCluster) async throws -> TestInstallation {
        let administration = try await PostgresConnection.connect(cluster.configuration())
        try await administration.script("CREATE DATABASE \(quotedIdentifier(Self.database))")
        await administration.close()
        let url = cluster.url(database: Self.database)
        var variables = TestSystem.variables(folder)
        variables["DATABASE_URL"] = url
        let casarectl = try TestProgram(.casarectl, variables: variables)
        func run(_ arguments: [String]) async throws -> String {
            let ended = try await casarectl.run(arguments, in: folder)
            guard ended.status == 0 else {
                throw NeverHappened(what: "\(arguments) ended with \(ended.status): \(ended.errors)")
            }
            return ended.output
        }
        _ = try await run(["db", "migrate"])
        let created = try Value(parsingJSON: try await run(["db", "token", "ann", "-o", "json"]))
        return TestInstallation(
            folder: folder, cluster: cluster, databaseURL: url, token: created["token"]?.string ?? "")
    }

    /// Gives `body` a connection to the database, as the owner of the tables.
    package func withConnection<Result: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        let connection = try await PostgresConnection.connect(self.cluster.configuration(database: Self.database))
        do {
            let result = try await connection.run(body)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Writes a sealing key of 32 equal bytes to a file that nobody else may read.
    ///
    /// - Returns: the path of the file.
    package func sealingKey(_ byte: UInt8) throws -> String {
        let path = "\(self.folder)/key-\(byte)"
        let text = Data([UInt8](repeating: byte, count: 32)).base64EncodedString()
        try Data("\(text)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    /// Gives `body` an orchestrator, and what belongs to it: robots and casarectl find it. It is killed afterwards.
    ///
    /// - Parameters:
    ///   - name: of its log, which is new.
    ///   - variables: Of its environment.
    package func withOrchestrator<Result: Sendable>(
        _ name: String, variables: [String: String] = [:],
        _ body: @escaping @Sendable (TestSystem) async throws -> Result
    ) async throws -> Result {
        try await TestSystem.withOrchestrator(
            name, in: self.folder, databaseURL: self.databaseURL, variables: variables
        ) { server, url in
            try await body(
                TestSystem(
                    folder: self.folder, url: url, token: self.token, databaseURL: self.databaseURL, dev: server))
        }
    }
}
