import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// A job that failed on a robot, looked at and run again on somebody's own machine.
struct CapsuleTests {
    /// Writes a line that must never be there twice, reads a file and does not like what is in it.
    private static func document(_ folder: String) -> Value {
        [
            "metadata": ["name": "payments"],
            "variables": ["key": ["default_value": "", "sensitive": true]],
            "nodes": [
                "pay": [
                    "node_type": "AppendFileNode",
                    "config": ["file_path": .string("\(folder)/paid.txt"), "content": "{{invoice}};"],
                ],
                "read": ["node_type": "ReadFileNode", "config": ["file_path": .string("\(folder)/answer.txt")]],
                "check": [
                    "node_type": "ThrowErrorNode",
                    "config": ["error_message": "{{invoice}} was answered with {{read.content}}"],
                ],
            ],
            "connections": [
                ["source_node": "pay", "source_port": "exec_out", "target_node": "read", "target_port": "exec_in"],
                ["source_node": "read", "source_port": "exec_out", "target_node": "check", "target_port": "exec_in"],
            ],
        ]
    }

    private static let message = "i-17 was answered with card refused"

    /// What must be the same of the job and of its replay.
    private static func failure(of report: Value) -> [Value?] {
        ["message", "type", "kind", "node"].map { report["failure"]?[$0] }
    }

    @Test(arguments: TestSystem.RobotKind.allCases)
    func `a failed job is exported, and replayed with the same failure and no effect`(
        kind: TestSystem.RobotKind
    ) async throws {
        try await TestSystem.with { system in
            try await system.withRobot(kind, id: "r1") { _ in
                let answer = "\(system.folder)/answer.txt"
                try "card refused".write(toFile: answer, atomically: true, encoding: .utf8)
                let failed = try await system.casarectl(
                    [
                        "submit", "-", "--var", "invoice=i-17", "--var", "key=s3cret-key", "--max-attempts", "1",
                        "--wait", "-o", "json",
                    ], input: Self.document(system.folder).jsonText(.compact))
                #expect(failed.status == 9, "\(failed.errors)")
                let job = try Value(parsingJSON: failed.output)
                let id = try #require(job["id"]?.string)
                #expect(job["failure"]?["message"]?.string == Self.message)

                let file = "\(system.folder)/c.json"
                let exported = try await system.casarectl("job", "export", id, "--file", file)
                #expect(exported.status == 0 && exported.output == "", "\(exported.errors)")
                #expect(exported.errors == "casarectl: left out as sensitive: key\n")
                let text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
                #expect(!text.contains("s3cret-key"))
                let capsule = try Value(parsingJSON: text)
                #expect(capsule["steps"]?.list?.compactMap { $0["node"]?.string } == ["pay", "read"])
                #expect(capsule["history"]?["attempts"]?.list?.count == 1)
                #expect(try await system.casarectl("job", "export", id, "--file", file).status == 5)
                #expect(try await system.casarectl("job", "export", id, "--file", file, "--force").status == 0)
                let printed = try await system.casarectl("job", "export", id, "--without-results")
                let steps = try #require(try Value(parsingJSON: printed.output)["steps"]?.list)
                #expect(steps.count == 2 && steps.allSatisfy { $0["result"]?.isNull ?? true })

                // Elsewhere neither file is as it was.
                let paid = "\(system.folder)/paid.txt"
                #expect(try String(contentsOf: URL(filePath: paid), encoding: .utf8) == "i-17;")
                try FileManager.default.removeItem(atPath: paid)
                try "paid".write(toFile: answer, atomically: true, encoding: .utf8)
                let replayed = try await system.casarectl(
                    ["job", "replay", file, "-o", "json"], variables: ["CASARE_URL": "http://127.0.0.1:1"])
                #expect(replayed.status == 9, "\(replayed.errors)")
                let report = try Value(parsingJSON: replayed.output)
                #expect(Self.failure(of: report) == Self.failure(of: job))
                #expect(report["result"]?["error"]?.string == Self.message)
                #expect(!FileManager.default.fileExists(atPath: paid))
            }
        }
    }

    @Test func `a trace and the log are shown with and without PostgreSQL`() async throws {
        for options in [["--memory"], []] {
            try await TestSystem.with(options: options) { system in
                let document = """
                    {"metadata": {"name": "w"}, "nodes": {
                      "say": {"node_type": "LogNode", "config": {"message": "hello", "include_node_id": false,
                              "include_timestamp": false}},
                      "read": {"node_type": "ReadFileNode", "config": {"file_path": "nothing.txt"}}},
                     "connections": [{"source_node": "say", "source_port": "exec_out", "target_node": "read",
                                      "target_port": "exec_in"}]}
                    """
                let failed = try await system.casarectl(
                    ["submit", "-", "--max-attempts", "1", "--wait", "-o", "json"], input: document)
                let id = try #require(try Value(parsingJSON: failed.output)["id"]?.string)
                let spans = try await system.json("job", "trace", id).list ?? []
                let attempts = spans.filter { $0["kind"] == "attempt" }
                #expect(attempts.compactMap { $0["name"]?.string } == ["attempt 1 on dev"])
                #expect(attempts.compactMap { $0["outcome"]?.string } == ["failed"])
                let steps = spans.filter { $0["kind"] == "step" }
                #expect(steps.compactMap { $0["name"]?.string } == ["0 read"])
                #expect(steps.compactMap { $0["outcome"]?.string } == ["failed"])
                let drawn = try await system.casarectl("job", "trace", id)
                #expect(drawn.status == 0 && drawn.errors == "", "\(drawn.errors)")
                #expect(drawn.output.hasPrefix("w version 1, job \(id): failed\n"), "\(drawn.output)")
                #expect(drawn.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(drawn.output)")
                #expect(drawn.output.contains("\n  0 read "), "\(drawn.output)")

                let logs = try await system.casarectl("job", "logs", id)
                #expect(logs.output.contains("hello\n"), "\(logs.errors)")
            }
        }
    }

    @Test func `a job that has not ended has no log yet, and its waiting is drawn`() async throws {
        try await TestSystem.with { system in
            let submitted = try await system.casarectl(
                ["submit", "-", "-o", "name"],
                input: #"{"metadata": {"name": "w"}, "nodes": {"a": {"node_type": "CommentNode"}}}"#)
            let id = submitted.output.filter { !$0.isNewline }
            let spans = try await system.json("job", "trace", id).list ?? []
            #expect(spans.compactMap { $0["kind"]?.string } == ["wait"])
            #expect(spans.first?["finished_at"] == Value.null)
            let logs = try await system.casarectl("job", "logs", id)
            #expect(logs.status == 5 && logs.errors.contains("is pending and has left no log"), "\(logs.errors)")
            #expect(try await system.casarectl("job", "trace", "01890000-0000-7000-8000-000000000001").status == 4)
        }
    }
}
