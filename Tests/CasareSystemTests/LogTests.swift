import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// A job's log, followed while it runs: the programs as they are started, with and without a database.
struct LogTests {
    /// Says something, waits until there is a file, says something else, and fails where it is asked to.
    private static func document(in system: TestSystem) throws -> String {
        let script = "\(system.folder)/wait.sh"
        try "while [ ! -e \"$1\" ]; do sleep 0.05; done\n".write(toFile: script, atomically: true, encoding: .utf8)
        func say(_ message: String) -> Value {
            ["node_type": "LogNode", "config": ["message": .string(message), "include_node_id": false]]
        }
        func next(_ node: String, _ other: String) -> Value {
            [
                "source_node": .string(node), "source_port": "exec_out", "target_node": .string(other),
                "target_port": "exec_in",
            ]
        }
        let document: Value = [
            "metadata": ["name": "chatty"],
            "nodes": [
                "before": say("one"),
                "wait": [
                    "node_type": "RunCommandNode",
                    "config": ["command": "/bin/sh", "args": [.string(script), "{{path}}"]],
                ],
                "after": say("two"),
                "read": ["node_type": "ReadFileNode", "config": ["file_path": "{{source}}"]],
            ],
            "connections": [next("before", "wait"), next("wait", "after"), next("after", "read")],
        ]
        return document.jsonText(.compact)
    }

    /// Submits a job that waits for a file after its first line, and follows it.
    private static func follow(
        reading file: String, _ name: String, in system: TestSystem, _ options: [String] = []
    ) async throws -> (job: String, ended: TestProgram.Ended) {
        let path = "\(system.folder)/\(name)"
        let submitted = try await system.casarectl(
            ["submit", "-", "--var", "path=\(path)", "--var", "source=\(file)", "--max-attempts", "1", "-o", "name"],
            input: try Self.document(in: system))
        let id = submitted.output.filter { !$0.isNewline }
        async let following = system.casarectl(["job", "logs", id, "--follow"] + options)
        try await eventually("the first line is there while the job runs") {
            let logs = try await system.casarectl("job", "logs", id)
            return logs.status == 0 && logs.output == "one\n" ? true : nil
        }
        #expect(try await system.json("job", "get", id)["status"] == "running")
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        return (id, try await following)
    }

    @Test(arguments: [["--memory"], []])
    func `lines come while the job runs, and the command ends as the job does`(options: [String]) async throws {
        try await TestSystem.with(options: options) { system in
            let there = "\(system.folder)/there.txt"
            try "x".write(toFile: there, atomically: true, encoding: .utf8)
            let good = try await Self.follow(reading: there, "a", in: system)
            #expect(good.ended.status == 0 && good.ended.output == "one\ntwo\n", "\(good.ended.errors)")
            let late = try await system.casarectl("job", "logs", good.job, "--since-line", "2")
            #expect(late.status == 0 && late.output == "two\n", "\(late.errors)")
            let whole = try await system.json("job", "logs", good.job)
            #expect(whole.list?.map { $0["node"]?.string } == ["before", "after"])
            #expect(whole.list?.map { $0["line"] } == [1, 2])

            let bad = try await Self.follow(reading: "\(system.folder)/nowhere.txt", "b", in: system, ["-o", "jsonl"])
            #expect(bad.ended.status == 9 && bad.ended.errors.contains("failed: "), "\(bad.ended.errors)")
            let lines = try bad.ended.output.split(separator: "\n").map { try Value(parsingJSON: String($0)) }
            #expect(lines.compactMap { $0["message"]?.string } == ["one", "two"])
        }
    }
}
