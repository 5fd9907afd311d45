import CasareDomain
import CasareEngine
import FoundationEssentials
import Synchronization

/// A handful of node types to test the interpreter with, and the world that the effectful ones act on.
final class World: Sendable {
    private struct State {
        var effects: [String] = []
        var reads = 0
        var failuresLeft: [String: Int] = [:]
    }

    private let state: Mutex<State>

    /// - Parameter reads: How often the world was read before.
    init(reads: Int = 0) { self.state = Mutex(State(reads: reads)) }

    /// What effect nodes did, in order.
    var effects: [String] { self.state.withLock(\.effects) }
    var reads: Int { self.state.withLock(\.reads) }

    /// Something that a node of a test's own did.
    func note(_ effect: String) { self.state.withLock { $0.effects.append(effect) } }

    func failNext(_ name: String, times: Int) { self.state.withLock { $0.failuresLeft[name] = times } }

    var catalogue: NodeCatalogue {
        NodeCatalogue(
            Self.structures + [Self.set, Self.add, Self.log, Self.fail]
                + [
                    self.act, self.write, self.read, self.nap, self.stall, self.lose, self.dial, self.speak, self.timer,
                    self.key,
                ])
    }

    private static let structures: [NodeType] = [
        NodeType("StartNode", family: "", "", .structure(.start)),
        NodeType("EndNode", family: "", "", execOutputs: [], .structure(.end)),
        NodeType("IfNode", family: "", "", execOutputs: ["true", "false"], .structure(.if)),
        NodeType(
            "SwitchNode", family: "", "", parameters: [.init("value", .any), .init("cases", .list)],
            execOutputs: ["default"], .structure(.switch)),
        NodeType(
            "ForLoopStartNode", family: "", "",
            parameters: [
                .init("items", .any), .init("mode", .string, default: "items"), .init("list_var", .string, default: ""),
                .init("item_var", .string, default: "item"), .init("start", .integer, default: 0),
                .init("end", .integer, default: 10), .init("step", .integer, default: 1),
            ], execOutputs: ["body", "completed"], .structure(.forLoopStart)),
        NodeType("ForLoopEndNode", family: "", "", .structure(.forLoopEnd)),
        NodeType(
            "WhileLoopStartNode", family: "", "", parameters: [.init("max_iterations", .integer, default: 1000)],
            execOutputs: ["body", "completed"], .structure(.whileLoopStart)),
        NodeType("WhileLoopEndNode", family: "", "", .structure(.whileLoopEnd)),
        NodeType("BreakNode", family: "", "", .structure(.break)),
        NodeType("ContinueNode", family: "", "", .structure(.continue)),
        NodeType("TryNode", family: "", "", execOutputs: ["try_body", "exec_out"], .structure(.try)),
        NodeType(
            "CatchNode", family: "", "", parameters: [.init("error_types", .string, default: "")],
            execOutputs: ["catch_body", "exec_out"], .structure(.catch)),
        NodeType("FinallyNode", family: "", "", execOutputs: ["finally_body", "exec_out"], .structure(.finally)),
        NodeType(
            "RetryNode", family: "", "",
            parameters: [
                .init("max_attempts", .integer, default: 3), .init("initial_delay", .number, default: 1),
                .init("backoff_multiplier", .number, default: 2),
            ], execOutputs: ["retry_body", "success", "failed"], .structure(.retry)),
        NodeType("RetrySuccessNode", family: "", "", .structure(.retrySuccess)),
        NodeType("RetryFailNode", family: "", "", .structure(.retryFail)),
        NodeType(
            "OnErrorNode", family: "", "", execOutputs: ["protected_body", "on_error", "finally", "exec_out"],
            .structure(.onError)),
        NodeType(
            "ForkNode", family: "", "",
            parameters: [.init("branch_count", .integer, default: 2), .init("fail_fast", .boolean, default: false)],
            execOutputs: ["branch_1", "branch_2"], .structure(.fork)),
        NodeType(
            "JoinNode", family: "", "", parameters: [.init("merge_strategy", .string, default: "all")],
            .structure(.join)),
        NodeType(
            "EachNode", family: "", "",
            parameters: [
                .init("items", .any), .init("fail_fast", .boolean, default: false),
                .init("timeout_per_item", .number, default: 60),
            ], outputs: [.init("results")], execOutputs: ["body", "completed"], .structure(.parallelForEach)),
        NodeType(
            "CallNode", family: "", "",
            parameters: [
                .init("subworkflow_path", .string, default: ""), .init("timeout_seconds", .number, default: 300),
            ],
            parameterPrefixes: [""], execOutputs: ["exec_out", "error"], readsClock: true,
            .structure(.callSubworkflow)),
        NodeType("BellTriggerNode", family: "", "", outputs: [.init("rung")], .structure(.trigger)),
    ]

