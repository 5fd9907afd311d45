import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// The whole path, as the README shows it.
struct WholePathTests {
    @Test(arguments: TestSystem.RobotKind.allCases)
    func `a failure ends in the dead letter queue and a retry brings it back`(kind: TestSystem.RobotKind) async throws {
        try await TestSystem.with { system in
            try await system.withRobot(kind, id: "robot") { _ in
                let path = "\(system.folder)/input.txt"
                let document = Value.object([
                    "metadata": ["name": "reader"],
                    "nodes": [
                        "read": ["node_type": "ReadFileNode", "config": ["file_path": "{{path}}"]],
                        "keep": [
                            "node_type": "SetVariableNode",
                            "config": ["variable_name": "text", "value": "{{read.content}}"],
                        ],
                    ],
                    "connections": [
                        [
                            "source_node": "read", "source_port": "exec_out", "target_node": "keep",
                            "target_port": "exec_in",
                        ]
                    ],
                ])
                let failed = try await system.casarectl(
                    ["submit", "-", "--var", "path=\(path)", "--max-attempts", "1", "--wait", "-o", "json"],
                    input: document.jsonText(.compact))
                #expect(failed.status == 9)
                let job = try Value(parsingJSON: failed.output)
                #expect(job["status"] == "failed")
                #expect(job["result"]?["error"]?.string?.contains("input.txt") == true)

                let letters = try await system.json("dlq", "list")
                let id = try #require(job["id"]?.string)
                #expect(letters.jsonText(.compact).contains(id))
                let letter = try await system.json("dlq", "show", id)
                #expect(letter["attempts"]?.list?.count == 1)
                #expect(letter["variables"]?["path"]?.string == path)

                try "hello".write(toFile: path, atomically: true, encoding: .utf8)
                let retried = try await system.casarectl("retry", id, "--wait", "-o", "json")
                #expect(retried.status == 0, "\(retried.errors)")
                let again = try Value(parsingJSON: retried.output)
                #expect(again["status"] == "completed")
                #expect(again["retry_of"]?.string == id)
                #expect(again["result"]?["variables"]?["text"] == "hello")
                // The original stays what it was, and is retried once.
                #expect(try await system.json("job", "get", id)["status"] == "failed")
                #expect(try await system.casarectl("retry", id, "--wait").status == 5)
            }
        }
    }

    @Test func `run, submit and get carry the same result`() async throws {
        try await TestSystem.with { system in
            try await system.withRobot(.sql, id: "robot") { _ in
                let file = "\(system.folder)/w.json"
                try #"""
                {"metadata": {"name": "same"},
                 "nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": [1, 2.0, "é"]}},
                           "l": {"node_type": "LogNode", "config": {"message": "x is {{x}}"}}},
                 "connections": [{"source_node": "a", "source_port": "exec_out", "target_node": "l", "target_port": "exec_in"}]}
                """#.write(toFile: file, atomically: true, encoding: .utf8)
                let local = try await system.json("run", file, "--trace")
                let submitted = try await system.json("submit", file, "--wait", "--trace")
                let got = try await system.json("job", "get", submitted["id"]?.string ?? "", "--trace")
                let result = try #require(local["result"])
                #expect(result["trace"] == ["a", "l"])
                #expect(submitted["result"] == result)
                #expect(got["result"] == result)
                #expect(submitted["result"]?["variables"]?["x"]?.jsonText(.compact) == #"[1,2.0,"é"]"#)
            }
        }
    }

    @Test func `the same key brings back the same job`() async throws {
        try await TestSystem.with { system in
            let document = #"{"metadata":{"name":"k"},"nodes":{"a":{"node_type":"CommentNode"}}}"#
            let first = try await system.casarectl(
                ["submit", "-", "--idempotency-key", "one", "-o", "name"], input: document)
            let second = try await system.casarectl(
                ["submit", "-", "--idempotency-key", "one", "-o", "name"], input: document)
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output == second.output)
            let other = try await system.casarectl(
                ["submit", "-", "--idempotency-key", "one", "--priority", "high"], input: document)
            #expect(other.status == 5, "\(other.errors)")
        }
    }
}
