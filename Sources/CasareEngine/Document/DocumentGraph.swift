import CasareDomain

/// A document's nodes and connections by position, told apart into exec and data.
///
/// Connections with an end that does not exist, and those from a loop's End back to its own start, are left out of the
/// exec edges: loops are not drawn as circles, and where somebody drew one it means the same.
struct DocumentGraph {
    let document: WorkflowDocument
    /// By node; `nil` for an unknown type.
    let types: [NodeType?]
    /// By node, what its type is to the flow. Asked for at every turn, and the types themselves are large to hand
    /// about.
    private let structures: [NodeType.Structure?]
    private let triggers: [Bool]
    let positions: [String: Int]
    /// By connection, the positions of the nodes that it joins; `nil` for an ID that no node has.
    let ends: [(source: Int?, target: Int?)]
    /// The exec output that each connection of the document leaves by; `nil` for data connections.
    let execPorts: [String?]
    /// The connections, by place in the document's list, that lead from a loop's End back to its own start.
    private(set) var loopBacks: Set<Int> = []
    /// Followers by node, in connection order.
    private(set) var execSuccessors: [[Int]]
    private(set) var execPredecessors: [[Int]]

    init(_ document: WorkflowDocument, catalogue: NodeCatalogue) {
        self.document = document
        // What is the same for all nodes of a type is found once: documents have many nodes of few types.
        var found: [String: (type: NodeType?, isTrigger: Bool)] = [:]
        var (types, triggers): ([NodeType?], [Bool]) = ([], [])
        for name in document.nodes.lazy.map(\.type) {
            let known: (type: NodeType?, isTrigger: Bool)
            if let earlier = found[name] {
                known = earlier
            } else {
                let type = catalogue.type(named: name)
                known = (type, type?.structure == .trigger || (type?.name ?? name).contains("Trigger"))
                found[name] = known
            }
            types.append(known.type)
            triggers.append(known.isTrigger)
        }
        // Of nodes with the same ID the first counts.
        let places = document.nodes.enumerated().map { ($0.element.id, $0.offset) }
        let positions = Dictionary(places, uniquingKeysWith: { first, _ in first })
        let ends = document.connections.map { (positions[$0.source], positions[$0.target]) }
        self.types = types
        self.structures = types.map { $0?.structure }
        self.triggers = triggers
        self.positions = positions
        self.ends = ends
        self.execPorts = document.connections.enumerated().map { place, connection in
            guard let source = ends[place].0 else { return nil }
            guard let type = types[source] else {
                return ExecPorts.inputs.contains(connection.targetPort) ? connection.sourcePort : nil
            }
            return ExecPorts.canonicalOutput(of: connection, type: type, config: document.nodes[source].config)
        }
        self.execSuccessors = document.nodes.map { _ in [] }
        self.execPredecessors = document.nodes.map { _ in [] }
        var backwards: [(place: Int, end: Int, start: Int)] = []
        for place in document.connections.indices where self.execPorts[place] != nil {
            guard let source = ends[place].0, let target = ends[place].1 else { continue }
            if self.mayCloseLoop(from: source, to: target) {
                backwards.append((place, source, target))
            } else {
                self.addExec(from: source, to: target)
            }
        }
        for (place, end, start) in backwards {
            if self.isOwnStart(start, of: end) {
                self.loopBacks.insert(place)
            } else {
                self.addExec(from: end, to: start)
            }
        }
    }

    func structure(_ position: Int) -> NodeType.Structure? { self.structures[position] }

    func isTrigger(_ position: Int) -> Bool { self.triggers[position] }

    /// The canonical type name; for an unknown type the name as written.
    func typeName(_ position: Int) -> String { self.types[position]?.name ?? self.document.nodes[position].type }

    /// Everything that exec connections reach from `starts`, these included.
    func reached(from starts: [Int]) -> Set<Int> { Self.reached(from: starts, by: self.execSuccessors) }

    /// Everything from which exec connections lead to `ends`, these included.
    func leading(to ends: [Int]) -> Set<Int> { Self.reached(from: ends, by: self.execPredecessors) }

    private static func reached(from starts: [Int], by neighbours: [[Int]]) -> Set<Int> {
        var seen = Set(starts)
        var open = starts
        while let position = open.popLast() {
            for next in neighbours[position] where seen.insert(next).inserted {
                open.append(next)
            }
        }
        return seen
    }

    /// Whether exec connections lead from one node to another. The nearest nodes come first: a loop's End is mostly not
    /// far from its start, and a document may have hundreds of loops.
    private func leads(from start: Int, to end: Int) -> Bool {
        var isSeen = [Bool](repeating: false, count: self.execSuccessors.count)
        var queue = [start]
        isSeen[start] = true
        var place = 0
        while place < queue.count {
            let position = queue[place]
            place += 1
            if position == end { return true }
            for next in self.execSuccessors[position] where !isSeen[next] {
                isSeen[next] = true
                queue.append(next)
            }
        }
        return false
    }

    private mutating func addExec(from source: Int, to target: Int) {
        self.execSuccessors[source].append(target)
        self.execPredecessors[target].append(source)
    }

    private func mayCloseLoop(from source: Int, to target: Int) -> Bool {
        switch (self.structure(source), self.structure(target)) {
        case (.forLoopEnd, .forLoopStart), (.whileLoopEnd, .whileLoopStart): true
        default: false
        }
    }

    /// By the End's word; without it, when the loop's body leads to that End.
    private func isOwnStart(_ start: Int, of end: Int) -> Bool {
        if let paired = self.document.nodes[end].config["paired_start_id"]?.string, let named = self.positions[paired] {
            return named == start
        }
        return self.leads(from: start, to: end)
    }
}
