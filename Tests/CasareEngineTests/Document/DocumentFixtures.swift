import CasareDomain
import CasareEngine

/// A few node types, and short ways to write documents of them.
enum DocumentFixtures {
    static let catalogue = NodeCatalogue([
        NodeType("StartNode", family: "", "", .structure(.start)),
        NodeType("EndNode", family: "", "", .structure(.end)),
        NodeType("CommentNode", family: "", "", .structure(.comment)),
        NodeType("IfNode", family: "", "", execOutputs: ["true", "false"], .structure(.if)),
        NodeType("SwitchNode", family: "", "", execOutputs: ["default"], .structure(.switch)),
        NodeType(
            "ForLoopStartNode", family: "", "",
            outputs: [.init("current_item")], execOutputs: ["body", "completed"], .structure(.forLoopStart)),
        NodeType("ForLoopEndNode", family: "", "", .structure(.forLoopEnd)),
        NodeType("BreakNode", family: "", "", .structure(.break)),
        NodeType("TryNode", family: "", "", execOutputs: ["try_body", "exec_out"], .structure(.try)),
        NodeType("CatchNode", family: "", "", execOutputs: ["catch_body"], .structure(.catch)),
        NodeType("FinallyNode", family: "", "", execOutputs: ["finally_body"], .structure(.finally)),
        NodeType("RetryNode", family: "", "", execOutputs: ["retry_body", "success", "failed"], .structure(.retry)),
        NodeType("RetryFailNode", family: "", "", .structure(.retryFail)),
        NodeType("ForkNode", family: "", "", execOutputs: [], .structure(.fork)),
        NodeType("JoinNode", family: "", "", .structure(.join)),
        NodeType("ScheduleTriggerNode", family: "", "", .structure(.trigger)),
        NodeType("SubflowNode", family: "", "", execOutputs: ["exec_out", "error"], .structure(.subflow)),
        NodeType("ClickNode", family: "", "", .unsupported(reason: "there is no desktop here")),
        Self.working(
            "SetVariableNode", [.init("variable_name", .string, required: true), .init("value", .any)], ["value"]),
        Self.working(
            "LogNode",
            [
                .init("message", .string), .init("data", .any),
                .init("level", .string, default: "info", choices: ["debug", "info", "warning"]),
            ], []),
        Self.working(
            "TextSplitNode", [.init("text", .string), .init("separator", .string, aliases: ["delimiter"])], []),
        Self.working("EvalExpressionNode", [.init("formula", .string, verbatim: true)], ["result"]),
        Self.working(
            "HttpSuperNode",
            [
                .init(
                    "action", .string, choices: ["GET Request", "POST Request"],
                    choiceAliases: ["GET Request": ["GET"], "POST Request": ["POST"]])
            ], ["error"]),
        NodeType(
            "CreateListNode", family: "", "", parameterPrefixes: ["item_"],
            outputs: [.init("list", .list, aliases: ["items"])], .pure { _, _ in NodeResult() }),
    ])

    private static func working(
        _ name: String, _ parameters: [NodeType.Parameter], _ outputs: [String]
    ) -> NodeType {
        NodeType(
            name, family: "", "", parameters: parameters, outputs: outputs.map { .init($0) },
            .pure { _, _ in NodeResult() })
    }

    /// A document of nodes as `id: type` and connections as `source.port -> target` or `source.port -> target.port`.
    static func document(
        _ types: KeyValuePairs<String, String>, _ wires: [String] = [], configs: [String: Object] = [:]
    ) -> WorkflowDocument {
        var document = WorkflowDocument(name: "test")
        document.nodes = types.map { .init(id: $0.key, type: $0.value, config: configs[$0.key] ?? [:]) }
        for node in document.nodes.indices where document.nodes[node].type == "SetVariableNode" {
            document.nodes[node].config["variable_name"] = document.nodes[node].config["variable_name"] ?? "x"
        }
        document.connections = wires.enumerated().map { position, wire in
            let words = wire.split(separator: " ").map(String.init)
            let from = words[0].split(separator: ".").map(String.init)
            let to = words[2].split(separator: ".").map(String.init)
            return .init(
                source: from[0], sourcePort: from.count > 1 ? from[1] : "exec_out", target: to[0],
                targetPort: to.count > 1 ? to[1] : "exec_in", position: position)
        }
        return document
    }

    static func roots(_ types: KeyValuePairs<String, String>, _ wires: [String]) -> [String] {
        let document = self.document(types, wires)
        return document.roots(in: self.catalogue).map { document.nodes[$0].id }
    }

    static func codes(
        _ types: KeyValuePairs<String, String>, _ wires: [String] = [], configs: [String: Object] = [:]
    ) -> [String] {
        self.issues(types, wires, configs: configs).map(\.code)
    }

    static func issues(
        _ types: KeyValuePairs<String, String>, _ wires: [String] = [], configs: [String: Object] = [:]
    ) -> [ValidationIssue] {
        self.document(types, wires, configs: configs).validate(against: self.catalogue)
    }
}

extension WorkflowDocument {
    /// Connections as `source.port -> target.port`.
    var wires: [String] { self.connections.map { "\($0.source).\($0.sourcePort) -> \($0.target).\($0.targetPort)" } }
}
