import CasareDomain
import CasareWire
import FoundationEssentials

@testable import CasareCLI

/// Capsules of a job that read a file, added to another one, and failed.
enum CapsuleBuilder {
    static let id = Job.ID("01890000-0000-7000-8000-000000000001")!
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    static let document: Value = [
        "metadata": ["name": "invoices"],
        "variables": [
            "path": ["default_value": "nowhere"], "key": ["default_value": "secret-default", "sensitive": true],
        ],
        "nodes": [
            "fetch": ["node_type": "ReadFileNode", "config": ["file_path": "{{path}}"]],
            "note": [
                "node_type": "AppendFileNode", "name": "Write it down",
                "config": ["file_path": "out.txt", "content": "{{fetch.content}}"],
            ],
            "caught": ["node_type": "SetVariableNode", "config": ["variable_name": "caught", "value": true]],
            "fail": [
                "node_type": "ThrowErrorNode", "config": ["error_message": "no such invoice {{fetch.content}}"],
            ],
        ],
        "connections": [
            ["source_node": "fetch", "source_port": "exec_out", "target_node": "note", "target_port": "exec_in"],
            ["source_node": "note", "source_port": "exec_out", "target_node": "fail", "target_port": "exec_in"],
            ["source_node": "note", "source_port": "error", "target_node": "caught", "target_port": "exec_in"],
        ],
        "subflows": [
            "inner.json": [
                "metadata": ["name": "inner"],
                "variables": [["name": "inner", "default_value": "secret-inner", "sensitive": true]],
                "nodes": ["x": ["node_type": "CommentNode"]],
            ]
        ],
    ]

    /// What the file held that was read.
    static var fetch: StepInfo {
        get throws { try Self.step(0, "fetch", "ReadFileNode", "captured", ["outputs": ["content": "42"]]) }
    }

    static var note: StepInfo {
        get throws { try Self.step(1, "note", "AppendFileNode", "effect", ["outputs": ["bytes_written": 2]]) }
    }

    /// - Parameter result: `nil`: it is in doubt.
    static func step(
        _ number: Int, _ node: String, _ type: String, _ effect: String, _ result: Value?
    ) throws -> StepInfo {
        let started = Self.start.addingTimeInterval(Double(number))
        return try StepInfo(
            JournalRow(
                step: number, node: node, nodeType: type, effect: effect, result: result?.jsonText(.compact),
                startedAt: started, finishedAt: result == nil ? nil : started.addingTimeInterval(0.5)))
    }

    static func capsule(
        _ steps: [StepInfo], variables: Object = ["path": "in.txt"], failure: String = "no such invoice 42",
        idempotencyKey: String? = nil, withResults: Bool = true
    ) throws -> Capsule {
        let ended = Failure(kind: .application, message: failure, type: "CustomError", node: "fail")
        let job = JobInfo(
            Job(
                id: Self.id, workflow: Workflow.ID(rawValue: Self.id.rawValue), workflowName: "invoices",
                workflowVersion: 3, priority: .high, environment: "default", variables: variables, options: .init(),
                attempt: 1,
                state: .finished(
                    Job.Outcome(
                        kind: .failed(.application),
                        result: RunResult(success: false, error: failure, variables: [:], logs: [], nodeErrors: []),
                        message: failure, robot: "r1", startedAt: Self.start,
                        finishedAt: Self.start.addingTimeInterval(9), failure: ended)),
                idempotencyKey: idempotencyKey, retryOf: nil, createdAt: Self.start, createdBy: "ci"))
        return try Capsule(
            JobRecords(job: job, history: nil, steps: steps), document: Self.document,
            seedID: Self.id.description, exportedAt: Self.start.addingTimeInterval(60), withResults: withResults)
    }
}
