/// A workflow in the language of Graphviz (https://graphviz.org/doc/info/lang.html).
enum GraphDot {
    static func render(_ graph: WorkflowGraph) -> String {
        var lines = [
            "digraph \(Self.quoted(graph.name)) {",
            "  node [shape=box, style=rounded, fontname=\"Helvetica\"];",
            "  edge [fontname=\"Helvetica\", fontsize=10];",
        ]
        for (position, node) in graph.nodes.enumerated() {
            let texts = [node.id, node.type ?? "(there is no such node)"] + [node.name].compactMap(\.self)
            var attributes = ["label=\(Self.quoted(texts.map(TerminalText.line), separator: #"\n"#))"]
            if node.isDisabled { attributes.append("style=\"rounded,dashed\"") }
            if graph.roots.contains(position) { attributes.append("penwidth=2") }
            if !node.isSupported { attributes.append(node.isKnown ? "color=orange" : "color=red") }
            // Names of our own: IDs may be keywords or hold anything.
            lines.append("  n\(position) [\(attributes.joined(separator: ", "))];")
        }
        for edge in graph.edges {
            var attributes: [String] = []
            switch edge.kind {
            case .exec:
                if edge.sourcePort != "exec_out" { attributes.append("label=\(Self.quoted(edge.sourcePort))") }
            case .data:
                attributes.append("label=\(Self.quoted("\(edge.sourcePort) → \(edge.targetPort)"))")
                attributes += ["style=dashed", "color=blue", "constraint=false"]
            case .pair:
                attributes += ["label=\(Self.quoted(edge.sourcePort))", "style=dotted", "constraint=false"]
            }
            let list = attributes.isEmpty ? "" : " [\(attributes.joined(separator: ", "))]"
            lines.append("  n\(edge.source) -> n\(edge.target)\(list);")
        }
        return lines.joined(separator: "\n") + "\n}\n"
    }

    /// A quoted string, whose content counts as written: a backslash begins an escape in labels.
    private static func quoted(_ text: String) -> String { self.quoted([TerminalText.line(text)], separator: "") }

    private static func quoted(_ texts: [String], separator: String) -> String {
        let escaped = texts.map { text in
            String(text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] })
        }
        return "\"\(escaped.joined(separator: separator))\""
    }
}
