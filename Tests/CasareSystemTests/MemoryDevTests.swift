import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// `casarectl dev --memory`, on a machine whose PostgreSQL is not to be found.
struct MemoryDevTests {
    private static let withoutPostgres = ["PG_BIN": "/nowhere"]

    /// Fails until the file is there.
    private static let reading: Value = [
        "metadata": ["name": "reader"],
        "nodes": [
            "read": ["node_type": "ReadFileNode", "config": ["file_path": "{{path}}"]],
            "keep": [
                "node_type": "SetVariableNode", "config": ["variable_name": "text", "value": "{{read.content}}"],
            ],
        ],
        "connections": [
            ["source_node": "read", "source_port": "exec_out", "target_node": "keep", "target_port": "exec_in"]
        ],
    ]

    @Test func `the whole path works without PostgreSQL`() async throws {
        try await TestSystem.with(options: ["--memory"], variables: Self.withoutPostgres) { system in
            #expect(system.log.contains("in memory: every workflow and job is lost when this ends"))
            let file = "\(system.folder)/reader.json"
            try Self.reading.jsonText(.compact).write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await system.json("workflow", "push", file)["version"] == 1)
            let status = try await system.json("status")
            #expect(status["robots_online"] == 1)
            #expect(status["database"]?.string?.contains("in memory") == true)

            let path = "\(system.folder)/input.txt"
            let failed = try await system.casarectl(
                "submit", "reader", "--var", "path=\(path)", "--max-attempts", "1", "--wait", "-o", "json")
            #expect(failed.status == 9, "\(failed.errors)")
            let id = try #require(try Value(parsingJSON: failed.output)["id"]?.string)
            #expect(try await system.json("dlq", "show", id)["attempts"]?.list?.count == 1)
            try "hello".write(toFile: path, atomically: true, encoding: .utf8)
            let retried = try await system.casarectl("retry", id, "--wait", "-o", "json")
            #expect(retried.status == 0, "\(retried.errors)")
            let again = try Value(parsingJSON: retried.output)
            #expect(again["retry_of"]?.string == id && again["result"]?["variables"]?["text"] == "hello")
            #expect(try await system.casarectl("retry", id, "--wait").status == 5)

            // One that is due later, and one that is cancelled before.
            let later = try await system.casarectl(
                "submit", "reader", "--var", "path=\(path)", "--delay", "0.2s", "--wait", "-o", "json")
            #expect(later.status == 0, "\(later.errors)")
            let never = try await system.casarectl("submit", "reader", "--delay", "1h", "-o", "name")
            let cancelled = try await system.casarectl("job", "cancel", never.output.trimmingNewline, "--yes")
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            let replayed = try await system.casarectl("dlq", "list", "--status", "resolved", "-o", "name")
            #expect(replayed.output.trimmingNewline == id, "\(replayed.errors)")
            #expect(try await system.casarectl("robot", "list", "-o", "name").output.trimmingNewline == "dev")
            let policy = try await system.casarectl("tenant", "policy", "show", "-o", "json")
            #expect(policy.status == 0, "\(policy.errors)")

            let asking = try await system.casarectl("submit", "reader", "--require-tag", "gpu", "--dry-run")
            #expect(asking.status == 1 && asking.errors.contains("needs PostgreSQL"), "\(asking.errors)")
            let refused = try await system.casarectl("token", "list")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("needs PostgreSQL"), "\(refused.errors)")
        }
    }

    @Test func `what is in memory is lost at the end, the token is not`() async throws {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            let casarectl = try TestProgram(
                .casarectl, variables: Self.withoutPostgres.merging(["HOME": folder]) { $1 })
            for start in 1...2 {
                try await casarectl.withRunning(
                    ["dev", "--memory", "--port", "0", "--data-dir", "\(folder)/dev"], log: "\(folder)/log-\(start)"
                ) { server in
                    try await eventually("dev is ready") { () throws -> Bool? in
                        guard !server.hasEnded else { throw NeverHappened(what: "dev is ready: \(server.log)") }
                        return server.log.contains("Casare is ready.") ? true : nil
                    }
                    #expect(server.log.contains("nothing is kept"))
                    let listed = try await casarectl.run(["job", "list", "-o", "name"], in: folder)
                    #expect(listed.status == 0 && listed.output == "", "\(listed.errors)")
                    let ended = try await casarectl.run(
                        ["submit", "-", "--wait", "-o", "name"],
                        input: #"{"metadata":{"name":"w"},"nodes":{"a":{"node_type":"CommentNode"}}}"#, in: folder)
                    #expect(ended.status == 0, "\(ended.errors)")
                    server.send(.terminate)
                    try await eventually("dev has stopped") { server.hasEnded ? true : nil }
                }
            }
            let contexts = try await casarectl.run(["context", "list", "-o", "name"], in: folder)
            #expect(contexts.output.trimmingNewline == "dev")
        }
    }

    @Test func `without PostgreSQL dev tells of --memory`() async throws {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            let casarectl = try TestProgram(
                .casarectl, variables: Self.withoutPostgres.merging(["HOME": folder]) { $1 })
            let ended = try await casarectl.run(["dev", "--port", "0", "--data-dir", "\(folder)/dev"])
            #expect(ended.status == 1)
            #expect(ended.errors.contains("apt install postgresql"), "\(ended.errors)")
            #expect(ended.errors.contains("casarectl dev --memory"), "\(ended.errors)")
            let both = try await casarectl.run(["dev", "--memory", "--reset"])
            #expect(both.status == 64 && both.errors.contains("--reset"), "\(both.errors)")
        }
    }
}
