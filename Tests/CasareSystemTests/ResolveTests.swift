import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Steps that were cut off, and people who know more: the programs as they are started, with and without a database.
struct ResolveTests {
    /// A command that is cut off the first time, and prints a word when it finds what it left behind then.
    private static func document(in system: TestSystem) throws -> String {
        let script = "\(system.folder)/pay.sh"
        try "if [ -e \"$1\" ]; then echo again; else touch \"$1\"; sleep 600; fi\n"
            .write(toFile: script, atomically: true, encoding: .utf8)
        let document: Value = [
            "metadata": ["name": "pay"],
            "nodes": [
                "pay": [
                    "node_type": "RunCommandNode",
                    "config": ["command": "/bin/sh", "args": [.string(script), "{{path}}"]],
                ],
                "keep": [
                    "node_type": "SetVariableNode", "config": ["variable_name": "kept", "value": "{{pay.stdout}}"],
                ],
            ],
            "connections": [
                ["source_node": "pay", "source_port": "exec_out", "target_node": "keep", "target_port": "exec_in"]
            ],
        ]
        return document.jsonText(.compact)
    }

    /// Submits it and waits until somebody is asked.
    private static func blocked(_ name: String, in system: TestSystem) async throws -> String {
        let ended = try await system.casarectl(
            [
                "submit", "-", "--var", "path=\(system.folder)/\(name)", "--node-timeout", "1s", "--wait", "-o", "json",
            ], input: try Self.document(in: system))
        #expect(ended.status == 9, "\(ended.errors)")
        let job = try Value(parsingJSON: ended.output)
        #expect(job["status"] == "blocked" && job["question"]?["node"] == "pay", "\(ended.output)")
        return try #require(job["id"]?.string)
    }

    @Test(arguments: [["--memory"], []])
    func `a person answers for a step, and the job goes on from there`(options: [String]) async throws {
        try await TestSystem.with(options: options) { system in
            let done = try await Self.blocked("a", in: system)
            let status = try await system.json("status")
            #expect(status["blocked_jobs"]?.list?.map { $0["id"]?.string } == [done])

            let silent = try await system.casarectl("job", "resolve", done, "--reason", "r")
            #expect(silent.status == 64 && silent.errors.contains("--done, --retry, --skip or --fail"))
            let file = "\(system.folder)/result.json"
            try "{\"stdout\": ".write(toFile: file, atomically: true, encoding: .utf8)
            let broken = try await system.casarectl(
                "job", "resolve", done, "--done", "--result", file, "--reason", "r")
            #expect(broken.status == 64 && broken.errors.contains("\(file) is not JSON: line 1"), "\(broken.errors)")
            try "{\"stdout\": \"by hand\"}".write(toFile: file, atomically: true, encoding: .utf8)
            let answered = try await system.casarectl(
                "job", "resolve", done, "--done", "--result", file, "--reason", "booked as 4711")
            #expect(answered.status == 0, "\(answered.errors)")
            let ended = try await system.json("job", "watch", done, "--timeout", "60s")
            #expect(ended["status"] == "completed" && ended["result"]?["variables"]?["kept"] == "by hand")
            let late = try await system.casarectl("job", "resolve", done, "--skip", "--reason", "r")
            #expect(late.status == 5 && late.errors.contains("is completed"), "\(late.errors)")
            // Whoever comes late is told what was said, and why.
            #expect(late.errors.contains(" said done at ") && late.errors.contains("booked as 4711"), "\(late.errors)")

            let again = try await Self.blocked("b", in: system)
            let warned = try await system.casarectl("job", "resolve", again, "--done", "--reason", "r", "--dry-run")
            #expect(warned.status == 0 && warned.errors.contains("{{pay.stdout}}"), "\(warned.errors)")
            _ = try await system.json("job", "resolve", again, "--retry", "--reason", "nothing was paid")
            let retried = try await system.json("job", "watch", again, "--timeout", "60s")
            #expect(retried["status"] == "completed", "\(retried.jsonText(.compact))")
            #expect(retried["result"]?["variables"]?["kept"]?.string?.hasPrefix("again") == true)

            let failing = try await Self.blocked("c", in: system)
            _ = try await system.json("job", "resolve", failing, "--fail", "--reason", "unclear")
            let failed = try await system.json("job", "watch", failing, "--timeout", "60s")
            #expect(failed["status"] == "failed" && failed["failure"]?["kind"] == "business")
            #expect(failed["failure"]?["message"]?.string?.contains("unclear") == true)
        }
    }

    @Test(arguments: [["--memory"], []])
    func `who submits with a known key is shown how that job went`(options: [String]) async throws {
        try await TestSystem.with(options: options) { system in
            let path = "\(system.folder)/there"
            try "".write(toFile: path, atomically: true, encoding: .utf8)
            let document = try Self.document(in: system)
            let arguments = [
                "submit", "-", "--var", "path=\(path)", "--idempotency-key", "once", "-o", "json",
            ]
            let first = try await system.casarectl(arguments + ["--wait"], input: document)
            #expect(first.status == 0, "\(first.errors)")
            let ended = try Value(parsingJSON: first.output)
            for more in [[], ["--wait"]] as [[String]] {
                let second = try await system.casarectl(arguments + more, input: document)
                #expect(second.status == 0, "\(second.errors)")
                let found = try Value(parsingJSON: second.output)
                #expect(found["id"] == ended["id"] && found["status"] == "completed")
                #expect(found["result"] == ended["result"] && found["found_by"] == "idempotency_key")
            }
        }
    }
}
