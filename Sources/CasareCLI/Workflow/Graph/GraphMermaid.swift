/// A workflow as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), which many Markdown viewers draw.
enum GraphMermaid {
    static func render(_ graph: WorkflowGraph) -> String {
        var lines = ["flowchart TD"]
        for (position, node) in graph.nodes.enumerated() {
            let texts = [node.id, node.type ?? "(there is no such node)"] + [node.name].compactMap(\.self)
            lines.append("  n\(position)[\"\(texts.map(Self.escaped).joined(separator: "<br/>"))\"]")
        }
        for edge in graph.edges {
            let line: String =
                switch edge.kind {
                case .exec: edge.sourcePort == "exec_out" ? "-->" : "-->|\"\(Self.escaped(edge.sourcePort))\"|"
                case .data: "-.->|\"\(Self.escaped(edge.sourcePort)) → \(Self.escaped(edge.targetPort))\"|"
                case .pair: "-.-o|\"\(Self.escaped(edge.sourcePort))\"|"
                }
            lines.append("  n\(edge.source) \(line) n\(edge.target)")
        }
        let classes: [(name: String, style: String, members: [Int])] = [
            ("disabled", "stroke-dasharray:5 5", graph.nodes.indices.filter { graph.nodes[$0].isDisabled }),
            ("start", "stroke-width:3px", graph.roots),
            ("broken", "stroke:red", graph.nodes.indices.filter { !graph.nodes[$0].isSupported }),
        ]
        for (name, style, members) in classes where !members.isEmpty {
            lines.append("  classDef \(name) \(style)")
            lines.append("  class \(members.map { "n\($0)" }.joined(separator: ",")) \(name)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Text inside quotes. Mermaid has entities of its own for what ends the quotes, or begins HTML or Markdown.
    private static func escaped(_ text: String) -> String {
        TerminalText.line(text).unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "#", "&", "<", ">", "`", "\\", ";", "|": "#\(scalar.value);"
            default: String(Character(scalar))
            }
        }.joined()
    }
}
