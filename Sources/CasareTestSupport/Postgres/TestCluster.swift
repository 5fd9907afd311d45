package import CasarePostgres
import FoundationEssentials
import Glibc
import Synchronization

/// The one PostgreSQL server of a test process: started on first use, stopped and deleted when the process ends.
///
/// Its folder names the process, so a folder that a killed run left behind is known by that and removed by the next.
package final class TestCluster: Sendable {
    private static let folderPrefix = "casare-pg-"
    private static let starting = Mutex<Task<TestCluster, any Error>?>(nil)
    /// What the exit handler, which takes no argument, has to clean up.
    private static let running = Mutex<(cluster: PrivateCluster, folder: String)?>(nil)

    package let cluster: PrivateCluster
    private let administration: PostgresPool
    private let databasesMade = Atomic(0)

    private init(_ cluster: PrivateCluster) {
        self.cluster = cluster
        self.administration = PostgresPool(
            configuration: cluster.configuration(), connectionsMax: 2, waitMax: .seconds(120))
    }

    /// The process's cluster. All callers of the first use wait for the same start.
    package static func shared() async throws -> TestCluster {
        let task = Self.starting.withLock { starting in
            if let task = starting { return task }
            let task = Task { try await Self.start() }
            starting = task
            return task
        }
        return try await task.value
    }

    package func configuration(database: String) -> PostgresConfiguration {
        self.cluster.configuration(database: database)
    }

    /// Creates a database with a name of its own, empty or as a copy of another that nobody is connected to.
    package func createDatabase(from template: String? = nil) async throws -> PostgresConfiguration {
        let number = self.databasesMade.add(1, ordering: .relaxed).newValue
        let name = "test_\(number)"
        try await self.administration.withConnection { connection in
            try connection.script(
                "CREATE DATABASE \(quotedIdentifier(name)) TEMPLATE \(quotedIdentifier(template ?? "template0"))")
        }
        return self.configuration(database: name)
    }

    /// Drops a database and ends the sessions that are still on it.
    package func dropDatabase(_ configuration: PostgresConfiguration) async throws {
        guard let name = configuration.database else { return }
        try await self.administration.withConnection { connection in
            try connection.script("DROP DATABASE IF EXISTS \(quotedIdentifier(name)) WITH (FORCE)")
        }
    }

    private static func start() async throws -> TestCluster {
        let parent = temporaryFolder()
        removeFoldersOfEndedProcesses(in: parent)
        let folder = "\(parent)/\(Self.folderPrefix)\(getpid())"
        let cluster = try await PrivateCluster.start(
            PrivateCluster.Options(
                folder: folder, durability: .disposable,
                settings: [
                    "max_connections": "200", "shared_buffers": "64MB", "autovacuum": "off",
                    "max_prepared_transactions": "8",
                ]))
        Self.running.withLock { $0 = (cluster, folder) }
        atexit {
            guard let (cluster, folder) = TestCluster.running.withLock({ $0 }) else { return }
            cluster.stopAtOnce()
            removeFolder(folder)
        }
        return TestCluster(cluster)
    }

    private static func removeFoldersOfEndedProcesses(in parent: String) {
        guard let stream = opendir(parent) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix(Self.folderPrefix), let processID = pid_t(name.dropFirst(Self.folderPrefix.count)),
                kill(processID, 0) != 0, errno == ESRCH
            else { continue }
            removeFolder("\(parent)/\(name)")
        }
    }
}

/// The folder for temporary files; `/tmp` when `TMPDIR` is too long for the path of a socket below it.
package func temporaryFolder() -> String {
    guard let variable = getenv("TMPDIR") else { return "/tmp" }
    let folder = String(cString: variable)
    return folder.isEmpty || folder.utf8.count > 60 ? "/tmp" : folder
}

/// Removes a folder with all that is in it, if it is there. Blocks.
package func removeFolder(_ path: String) {
    // What cannot be removed stays in the folder for temporary files; there is nobody to tell.
    try? FileManager.default.removeItem(atPath: path)
}
