import CasareDomain
import CasarePostgres
import Subprocess
import SystemPackage

/// What others come by of an installation.
extension TestInstallation {
    private static let outputBytesMax = 64 << 20

    /// Settings of PostgreSQL with which its log and its write-ahead log hold all that was ever sent to it.
    package static let tellingAll = [
        "log_statement": "all", "log_min_duration_statement": "0", "log_parameter_max_length": "-1",
        "log_parameter_max_length_on_error": "-1", "log_error_verbosity": "verbose", "log_connections": "on",
        "wal_level": "logical", "full_page_writes": "on", "wal_keep_size": "1GB",
    ]

    /// Writes dumps of the database and of the server's users to files of a folder, and brings all that the server has
    /// in memory to its own files.
    package func dump(to folder: String) async throws {
        try await self.withConnection { connection in
            try connection.script("CHECKPOINT")
            _ = try connection.execute("SELECT pg_switch_wal()")
        }
        let programs = try PostgresPrograms.find()
        let server = ["--host=\(self.cluster.socketFolder)", "--port=\(self.cluster.port)", "--no-password"]
        let user = "--username=\(self.cluster.superuser)"
        for (program, arguments) in [
            ("pg_dump", [self.databaseURL, "--file=\(folder)/dump.sql"]),
            ("pg_dump", [self.databaseURL, "--inserts", "--file=\(folder)/inserts.sql"]),
            ("pg_dumpall", server + [user, "--globals-only", "--file=\(folder)/globals.sql"]),
        ] {
            let result = try await Subprocess.run(
                .path(FilePath(programs.tool(program))), arguments: Arguments(arguments), input: .none,
                output: .string(limit: Self.outputBytesMax), error: .string(limit: Self.outputBytesMax))
            guard result.terminationStatus.isSuccess else {
                throw NeverHappened(what: "\(program) dumps: \(result.standardError)")
            }
        }
    }

    /// What a path of the orchestrator answers to an administrator, such as `/metrics`.
    package func answer(_ path: String, of system: TestSystem) async throws -> String {
        let program = """
            import json, sys, urllib.request
            asked = json.load(sys.stdin)
            request = urllib.request.Request(asked["url"], headers={"Authorization": "Bearer " + asked["token"]})
            sys.stdout.buffer.write(urllib.request.urlopen(request).read())
            """
        let asked: Value = ["url": .string(system.url + path), "token": .string(system.token)]
        let result = try await Subprocess.run(
            .path("/usr/bin/python3"), arguments: ["-c", program], input: .string(asked.jsonText(.compact)),
            output: .string(limit: Self.outputBytesMax), error: .string(limit: Self.outputBytesMax))
        guard result.terminationStatus.isSuccess else {
            throw NeverHappened(what: "\(path) is answered: \(result.standardError)")
        }
        return result.standardOutput
    }
}
