import CasareDomain
import CasareEngine
import CasareNodes

/// A workflow as nodes and edges, for drawing. Takes any document, also one that validation refuses.
struct WorkflowGraph {
    struct Node: Sendable {
        let id: String
        /// The type's own name; for an unknown type the name as written, and `nil` for a node that a connection names
        /// but the document has not.
        let type: String?
        let name: String?
        let isDisabled: Bool
        /// Whether reaching it fails.
        let isSupported: Bool
        let isKnown: Bool
        /// The port at which the flow goes on when the rest of what it does is done, such as a loop's `completed`.
        let lastPort: String?
        /// The exec outputs that its type declares, in their order.
        let ports: [String]
    }

    enum Kind: String, Sendable {
        case exec, data
        /// The two belong together by their config: the flow goes from one to the other without a connection.
        case pair
    }

    struct Edge: Sendable {
        let source: Int
        let sourcePort: String
        let target: Int
        let targetPort: String
        let kind: Kind
    }

    /// What pairs are called that lead to a loop's start: its next pass, or its end.
    static let loopPairs = (back: "next pass", out: "break")

    let name: String
    private(set) var nodes: [Node]
    private(set) var edges: [Edge] = []
    /// Where a run begins, as positions in `nodes`.
    let roots: [Int]

    init(_ document: WorkflowDocument, catalogue: NodeCatalogue = StandardNodes.catalogue) {
        let types = document.nodes.map { catalogue.type(named: $0.type) }
        self.name = document.name
        self.nodes = zip(document.nodes, types).map { node, type in
            Node(
                id: node.id, type: type?.name ?? node.type, name: node.name, isDisabled: node.isDisabled,
                isSupported: type?.isSupported ?? false, isKnown: type != nil, lastPort: type?.lastPort,
                ports: type.map { ExecPorts.outputs(of: $0, config: node.config) } ?? [])
        }
        self.roots = document.roots(in: catalogue)
        var positions: [String: Int] = [:]
        for (position, node) in document.nodes.enumerated() where positions[node.id] == nil {
            positions[node.id] = position
        }
        for connection in document.connections {
            let source = self.position(of: connection.source, in: &positions)
            let target = self.position(of: connection.target, in: &positions)
            let port = Self.execPort(of: connection, from: source, document, types)
            self.edges.append(
                Edge(
                    source: source, sourcePort: port ?? connection.sourcePort, target: target,
                    targetPort: connection.targetPort, kind: port == nil ? .data : .exec))
        }
        self.addPairs(of: document, positions)
    }

    /// The node of an ID; what only a connection speaks of is drawn too, as missing.
    private mutating func position(of id: String, in positions: inout [String: Int]) -> Int {
        if let position = positions[id] { return position }
        positions[id] = self.nodes.count
        self.nodes.append(
            Node(
                id: id, type: nil, name: nil, isDisabled: false, isSupported: false, isKnown: false, lastPort: nil,
                ports: []))
        return self.nodes.count - 1
    }

    private static func execPort(
        of connection: WorkflowDocument.Connection, from source: Int, _ document: WorkflowDocument, _ types: [NodeType?]
    ) -> String? {
        guard types.indices.contains(source), let type = types[source] else {
            return ExecPorts.inputs.contains(connection.targetPort) ? connection.sourcePort : nil
        }
        return ExecPorts.canonicalOutput(of: connection, type: type, config: document.nodes[source].config)
    }

    // MARK: Pairs

    /// What a config key says about the flow: to which side it leads, and what that way is called.
    private static let pairKeys: [(key: String, leadsThere: Bool, label: String)] = [
        ("paired_start_id", true, Self.loopPairs.back), ("paired_loop_start_id", true, ""),
        ("paired_catch_id", true, "catch"), ("paired_finally_id", true, "finally"), ("paired_join_id", true, "join"),
        ("paired_try_id", false, ""), ("paired_fork_id", false, "join"),
    ]

    /// Where the kind of node decides what the way is called.
    private func pairLabel(_ position: Int) -> String {
        switch self.nodes[position].type {
        case "BreakNode": Self.loopPairs.out
        case "ContinueNode": Self.loopPairs.back
        case "FinallyNode": "finally"
        default: "catch"
        }
    }

    private mutating func addPairs(of document: WorkflowDocument, _ positions: [String: Int]) {
        struct Ends: Hashable {
            let source: Int
            let target: Int
        }
        var joined = Set(self.edges.filter { $0.kind != .data }.map { Ends(source: $0.source, target: $0.target) })
        for (position, node) in document.nodes.enumerated() {
            for (key, leadsThere, label) in Self.pairKeys {
                guard let named = node.config[key]?.string, let partner = positions[named], partner != position else {
                    continue
                }
                let (source, target) = leadsThere ? (position, partner) : (partner, position)
                guard joined.insert(Ends(source: source, target: target)).inserted else { continue }
                self.edges.append(
                    Edge(
                        source: source, sourcePort: label.isEmpty ? self.pairLabel(position) : label, target: target,
                        targetPort: "", kind: .pair))
            }
        }
    }
}

extension NodeType {
    fileprivate var lastPort: String? {
        guard case .structure(let structure) = self.behaviour else { return nil }
        switch structure {
        case .forLoopStart, .whileLoopStart: return "completed"
        case .try, .catch, .finally: return "exec_out"
        case .retry: return "success"
        case .start, .end, .comment, .reroute, .merge, .trigger, .if, .switch, .forLoopEnd, .whileLoopEnd, .break,
            .continue, .retrySuccess, .retryFail, .onError, .fork, .join, .parallelForEach, .errorRecovery,
            .subflow, .callSubworkflow, .executeWorkflow, .subflowInput, .subflowOutput:
            return nil
        }
    }
}

extension WorkflowGraph {
    /// The published JSON shape.
    var json: Value {
        [
            "name": .string(self.name),
            "nodes": .list(
                self.nodes.enumerated().map { position, node in
                    [
                        "id": .string(node.id), "type": node.type.map(Value.string) ?? .null,
                        "name": node.name.map(Value.string) ?? .null, "disabled": .bool(node.isDisabled),
                        "known": .bool(node.isKnown), "supported": .bool(node.isSupported),
                        "start": .bool(self.roots.contains(position)),
                    ]
                }),
            "edges": .list(
                self.edges.map { edge in
                    [
                        "source": .string(self.nodes[edge.source].id), "source_port": .string(edge.sourcePort),
                        "target": .string(self.nodes[edge.target].id), "target_port": .string(edge.targetPort),
                        "kind": .string(edge.kind.rawValue),
                    ]
                }),
        ]
    }
}
