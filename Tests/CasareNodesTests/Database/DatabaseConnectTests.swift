import CasareDomain
import CasareEngine
import CasareNodes
import Glibc
import Testing

@Suite struct DatabaseConnectTests {
    @Test(arguments: TestDatabase.allCases)
    func `the value of a connection names it and nothing else`(kind: TestDatabase) async throws {
        try await kind.with { folder, inputs async throws in
            let connected = try await folder.perform("DatabaseConnectNode", inputs.merging(["password": "s3cret"]))
            #expect(connected["connection"] == ["connection": "1", "db_type": .string(kind.rawValue)])
            #expect(connected["success"] == true)
        }
    }

    @Test func `a database without a name is in memory, and each connection has its own`() async throws {
        try await withRunFolder { folder async throws in
            let connected = try await folder.perform("DatabaseConnectNode")
            let database = DatabaseFolder(kind: .sqlite, folder: folder, connection: connected["connection"] ?? .null)
            try await database.execute("CREATE TABLE t (a)")
            #expect(try await database.rows("SELECT * FROM t") == [])
            #expect(try folder.names == [])
        }
    }

    @Test(
        arguments: [
            (["db_type": "mysql"], "MySQL is not supported"),
            (["auto_commit": false], "auto_commit false is not supported"),
            (
                ["connection_string": "postgres://x/y"],
                "connection_string is of a PostgreSQL server, but db_type is sqlite"
            ),
            (["database": "../x.db"], "The path ../x.db contains '..'"),
            (["database": "/proc/x"], "Access to /proc/x is denied"),
            (["database": "missing/x.db"], "unable to open database file"),
            (["db_type": "postgresql"], "username is missing: set it, or DB_USERNAME"),
            (["db_type": "postgresql", "connection_string": "postgres://[x"], "The connection string is not valid"),
        ] as [(Object, String)])
    func `what cannot be connected to fails clearly`(inputs: Object, message: String) async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("DatabaseConnectNode", inputs)
            #expect(failure.message.hasPrefix(message), "\(failure.message)")
            #expect(failure.outputs["success"] == false)
        }
    }

    @Test func `a server that is not there fails after the attempts, and without its password`() async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure(
                "DatabaseConnectNode",
                [
                    "db_type": "postgresql", "host": .string(folder.path), "username": "u", "password": "s3cret",
                    "retry_count": 2, "retry_interval": 0,
                ])
            #expect(failure.type == "NetworkError")
            #expect(failure.message.contains(folder.path))
            #expect(!failure.message.contains("s3cret"))
        }
    }

    @Test func `user and password may come from the run's environment`() async throws {
        try await TestDatabase.postgresql.with { folder, inputs async throws in
            let parts = (inputs["connection_string"]?.string ?? "").split(separator: " ").map {
                $0.split(separator: "=", maxSplits: 1).map(String.init)
            }
            let known = Dictionary(uniqueKeysWithValues: parts.map { ($0[0], $0[1]) })
            let set: Object = ["action": "set", "var_name": "DB_USERNAME", "value": .string(known["user"] ?? "")]
            try await folder.perform("EnvironmentVariableNode", set)
            let connected = try await folder.perform(
                "DatabaseConnectNode",
                [
                    "db_type": "postgresql", "host": .string(known["host"] ?? ""),
                    "port": .int(Int(known["port"] ?? "") ?? 5432), "database": .string(known["dbname"] ?? ""),
                ])
            #expect(connected["success"] == true)
        }
    }

    @Test func `a run keeps only so many connections`() async throws {
        try await withRunFolder { folder async throws in
            // The fixture's steps all have one number, so connections are opened beside them by the chain.
            let nodes = (0...32).map { NodeChain.Node("c\($0)", "DatabaseConnectNode") }
            let (result, failure) = try await NodeChain(nodes, in: folder.path).finish()
            #expect(!result.success)
            #expect(failure?.node == "c32")
            #expect(failure?.message.hasPrefix("A run keeps at most 32 connections open") == true)
        }
    }

    @Test func `attaching a database needs its file to be allowed`() async throws {
        try await withRunFolder { folder async throws in
            var restricted = folder
            restricted.policy.allowedRoots = [folder.path]
            let connected = try await restricted.perform("DatabaseConnectNode")
            let database = DatabaseFolder(
                kind: .sqlite, folder: restricted, connection: connected["connection"] ?? .null)
            try await database.execute("ATTACH '\(folder.path)/other.db' AS other")
            let refused = try await database.failure(
                "ExecuteNonQueryNode", ["query": "ATTACH '/tmp/casare-elsewhere.db' AS elsewhere"])
            #expect(refused.type == "PathSecurityError")
        }
    }
}
