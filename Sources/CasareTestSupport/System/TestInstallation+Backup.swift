import CasarePostgres
import Glibc

/// An installation whose data is lost, and put back from a backup that was made before.
extension TestInstallation {
    private var backup: String { "\(self.folder)/postgres/backup" }

    /// Copies the data with `pg_basebackup` while everybody works. It runs on the server, as its own user.
    package func backUp() async throws {
        let tool = try PostgresPrograms.find().tool("pg_basebackup")
        let command =
            "\(tool) --pgdata=\(self.backup) --host=\(self.cluster.socketFolder) --port=\(self.cluster.port) "
            + "--username=\(self.cluster.superuser) --checkpoint=fast --wal-method=stream --no-sync"
        try await self.withConnection { connection in
            try connection.script("COPY (SELECT 1) TO PROGRAM \(quotedLiteral(command))")
        }
    }

    /// Stops PostgreSQL, puts the backup in the place of its data, and starts it: at the same place, so that who knew it
    /// finds it again. It is stopped when `body` returns or throws.
    package func withRestored<Result: Sendable>(
        _ body: (TestInstallation) async throws -> Result
    ) async throws -> Result {
        await self.cluster.stop()
        let data = "\(self.folder)/postgres/data"
        guard rename(data, "\(self.folder)/postgres/lost") == 0, rename(self.backup, data) == 0 else {
            throw NeverHappened(what: "the backup is in its place: \(String(cString: strerror(errno)))")
        }
        let cluster = try await PrivateCluster.start(
            PrivateCluster.Options(folder: "\(self.folder)/postgres", durability: .disposable))
        do {
            let result = try await body(
                TestInstallation(
                    folder: self.folder, cluster: cluster, databaseURL: self.databaseURL, token: self.token))
            await cluster.stop()
            return result
        } catch {
            await cluster.stop()
            throw error
        }
    }
}
