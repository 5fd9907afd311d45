import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Jobs that go on from a step of another one, as a person has them do it.
struct ForkTests {
    private static let document: Value = [
        "metadata": ["name": "copier"],
        "variables": ["pin": ["default_value": "none", "sensitive": true]],
        "nodes": [
            "append": ["node_type": "AppendFileNode", "config": ["file_path": "{{out}}", "content": "x\n"]],
            "read": ["node_type": "ReadFileNode", "config": ["file_path": "{{path}}"]],
        ],
        "connections": [
            ["source_node": "append", "source_port": "exec_out", "target_node": "read", "target_port": "exec_in"]
        ],
    ]

    @Test func `a retry from the failed step and a fork repeat only what they are asked to`() async throws {
        try await TestSystem.with { system in
            try await system.withRobot(.sql, id: "robot") { _ in
                let (out, path) = ("\(system.folder)/out.txt", "\(system.folder)/input.txt")
                let failed = try await system.casarectl(
                    [
                        "submit", "-", "--var", "out=\(out)", "--var", "path=\(path)", "--var", "pin=secret-one",
                        "--max-attempts", "1", "--wait", "-o", "json",
                    ], input: Self.document.jsonText(.compact))
                #expect(failed.status == 9, "\(failed.errors)")
                let id = try #require(try Value(parsingJSON: failed.output)["id"]?.string)
                let other = "\(system.folder)/other.txt"
                try "hello".write(toFile: other, atomically: true, encoding: .utf8)

                let changes = ["--var", "path=\(other)", "--var", "pin=secret-two"]
                let dry = try await system.casarectl(
                    ["retry", id, "--from", "failed", "--dry-run", "-o", "json"] + changes, input: "")
                #expect(dry.status == 0, "\(dry.errors)")
                #expect(!dry.output.contains("secret-") && !dry.errors.contains("secret-"))
                let shown = try Value(parsingJSON: dry.output).list?.first
                #expect(shown?["detail"]?.string?.hasSuffix("from the step that failed") == true)
                #expect(
                    shown?["changes"] == [
                        ["name": "path", "old": .string(path), "new": .string(other)],
                        ["name": "pin", "old": "***", "new": "***"],
                    ])

                let retried = try await system.casarectl(
                    ["retry", id, "--from", "failed", "--wait", "-o", "json"] + changes, input: "")
                #expect(retried.status == 0, "\(retried.errors)")
                #expect(retried.errors.contains("pin: *** → ***") && !retried.errors.contains("secret-"))
                let retry = try Value(parsingJSON: retried.output)
                #expect(retry["changes"] == shown?["changes"])
                #expect(retry["retry_of"]?.string == id && retry["forked_from"]?.string == id)
                #expect(retry["forked_step"] == 1 && retry["status"] == "completed")
                #expect(try String(contentsOf: URL(filePath: out), encoding: .utf8) == "x\n")

                let new = try #require(retry["id"]?.string)
                let forked = try await system.casarectl(
                    "job", "fork", new, "--from-step", "append", "--reason", "once more", "--wait", "-o", "json")
                #expect(forked.status == 0, "\(forked.errors)")
                let fork = try Value(parsingJSON: forked.output)
                #expect(fork["forked_from"]?.string == new && fork["forked_step"] == 0)
                #expect(fork["repeats"]?.list?.compactMap { $0["node"]?.string } == ["append"])
                #expect(forked.errors.contains("performs again: step 0 (append)"))
                #expect(try String(contentsOf: URL(filePath: out), encoding: .utf8) == "x\nx\n")
                let page = try await system.casarectl("job", "get", fork["id"]?.string ?? "")
                #expect(page.output.contains("step 0 of \(new)"))

                let nowhere = try await system.casarectl("job", "fork", new, "--from-step", "nowhere")
                #expect(nowhere.status == 4 && nowhere.errors.contains("casarectl job steps"))
                for arguments in [["--dry-run"], []] {
                    let retried = try await system.casarectl(["retry", id, "--from", "nowhere"] + arguments, input: "")
                    #expect(retried.status == 4 && retried.errors.contains("casarectl job steps"))
                }
                for arguments in [["--dry-run"], []] {
                    let unknown = try await system.casarectl(["job", "fork", new, "--from-step", "9"] + arguments)
                    #expect(unknown.status == 4 && unknown.errors.contains("no step 9"), "\(unknown.errors)")
                    #expect(!unknown.errors.contains("from_step"), "\(unknown.errors)")
                }
            }
        }
    }
}
