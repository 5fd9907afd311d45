import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

@Suite struct PrivateClusterTests {
    /// Runs a test with a folder that does not exist yet and is removed afterwards.
    private func withFolder(_ name: String = "cluster", _ body: (String) async throws -> Void) async throws {
        let parent = "\(temporaryFolder())/casare-pg-test-\(UUID().uuidString.prefix(8))"
        defer { removeFolder(parent) }
        try await body("\(parent)/\(name)")
    }

    private func options(_ folder: String) -> PrivateCluster.Options {
        PrivateCluster.Options(folder: folder, durability: .disposable, settings: ["shared_buffers": "16MB"])
    }

    @Test func `a cluster keeps its data from start to start`() async throws {
        try await self.withFolder { folder in
            let first = try await PrivateCluster.start(self.options(folder))
            let connection = try await PostgresConnection.connect(try PostgresConfiguration(url: first.url()))
            try await connection.script("CREATE TABLE t (id int); INSERT INTO t VALUES (7)")
            let encoding = try await connection.execute(
                "SELECT current_setting('server_encoding') AS e, current_setting('listen_addresses') AS l"
            ).only()
            #expect(try encoding.string("e") == "UTF8")
            #expect(try encoding.string("l") == "")
            await connection.close()
            await first.stop()
            #expect(await first.waitUntilExit() == "ended with status 0")

            let second = try await PrivateCluster.start(self.options(folder))
            let again = try await PostgresConnection.connect(second.configuration())
            #expect(try await again.execute("SELECT id FROM t").only().int("id") == 7)
            await again.close()
            await second.stop()
        }
    }

    @Test func `a cancelled task stops waiting for a server's end`() async throws {
        try await self.withFolder { folder in
            let cluster = try await PrivateCluster.start(self.options(folder))
            let waiting = Task { await cluster.waitUntilExit() }
            waiting.cancel()
            #expect(await waiting.value == nil)
            await cluster.stop()
            #expect(await cluster.waitUntilExit() != nil)
        }
    }

    @Test func `a killed server starts again on its folder`() async throws {
        try await self.withFolder { folder in
            var options = self.options(folder)
            options.settings["synchronous_commit"] = "on"
            let first = try await PrivateCluster.start(options)
            let connection = try await PostgresConnection.connect(first.configuration())
            try await connection.script("CREATE TABLE t (id int)")
            kill(try #require(first.processID), SIGKILL)
            #expect(await first.waitUntilExit() == "was killed by signal 9")
            let second = try await PrivateCluster.start(self.options(folder))
            let again = try await PostgresConnection.connect(second.configuration())
            #expect(try await again.execute("SELECT count(*) AS n FROM t").only().int("n") == 0)
            await again.close()
            await connection.close()
            await second.stop()
        }
    }

    @Test func `a folder that another server uses is refused`() async throws {
        try await self.withFolder { folder in
            let first = try await PrivateCluster.start(self.options(folder))
            let processID = try #require(first.processID)
            await #expect(throws: PrivateClusterError.inUse(folder: folder, processID: processID)) {
                try await PrivateCluster.start(self.options(folder))
            }
            let connection = try await PostgresConnection.connect(first.configuration())
            try await connection.execute("SELECT 1")
            await connection.close()
            await first.stop()
        }
    }

    @Test func `a lock file whose number belongs to another program does not count`() async throws {
        try await self.withFolder { folder in
            let first = try await PrivateCluster.start(self.options(folder))
            await first.stop()
            let lock = "\(getpid())\n\(folder)/data\n1767225600\n5432\n"
            try lock.write(toFile: "\(folder)/data/postmaster.pid", atomically: true, encoding: .utf8)
            let second = try await PrivateCluster.start(self.options(folder))
            await second.stop()
        }
    }

    @Test func `a first start that was interrupted is made anew`() async throws {
        try await self.withFolder { folder in
            try FileManager.default.createDirectory(
                atPath: "\(folder)/data.unfinished/base", withIntermediateDirectories: true)
            let cluster = try await PrivateCluster.start(self.options(folder))
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/data.unfinished"))
            await cluster.stop()
        }
    }

    @Test func `a path that is too long for a socket gets its socket elsewhere`() async throws {
        try await self.withFolder(String(repeating: "long", count: 30)) { folder in
            let cluster = try await PrivateCluster.start(self.options(folder))
            #expect(!cluster.socketFolder.hasPrefix(folder))
            let connection = try await PostgresConnection.connect(try PostgresConfiguration(url: cluster.url()))
            try await connection.execute("SELECT 1")
            await connection.close()
            await cluster.stop()
            removeFolder(cluster.socketFolder)
        }
    }

    @Test func `a setting that the server refuses is told from its log`() async throws {
        try await self.withFolder { folder in
            var options = self.options(folder)
            options.settings["no_such_setting"] = "1"
            let error = await #expect(throws: PrivateClusterError.self) { try await PrivateCluster.start(options) }
            #expect(error?.description.contains("no_such_setting") == true)
        }
    }

    @Test func `a cancelled start leaves nothing running`() async throws {
        try await self.withFolder { folder in
            let task = Task { try await PrivateCluster.start(self.options(folder)) }
            task.cancel()
            await #expect(throws: PrivateClusterError.cancelled) { try await task.value }
            let cluster = try await PrivateCluster.start(self.options(folder))
            await cluster.stop()
        }
    }

    @Test func `folders that cannot be used are refused with the reason`() async throws {
        try await self.withFolder { folder in
            var options = self.options("relative/folder")
            await #expect(throws: PrivateClusterError.self) { try await PrivateCluster.start(options) }
            options = self.options("/proc/no/such/folder")
            await #expect(throws: PrivateClusterError.self) { try await PrivateCluster.start(options) }
            guard geteuid() == 0 else { return }
            try FileManager.default.createDirectory(
                atPath: "\(folder)/closed", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            chmod("\(folder)/closed", 0o700)
            let error = await #expect(throws: PrivateClusterError.self) {
                try await PrivateCluster.start(self.options("\(folder)/closed/cluster"))
            }
            guard case .folderNotReachable(let ancestor, _) = error else {
                Issue.record("It threw \(String(describing: error))")
                return
            }
            #expect(ancestor == "\(folder)/closed")
        }
    }
}
