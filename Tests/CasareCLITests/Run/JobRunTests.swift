import ArgumentParser
import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@testable import CasareCLI

/// `casarectl run --as-job`. Run apart from the other tests: an attempt has seconds here.
struct JobRunTests {
    /// Fails by its time limit until it was begun so often. A job has a folder of its own, so the count is beside it.
    private static func counting(until count: Int, in folder: String) -> Value {
        let script = "echo x >> \(folder)/log; test $(wc -l < \(folder)/log) -ge \(count) || sleep 60"
        return [
            "metadata": ["name": "counting"],
            "nodes": [
                "count": [
                    "node_type": "RunCommandNode",
                    "config": [
                        "command": "sh", "args": ["-c", .string(script)], "timeout": 5, "on_recovery": "retry",
                    ],
                ],
                "keep": ["node_type": "SetVariableNode", "config": ["variable_name": "done", "value": true]],
            ],
            "connections": [
                ["source_node": "count", "source_port": "exec_out", "target_node": "keep", "target_port": "exec_in"]
            ],
        ]
    }

    private static func run(
        _ document: Value, attemptsMax: Int = 1, nodeTimeout: Double? = nil, timeout: Duration? = nil,
        retryAfter: Double = 0, in folder: String, variables: Object = [:]
    ) async throws -> RunReport {
        let policy = try RetryPolicy(.list([retryAfter]), attemptsMax: attemptsMax, jitter: 0)
        return try await JobRun(
            document: document, name: "w",
            options: Job.Options(
                nodeTimeoutSeconds: nodeTimeout,
                timeoutSeconds: timeout.map { $0 / .seconds(1) } ?? Job.Options.timeoutSecondsDefault, retry: policy),
            variables: variables, workingDirectory: folder, policy: .unbound, timeLimit: timeout
        ).report()
    }

    private static func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let path = FileManager.default.temporaryDirectory.path + "casare-cli-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }  // What stays behind is in the temporary folder.
        return try await body(path)
    }

    @Test func `an attempt that fails is followed by others, as many as there may be`() async throws {
        try await Self.withFolder { folder in
            let third = try await Self.run(Self.counting(until: 3, in: folder), attemptsMax: 3, in: folder)
            #expect(third.status == .completed && third.result.variables["done"] == true, "\(third)")
            #expect(try String(contentsOf: URL(filePath: folder + "/log"), encoding: .utf8) == "x\nx\nx\n")
            let never = try await Self.run(Self.counting(until: 9, in: folder), attemptsMax: 2, in: folder)
            #expect(never.status == .failed && never.failure?.node == "count")
            #expect(try String(contentsOf: URL(filePath: folder + "/log"), encoding: .utf8).count == 10)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the time limit is the whole run's, and its attempts are not waited for beyond it`() async throws {
        let waiting: Value = [
            "metadata": ["name": "waiting"],
            "nodes": ["wait": ["node_type": "WaitNode", "config": ["duration": 600]]],
        ]
        try await Self.withFolder { folder in
            let once = try await Self.run(
                waiting, attemptsMax: 6, timeout: .seconds(3), retryAfter: 3600, in: folder)
            #expect(once.failure?.kind == .timeout, "\(once)")
            #expect(once.failure?.message.contains("no other attempt begins within the 3 s") == true, "\(once)")
            // The first attempt fails, and the one that follows at once would go on for ten minutes.
            let script = "test -e \(folder)/begun || { touch \(folder)/begun; sleep 60; }"
            let failing: Value = [
                "metadata": ["name": "failing"],
                "nodes": [
                    "first": [
                        "node_type": "RunCommandNode",
                        "config": [
                            "command": "sh", "args": ["-c", .string(script)], "timeout": 2, "on_recovery": "retry",
                        ],
                    ],
                    "wait": ["node_type": "WaitNode", "config": ["duration": 600]],
                ],
                "connections": [
                    [
                        "source_node": "first", "source_port": "exec_out", "target_node": "wait",
                        "target_port": "exec_in",
                    ]
                ],
            ]
            let again = try await Self.run(failing, attemptsMax: 100, timeout: .seconds(15), in: folder)
            #expect(
                again.failure?.message.hasPrefix("The run timed out after 15 s, in attempt ") == true, "\(again)")
        }
    }

    @Test func `a call that is a job of its own is one here, too`() async throws {
        let adding: Value = [
            "metadata": ["name": "adding"],
            "nodes": [
                "a": ["node_type": "SetVariableNode", "config": ["variable_name": "y", "value": "got {{x}}"]]
            ],
        ]
        let calling: Value = [
            "metadata": ["name": "calling"],
            "nodes": [
                "call": [
                    "node_type": "CallSubworkflowNode",
                    "config": ["subworkflow_path": "adding.json", "execution_mode": "async", "poll_interval": 1],
                ],
                "keep": [
                    "node_type": "SetVariableNode",
                    "config": ["variable_name": "seen", "value": "{{call.job_id}} {{call.y}}"],
                ],
            ],
            "connections": [
                ["source_node": "call", "source_port": "exec_out", "target_node": "keep", "target_port": "exec_in"]
            ],
            "subflows": ["adding.json": adding],
        ]
        try await Self.withFolder { folder in
            let report = try await Self.run(calling, in: folder, variables: ["x": 7])
            #expect(report.status == .completed, "\(report.failure?.message ?? "")")
            let seen = try #require(report.result.variables["seen"]?.string).split(separator: " ", maxSplits: 1)
            #expect(Job.ID(String(seen[0])) != nil && seen[1] == "got 7")
        }
    }

    @Test func `a question that nobody answers ends the run`() async throws {
        let unsure: Value = [
            "metadata": ["name": "unsure"],
            "nodes": [
                "c": [
                    "node_type": "RunCommandNode",
                    "config": ["command": "sleep", "args": ["60"]],
                ]
            ],
        ]
        try await Self.withFolder { folder in
            let report = try await Self.run(unsure, attemptsMax: 3, nodeTimeout: 0.3, in: folder)
            #expect(report.failure?.type == "InDoubtError" && report.failure?.node == "c")
        }
    }

    @Test func `what looks into a run is for runs without a job`() {
        for options in [["--trace"], ["--step"], ["--until", "a"], ["--max-executions", "5"]] {
            #expect(throws: (any Error).self) { try RunCommand.parse(["w.json", "--as-job"] + options) }
        }
        #expect(throws: (any Error).self) { try RunCommand.parse(["w.json", "--max-attempts", "2"]) }
        #expect(throws: Never.self) { try RunCommand.parse(["w.json", "--as-job", "--max-attempts", "2"]) }
    }
}
