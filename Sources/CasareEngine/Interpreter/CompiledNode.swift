import CasareDomain

/// One node with everything that does not change between its executions.
struct CompiledNode: Sendable {
    let id: String
    let type: NodeType
    let effect: NodeType.Effect
    let isDisabled: Bool
    let bindings: ParameterBindings
    /// The branch or loop condition of If, Switch and While nodes, in the order of workflow format §6.1.
    let condition: Condition
    /// Followers of each exec output that is connected, in connection order.
    let successors: [(port: String, nodes: [Int])]
    /// Followers of the usual exec output.
    let next: [Int]
    let pairing: Pairing
    /// Whether reaching it again in the same pass executes it again (workflow format §5).
    let isReenterable: Bool
    /// The document's word on a step of this node that is in doubt.
    let onRecovery: OnRecovery?

    /// What to do with a step that may or may not have happened.
    enum OnRecovery: String, Sendable, CaseIterable {
        case retry, skip, fail, ask
    }

    func successors(of port: String) -> [Int] {
        for entry in self.successors where entry.port == port {
            return entry.nodes
        }
        return []
    }

    func isConnected(_ port: String) -> Bool {
        self.successors.contains { $0.port == port }
    }
}

extension CompiledNode {
    /// Compiles every node of a document, in document order.
    static func compile(_ document: WorkflowDocument, catalogue: NodeCatalogue) -> [CompiledNode] {
        let graph = DocumentGraph(document, catalogue: catalogue)
        let positions = graph.positions
        let types = document.nodes.indices.map { position in
            guard let type = graph.types[position] else { preconditionFailure("Validation refuses unknown types") }
            return type
        }
        var exec = document.nodes.map { _ in [(port: String, nodes: [Int])]() }
        var data = document.nodes.map { _ in [ParameterBindings.Delivery]() }
        for (place, connection) in document.connections.enumerated() {
            guard !graph.loopBacks.contains(place), let source = positions[connection.source],
                let target = positions[connection.target]
            else { continue }
            if let port = graph.execPorts[place] {
                if let entry = exec[source].firstIndex(where: { $0.port == port }) {
                    exec[source][entry].nodes.append(target)
                } else {
                    exec[source].append((port, [target]))
                }
            } else {
                data[target].append(
                    .init(source: connection.source, port: connection.sourcePort, parameter: connection.targetPort))
            }
        }
        let pairings = Pairing.pair(document.nodes, types: types, positions: positions, exec: exec)
        return document.nodes.indices.map { position in
            let node = document.nodes[position]
            let type = types[position]
            let usual = type.execOutputs.first ?? "exec_out"
            let next = exec[position].first { $0.port == usual }?.nodes
            // What a connection delivers is not known yet: as a template it makes the type assume the worst.
            var known = node.config
            for delivery in data[position] { known[delivery.parameter] = .string("{{\(delivery.port)}}") }
            return CompiledNode(
                id: node.id, type: type, effect: type.effectFor?(known) ?? type.effect,
                isDisabled: node.isDisabled,
                bindings: ParameterBindings(type: type, config: node.config, deliveries: data[position]),
                condition: Condition(of: type, config: node.config),
                successors: exec[position], next: next ?? [],
                pairing: pairings[position],
                isReenterable: type.isReenterable,
                onRecovery: node.config["on_recovery"]?.string.flatMap { OnRecovery(rawValue: $0.lowercased()) })
        }
    }
}

extension NodeType {
    /// The structure that the interpreter carries out for it; `nil` for a node that does work of its own.
    var structure: Structure? {
        if case .structure(let structure) = self.behaviour { structure } else { nil }
    }

    fileprivate var isReenterable: Bool {
        switch self.structure {
        case .if, .switch, .forLoopStart, .forLoopEnd, .whileLoopStart, .whileLoopEnd, .break, .continue, .try, .catch,
            .retry:
            true
        case .start, .end, .comment, .reroute, .merge, .trigger, .finally, .retrySuccess, .retryFail, .onError, .fork,
            .join, .subflow, nil:
            false
        }
    }
}
