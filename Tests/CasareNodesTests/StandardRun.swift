import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Synchronization

/// A run of a workflow of real node types, without waiting.
struct StandardRun {
    let result: RunResult
    let failure: Failure?
    /// What the engine and the nodes told while it ran: `warning a: …`.
    let events: [String]

    /// - Parameters:
    ///   - now: Read at every use of the clock.
    ///   - extra: Further members of the document.
    /// - Throws: `ProgramError`, and a `NodeFailure` for a run that does not end.
    init(
        _ nodes: KeyValuePairs<String, (String, Object)>, _ edges: [String] = [], settings: Object = [:],
        variables: Object = [:], given: Object = [:], subflows: Object = [:], extra: Object = [:],
        selection: RunSelection = .whole, submitter: (any JobSubmitter)? = nil,
        now: @escaping @Sendable () -> Date = { Date(timeIntervalSince1970: 0) }
    ) async throws {
        let json = Self.workflow(
            nodes, edges,
            extra: extra.merging([
                "settings": .object(settings), "variables": .object(variables), "subflows": .object(subflows),
            ]))
        let (document, issues) = WorkflowDocument.parse(json)
        guard let document else { throw ProgramError.invalid(issues) }
        let events = Mutex<[String]>([])
        let driver = RunDriver(
            program: try Program(document, catalogue: StandardNodes.catalogue), runID: "run",
            options: Job.Options(trace: true), variables: given, selection: selection, journal: NoJournal(),
            environment: RunEnvironment(
                workingDirectory: "/tmp", now: now, sleep: { _ in }, submitter: submitter,
                onEvent: { event in
                    switch event {
                    case .log(let level, let node, let message):
                        events.withLock { $0.append("\(level) \(node): \(message)") }
                    case .warning(let node, let message): events.withLock { $0.append("warning \(node): \(message)") }
                    case .stepStarted, .stepFinished: break
                    }
                }))
        guard case .finished(let result, let failure, _) = try await driver.run() else {
            throw NodeFailure("NodeError", "The run did not end")
        }
        self.result = result
        self.failure = failure
        self.events = events.withLock { $0 }
    }

    subscript(variable: String) -> Value { self.result.variables[variable] ?? .null }

    /// A workflow as JSON: edges are written `a > b`, `loop.body > c`, and `a.value ~ b.text` for data.
    static func workflow(
        _ nodes: KeyValuePairs<String, (String, Object)>, _ edges: [String] = [], extra: Object = [:]
    ) -> Value {
        var json: Object = [
            "metadata": ["name": "test"],
            "nodes": .object(
                Object(
                    nodes.map { id, node in
                        (id, ["node_id": .string(id), "node_type": .string(node.0), "config": .object(node.1)])
                    })),
            "connections": .list(edges.map(Self.connection)),
        ]
        json = json.merging(extra)
        return .object(json)
    }

    private static func connection(_ edge: String) -> Value {
        let parts = edge.split(separator: " ")
        func end(_ part: Substring, _ usual: String) -> [Value] {
            let names = part.split(separator: ".").map(String.init)
            return [.string(names[0]), .string(names.count > 1 ? names[1] : usual)]
        }
        return ["out": .list(end(parts[0], "exec_out")), "in": .list(end(parts[2], "exec_in"))]
    }

    /// A node that appends to the variable `out`.
    static func say(_ text: String) -> (String, Object) {
        ("SetVariableNode", ["variable_name": "out", "value": .string("{{out}}\(text)")])
    }

    static func set(_ name: String, _ value: Value) -> (String, Object) {
        ("SetVariableNode", ["variable_name": .string(name), "value": value])
    }

    static func fail(_ message: String) -> (String, Object) { ("ThrowErrorNode", ["error_message": .string(message)]) }
}
