import CasareDomain

extension DocumentValidator {
    /// Reports each circle of exec connections once; a document without loops drawn as circles has none.
    mutating func checkCycles() {
        var finder = CircleFinder(self.graph)
        while let circle = finder.next() {
            let names = (circle + [circle[0]]).map { DocumentLimits.shortened(self.document.nodes[$0].id) }
            self.add(
                .error(
                    "CIRCULAR_DEPENDENCY", "Execution runs in a circle: \(names.joined(separator: " → "))",
                    at: self.location(circle[0]),
                    suggestion: "Remove one of these connections; to repeat nodes, put them into a loop or retry node"))
        }
    }

    /// Where the run begins and ends, and what it never gets to.
    ///
    /// - Parameter unpaired: Nodes whose trouble was reported already.
    mutating func checkFlow(unpaired: Set<Int>) {
        let starts = self.document.nodes.indices.filter { self.graph.structure($0) == .start }
        let roots = Roots.roots(of: self.graph)
        if roots.isEmpty {
            self.add(
                .warning(
                    "NO_ENTRY_POINT", "Nothing in the workflow is a place to start: it would run no node",
                    suggestion: "Add a StartNode and connect its exec_out to the first node"))
        }
        if starts.count > 1 {
            self.add(
                .warning(
                    "MULTIPLE_START_NODES",
                    "The workflow has \(starts.count) StartNodes; only the first, \(Self.list(self.ids([starts[0]]))), "
                        + "is started",
                    at: self.location(starts[1]), suggestion: "Lead everything from one StartNode"))
        }
        let orphans = self.orphans(besides: unpaired)
        for position in orphans {
            self.add(
                .warning(
                    "ORPHAN_NODE",
                    "Node \(self.label(position)) is not connected to anything; "
                        + (roots.contains(position) ? "it runs at the start of the workflow" : "it never runs"),
                    at: self.location(position), suggestion: "Connect it, disable it, or remove it"))
        }
        self.checkStart(starts: starts, roots: roots, orphans: orphans)
        self.checkReach(from: roots, besides: unpaired.union(orphans))
    }

    private mutating func checkStart(starts: [Int], roots: [Int], orphans: Set<Int>) {
        if starts.isEmpty {
            // A single place to start needs no StartNode, triggers say themselves what follows them, and a lone node
            // was reported as such.
            let implicit = roots.filter { self.graph.execPredecessors[$0].isEmpty }
            guard implicit.count(where: { !orphans.contains($0) }) > 1 else { return }
            self.add(
                .warning(
                    "NO_START_NODE",
                    "Without a StartNode the workflow starts at every node that no exec connection leads to: "
                        + "\(Self.list(self.ids(implicit))), in this order",
                    at: self.location(implicit[1]),
                    suggestion: "If only one of them is the beginning, connect the others or add a StartNode"))
        } else if !self.document.nodes.indices.contains(where: { self.graph.structure($0) == .end }) {
            self.add(
                .warning(
                    "NO_END_NODE", "The workflow has a StartNode but no EndNode; it ends where its branches end",
                    suggestion: "Add an EndNode where it is meant to end"))
        }
    }

    private func orphans(besides handled: Set<Int>) -> Set<Int> {
        guard self.document.nodes.count > 1 else { return [] }
        var isConnected = [Bool](repeating: false, count: self.document.nodes.count)
        for ends in self.graph.ends {
            if let source = ends.source { isConnected[source] = true }
            if let target = ends.target { isConnected[target] = true }
        }
        let orphans = self.document.nodes.indices.filter { position in
            !isConnected[position] && !handled.contains(position) && !self.standsAlone(position)
                && self.partners[position].isEmpty
        }
        return Set(orphans)
    }

    /// Nodes that do their work, if any, without connections.
    private func standsAlone(_ position: Int) -> Bool {
        switch self.graph.structure(position) {
        case .comment, .start, .subflowInput, .subflowOutput: true
        default: false
        }
    }

    private mutating func checkReach(from roots: [Int], besides handled: Set<Int>) {
        guard !roots.isEmpty else { return }
        var reached: Set<Int> = []
        var open = roots
        while let position = open.popLast() {
            guard reached.insert(position).inserted else { continue }
            // A Try brings its Catch into play, a Fork its Join, without a connection.
            open += self.graph.execSuccessors[position] + self.partners[position]
        }
        let missed = self.document.nodes.indices.filter { position in
            !reached.contains(position) && !handled.contains(position) && !self.standsAlone(position)
                && !self.graph.isTrigger(position)
        }
        guard !missed.isEmpty else { return }
        self.add(
            .warning(
                "UNREACHABLE_NODES",
                missed.count == 1
                    ? "Node \(self.label(missed[0])) is never reached: no exec connection leads there from the start"
                    : "\(missed.count) nodes are never reached from the start: \(Self.list(self.ids(missed)))",
                at: self.location(missed[0]), suggestion: "Connect them, or remove them"))
    }
}