    private static let set = NodeType(
        "SetNode", family: "", "", parameters: [.init("name", .string, required: true), .init("value", .any)],
        outputs: [.init("value")],
        .pure { inputs, context throws(NodeFailure) in
            try context.setVariable(inputs.string("name"), to: inputs["value"])
            return NodeResult(["value": inputs["value"]])
        })

    private static let add = NodeType(
        "AddNode", family: "", "", parameters: [.init("name", .string), .init("text", .string)],
        .pure { inputs, context throws(NodeFailure) in
            let name = inputs.string("name")
            let before = context.variable(name)?.displayText ?? ""
            try context.setVariable(name, to: .string(before + inputs.string("text")))
            return NodeResult()
        })

    private static let log = NodeType(
        "LogNode", family: "", "", parameters: [.init("message", .string)],
        .pure { inputs, context throws(NodeFailure) in
            context.log(.info, inputs.string("message"))
            return NodeResult()
        })

    private static let fail = NodeType(
        "FailNode", family: "", "",
        parameters: [.init("message", .string, default: "boom"), .init("type", .string, default: "NodeError")],
        .pure { inputs, _ throws(NodeFailure) in throw NodeFailure(inputs.string("type"), inputs.string("message")) })

    private var act: NodeType { self.performed("ActNode", .effect) }
    private var write: NodeType { self.performed("WriteNode", .idempotent) }

    /// Records its name; fails as often as it was told to.
    private func performed(_ name: String, _ effect: NodeType.Effect) -> NodeType {
        NodeType(
            name, family: "", "", parameters: [.init("name", .string), .init("seconds", .number, default: 0)],
            outputs: [.init("done")], effect: effect,
            .perform { inputs, _ in
                let name = inputs.string("name")
                let fails = self.state.withLock { state in
                    if let left = state.failuresLeft[name], left > 0 {
                        state.failuresLeft[name] = left - 1
                        return true
                    }
                    state.effects.append(name)
                    return false
                }
                if fails { throw NodeFailure("NetworkError", "\(name) failed") }
                return NodeResult(["done": .string(name)])
            })
    }

    /// A different number at every reading.
    private var read: NodeType {
        NodeType(
            "ReadNode", family: "", "", outputs: [.init("value")], effect: .captured,
            .perform { _, _ in
                NodeResult([
                    "value": .int(
                        self.state.withLock { state in
                            state.reads += 1
                            return state.reads
                        })
                ])
            })
    }

    /// Records that it has begun, and then does not end before it is cancelled.
    private var stall: NodeType {
        NodeType(
            "StallNode", family: "", "", parameters: [.init("name", .string)], effect: .effect,
            .perform { inputs, _ in
                self.state.withLock { $0.effects.append(inputs.string("name")) }
                try await Task.sleep(for: .seconds(600))
                return NodeResult()
            })
    }

    /// Records that it has begun, and does not know what came of it.
    private var lose: NodeType {
        NodeType(
            "LoseNode", family: "", "", parameters: [.init("name", .string)], effect: .effect,
            .perform { inputs, _ in
                self.state.withLock { $0.effects.append(inputs.string("name")) }
                throw OutcomeUnknown("its connection broke")
            })
    }

    /// A connection of a run; says to the world when it is closed.
    private struct Line: RunResource {
        let world: World

        func close() async { self.world.state.withLock { $0.effects.append("hang up") } }
    }

    private var dial: NodeType {
        NodeType(
            "DialNode", family: "", "", outputs: [.init("value")], effect: .captured, opensSession: true,
            .perform { _, environment in
                self.state.withLock { $0.effects.append(environment.isReopening ? "dial again" : "dial") }
                await environment.session.keep(Line(world: self), as: "line")
                return NodeResult()
            })
    }

