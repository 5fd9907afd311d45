import CasareDomain

extension DocumentValidator {
    /// Which structures a config key of a structure may name.
    private static func pairKeys(
        of structure: NodeType.Structure
    ) -> [(key: String, partners: Set<NodeType.Structure>)] {
        switch structure {
        case .forLoopEnd: [("paired_start_id", [.forLoopStart])]
        case .whileLoopEnd: [("paired_start_id", [.whileLoopStart])]
        case .break, .continue: [("paired_loop_start_id", [.forLoopStart, .whileLoopStart])]
        case .try: [("paired_catch_id", [.catch]), ("paired_finally_id", [.finally])]
        case .catch, .finally: [("paired_try_id", [.try])]
        case .fork: [("paired_join_id", [.join])]
        case .join: [("paired_fork_id", [.fork])]
        case .start, .end, .comment, .reroute, .merge, .trigger, .if, .switch, .forLoopStart, .whileLoopStart, .retry,
            .retrySuccess, .retryFail, .onError, .parallelForEach, .errorRecovery, .subflow, .callSubworkflow,
            .executeWorkflow, .subflowInput, .subflowOutput:
            []
        }
    }

    /// By node, the nodes that it names as its partners or that name it, when they are of the right kind.
    static func partners(in graph: DocumentGraph) -> [[Int]] {
        let nodes = graph.document.nodes
        var partners = nodes.map { _ in [Int]() }
        for position in nodes.indices {
            guard let structure = graph.structure(position) else { continue }
            for (key, kinds) in Self.pairKeys(of: structure) {
                guard let named = nodes[position].config[key]?.string, let partner = graph.positions[named],
                    graph.structure(partner).map(kinds.contains) == true
                else { continue }
                partners[position].append(partner)
                partners[partner].append(position)
            }
        }
        return partners
    }

    /// - Returns: The nodes that have no partner.
    mutating func checkPairing() -> Set<Int> {
        var unpaired: Set<Int> = []
        var reach: [NodeType.Structure: Set<Int>] = [:]
        var handled: Set<Int>?
        for position in self.document.nodes.indices {
            guard let structure = self.graph.structure(position) else { continue }
            self.checkNamedPartners(of: position, structure)
            guard let (containers, message, suggestion) = Self.need(of: structure),
                self.partners[position].isEmpty
            else { continue }
            let isContained = containers.contains { container in
                let reached = reach[container] ?? self.reached(fromAll: container)
                reach[container] = reached
                return reached.contains(position)
            }
            if !isContained, structure == .try, handled == nil { handled = self.leadingToHandlers() }
            if !isContained, structure != .try || handled?.contains(position) != true {
                unpaired.insert(position)
                self.add(
                    .warning(
                        "UNPAIRED_NODE", "Node \(self.label(position)) \(message)", at: self.location(position),
                        suggestion: suggestion))
            }
        }
        return unpaired
    }

    /// What a structure without a named partner must be reached from, and what to say when it is not.
    private static func need(
        of structure: NodeType.Structure
    ) -> (containers: [NodeType.Structure], message: String, suggestion: String)? {
        switch structure {
        case .forLoopEnd, .whileLoopEnd:
            (
                [.forLoopStart, .whileLoopStart], "is not in a loop and has no start to go back to",
                "Set its 'paired_start_id' to the ID of the loop's start"
            )
        case .break, .continue:
            (
                [.forLoopStart, .whileLoopStart], "is not in a loop and fails when it is reached",
                "Put it into a loop, or set its 'paired_loop_start_id'"
            )
        case .try:
            (
                [], "has neither a Catch nor a Finally, so it changes nothing",
                "Set the 'paired_try_id' of its CatchNode or FinallyNode to its ID"
            )
        case .catch, .finally:
            ([.try], "belongs to no TryNode, so it never does its work", "Set its 'paired_try_id' to the TryNode's ID")
        case .join:
            ([.fork], "belongs to no ForkNode, so it joins nothing", "Set its 'paired_fork_id' to the ForkNode's ID")
        case .retrySuccess, .retryFail:
            ([.retry], "is not in the body of a RetryNode", "Connect it behind the 'retry_body' of a RetryNode")
        case .start, .end, .comment, .reroute, .merge, .trigger, .if, .switch, .forLoopStart, .whileLoopStart, .retry,
            .onError, .fork, .parallelForEach, .errorRecovery, .subflow, .callSubworkflow, .executeWorkflow,
            .subflowInput, .subflowOutput:
            nil
        }
    }

    private mutating func checkNamedPartners(of position: Int, _ structure: NodeType.Structure) {
        for (key, partners) in Self.pairKeys(of: structure) {
            guard let named = self.document.nodes[position].config[key]?.string, !named.isEmpty else { continue }
            let fault: String
            if let partner = self.graph.positions[named] {
                if self.graph.structure(partner).map(partners.contains) == true { continue }
                fault = "\(self.label(partner)), which is not the right kind of node for that"
            } else {
                fault = "'\(DocumentLimits.shortened(named))', but there is no node with that ID"
            }
            self.add(
                .warning(
                    "UNPAIRED_NODE", "Node \(self.label(position)) has '\(key)' \(fault)", at: self.location(position),
                    suggestion: "Set '\(key)' to the ID of the node that it belongs together with"))
        }
    }

    private func reached(fromAll structure: NodeType.Structure) -> Set<Int> {
        let starts = self.document.nodes.indices.filter { self.graph.structure($0) == structure }
        return self.graph.reached(from: starts.flatMap { self.graph.execSuccessors[$0] })
    }

    /// The nodes from which a Catch or Finally is reached.
    private func leadingToHandlers() -> Set<Int> {
        let handlers = self.document.nodes.indices.filter { position in
            self.graph.structure(position) == .catch || self.graph.structure(position) == .finally
        }
        return self.graph.leading(to: handlers)
    }
}
