import CasareDomain

/// One node with everything that does not change between its executions.
///
/// A reference, because it is handed around at every execution and holds much that would have to be counted each time.
final class CompiledNode: Sendable {
    /// As it stands in the document.
    let source: WorkflowDocument.Node
    let type: NodeType
    let effect: NodeType.Effect
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
    /// Whether the time must be known before it is executed.
    let readsClock: Bool
    /// The node's own word on a step of it that is in doubt; without one its workflow's setting counts.
    let onRecovery: OnRecovery?
    /// What its config names of secrets.
    let secrets: NamedSecrets
    private let deliveries: [ParameterBindings.Delivery]

    /// - Parameter literals: Keys of the config whose values are data: templates in them are not looked for.
    init(
        _ node: WorkflowDocument.Node, type: NodeType, deliveries: [ParameterBindings.Delivery],
        successors: [(port: String, nodes: [Int])], pairing: Pairing, literals: Set<String> = []
    ) {
        // What a connection delivers is not known yet: as a template it makes the type assume the worst.
        var known = node.config
        for delivery in deliveries { known[delivery.parameter] = .string("{{\(delivery.port)}}") }
        self.source = node
        self.type = type
        self.effect = type.effectFor?(known) ?? type.effect
        self.bindings = ParameterBindings(type: type, config: node.config, deliveries: deliveries, literals: literals)
        self.condition = Condition(of: type, config: node.config)
        self.successors = successors
        self.next = successors.first { $0.port == type.usualPort }?.nodes ?? []
        self.pairing = pairing
        self.isReenterable = type.isReenterable
        self.readsClock = self.bindings.readsClock || self.condition.readsClock || type.readsClock
        self.onRecovery = OnRecovery(written: node.config["on_recovery"])
        self.secrets = NamedSecrets(of: node, type: type, deliveries: deliveries, literals: literals)
        self.deliveries = deliveries
    }

    /// The parameters of one execution, checked.
    ///
    /// - Throws: `ValidationError` or `TypeError`, or a secret's type of failure, with the outputs of a failure (node
    ///   catalogue §0.2; §1.12 for the nodes that have a `status_code`).
    func inputs(in variables: Variables, clock: ClockReading?) throws(NodeFailure) -> Inputs {
        do throws(NodeFailure) {
            guard self.secrets.isConcerned else { return try self.bindings.inputs(in: variables, clock: clock) }
            return try self.inputsWithSecrets(in: variables, clock: clock)
        } catch {
            var failure = error
            let ending: Object = ["success": false, "error": .string(error.message), "status_code": 0]
            for output in self.type.outputs {
                if let value = ending[output.name] { failure.outputs[output.name] = value }
            }
            throw failure
        }
    }

    /// The same node with other values in its config.
    func setting(_ values: Object, literals: Set<String>) -> CompiledNode {
        var node = self.source
        node.config = node.config.merging(values)
        return CompiledNode(
            node, type: self.type, deliveries: self.deliveries.filter { values[$0.parameter] == nil },
            successors: self.successors, pairing: self.pairing, literals: literals)
    }

    var id: String { self.source.id }
    var isDisabled: Bool { self.source.isDisabled }

    func successors(of port: String) -> [Int] {
        for entry in self.successors where entry.port == port {
            return entry.nodes
        }
        return []
    }

    func isConnected(_ port: String) -> Bool {
        self.successors.contains { $0.port == port }
    }

    /// Whether its outputs lead different ways. A branching node that is wired by its usual output alone goes on there
    /// (workflow format §5).
    var isBranching: Bool { self.successors.contains { $0.port != ExecPorts.usualOutput } }

    /// The exec output that a result leads to, for whoever watches.
    func port(chosen result: NodeResult) -> String {
        guard let port = result.port else { return self.type.usualPort }
        return self.isBranching ? port : ExecPorts.usualOutput
    }

    /// The parameters that connections deliver values to.
    var deliveredParameters: [String] { self.deliveries.map(\.parameter) }
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
            CompiledNode(
                document.nodes[position], type: types[position], deliveries: data[position],
                successors: exec[position], pairing: pairings[position])
        }
    }
}

extension NodeType {
    /// The structure that the interpreter carries out for it; `nil` for a node that does work of its own.
    var structure: Structure? {
        if case .structure(let structure) = self.behaviour { structure } else { nil }
    }

    /// The exec output that is followed when the node names none.
    var usualPort: String { self.execOutputs.first ?? ExecPorts.usualOutput }

    fileprivate var isReenterable: Bool {
        switch self.structure {
        case .if, .switch, .forLoopStart, .forLoopEnd, .whileLoopStart, .whileLoopEnd, .break, .continue, .try, .catch,
            .retry:
            true
        case .start, .end, .comment, .reroute, .merge, .trigger, .finally, .retrySuccess, .retryFail, .onError, .fork,
            .join, .parallelForEach, .errorRecovery, .subflow, .callSubworkflow, .executeWorkflow, .subflowInput,
            .subflowOutput, nil:
            false
        }
    }
}