    private var speak: NodeType {
        NodeType(
            "SpeakNode", family: "", "", parameters: [.init("name", .string)], effect: .effect,
            .perform { inputs, environment in
                guard await environment.session.resource("line", as: Line.self) != nil else {
                    throw NodeFailure("NetworkError", "Nobody has dialled")
                }
                self.state.withLock { $0.effects.append(inputs.string("name")) }
                return NodeResult()
            })
    }

    /// Records how much of its time was waited before, and does not wait the rest.
    private var timer: NodeType {
        NodeType(
            "TimerNode", family: "", "", parameters: [.init("duration", .number)], effect: .captured, isTimer: true,
            .perform { inputs, environment in
                let waited = environment.begunAt.map { Int(environment.now().timeIntervalSince($0)) } ?? 0
                self.state.withLock { $0.effects.append("\(waited) of \(inputs["duration"].displayText)") }
                return NodeResult()
            })
    }

    /// Records the key that it could send along.
    private var key: NodeType {
        NodeType(
            "KeyNode", family: "", "", effect: .effect,
            .perform { _, environment in
                self.state.withLock { $0.effects.append(environment.idempotencyKey) }
                return NodeResult()
            })
    }

    private var nap: NodeType {
        NodeType(
            "NapNode", family: "", "", parameters: [.init("seconds", .number)], effect: .captured,
            .perform { inputs, _ in
                try await Task.sleep(for: .seconds(inputs.double("seconds")))
                return NodeResult()
            })
    }
}

/// A document written as a list of nodes and of edges such as `"a > b"` or `"loop.body > c"`; `"a.value ~ b.value"` is
/// a data connection.
func document(
    _ nodes: KeyValuePairs<String, (String, Object)>, _ edges: [String], settings: Object = [:], variables: Object = [:]
) -> Value {
    func end(_ text: String, _ port: String) -> (String, String) {
        let parts = text.split(separator: ".").map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : port)
    }
    return [
        "metadata": ["name": "test"],
        "nodes": .object(
            Object(
                nodes.map {
                    (
                        $0.key,
                        ["node_id": .string($0.key), "node_type": .string($0.value.0), "config": .object($0.value.1)]
                    )
                })),
        "connections": .list(
            edges.map { edge in
                let parts = edge.split(separator: " ").map(String.init)
                let source = end(parts[0], "exec_out")
                let target = end(parts[2], "exec_in")
                return [
                    "source_node": .string(source.0), "source_port": .string(source.1),
                    "target_node": .string(target.0), "target_port": .string(target.1),
                ]
            }),
        "variables": .object(variables), "settings": .object(settings),
    ]
}

extension World {
    func program(_ json: Value) throws -> Program {
        let (document, issues) = WorkflowDocument.parse(json)
        guard let document else { throw ProgramError.invalid(issues) }
        return try Program(document, catalogue: self.catalogue)
    }

    func driver(
        _ json: Value, options: Job.Options = Job.Options(trace: true), variables: Object = [:],
        runID: String = "test-run", seedID: String? = nil, secondsSpent: Double = 0,
        journal: any Journal = MemoryJournal(), environment: RunEnvironment = RunEnvironment(workingDirectory: "/tmp")
    ) throws -> RunDriver {
        RunDriver(
            program: try self.program(json), runID: runID, seedID: seedID, options: options, variables: variables,
            secondsSpent: secondsSpent, journal: journal, environment: environment)
    }

    /// Runs to the end; a test that expects a question or a stop uses `driver` itself.
    func run(
        _ json: Value, options: Job.Options = Job.Options(trace: true), variables: Object = [:],
        journal: any Journal = MemoryJournal()
    ) async throws -> RunResult {
        switch try await self.driver(json, options: options, variables: variables, journal: journal).run() {
        case .finished(let result, _, let entries):
            try await journal.record(entries)
            return result
        case .inDoubt(let question, _, _):
            throw NodeFailure("InDoubt", question.text)
        case .interrupted:
            throw NodeFailure("Interrupted", "")
        }
    }
}
