/// A workflow drawn with characters, from top to bottom.
///
/// A node stands under the nearest node that all ways to it lead through: branches are set in under the node that
/// branches, and what they come together at stands below them, at the branching node's own level. A way that leads to a
/// node drawn elsewhere ends with its name.
struct GraphText {
    private let graph: WorkflowGraph
    private let tree: Dominators
    /// By node, its exec ways and pairs, in the order in which they are drawn.
    private let ways: [[WorkflowGraph.Edge]]
    /// By node, the nodes that stand under it and that no single way leads to, in flow order.
    private let joins: [[Int]]
    private let deliveries: [Int: [WorkflowGraph.Edge]]
    /// What the roots lead to.
    private let reached: Set<Int>
    private var isDrawn: [Bool]
    private var lines: [String] = []

    static func render(_ graph: WorkflowGraph) -> String {
        var drawing = GraphText(graph)
        drawing.draw()
        return drawing.lines.map { $0.trimmingTrailingSpaces + "\n" }.joined()
    }

    private init(_ graph: WorkflowGraph) {
        let ways = Self.ways(of: graph)
        // The way from a loop's End to its start is not one that brings anything about.
        let successors = ways.enumerated().map { source, ways in
            ways.filter { !Self.leadsBack($0) && $0.target != source }.map(\.target)
        }
        let tree = Dominators(successors: successors, roots: graph.roots)
        var sources = [[Int]](repeating: [], count: graph.nodes.count)
        for (source, targets) in successors.enumerated() {
            // What leads back in a circle does not lead there first.
            for target in targets where !tree.leads(target, to: source) { sources[target].append(source) }
        }
        var joins = [[Int]](repeating: [], count: graph.nodes.count)
        for (node, parent) in tree.parents.enumerated() {
            if let parent, sources[node] != [parent] { joins[parent].append(node) }
        }
        self.graph = graph
        self.tree = tree
        self.ways = ways
        self.joins = joins.map { $0.sorted { tree.order[$0] < tree.order[$1] } }
        self.deliveries = Dictionary(grouping: graph.edges.filter { $0.kind == .data }, by: \.target)
        self.isDrawn = graph.nodes.map { _ in false }
        var reached: Set<Int> = []
        var open = graph.roots
        while let node = open.popLast() {
            if reached.insert(node).inserted { open += successors[node] }
        }
        self.reached = reached
    }

    private static func ways(of graph: WorkflowGraph) -> [[WorkflowGraph.Edge]] {
        var ways = [[WorkflowGraph.Edge]](repeating: [], count: graph.nodes.count)
        let connected = Set(graph.edges.filter { $0.kind == .exec }.map(\.target))
        for edge in graph.edges where edge.kind != .data {
            // A Join that connections lead to needs no further way there.
            if edge.kind == .pair, edge.sourcePort == "join", connected.contains(edge.target) { continue }
            ways[edge.source].append(edge)
        }
        return ways.enumerated().map { node, ways in
            let ports = graph.nodes[node].ports
            // In declared order; the port at which the flow goes on comes last.
            func rank(_ edge: WorkflowGraph.Edge) -> Int {
                if edge.kind == .exec, edge.sourcePort == graph.nodes[node].lastPort { return ports.count + 2 }
                if edge.kind == .pair { return ports.count + 1 }
                return ports.firstIndex(of: edge.sourcePort) ?? ports.count
            }
            return ways.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
                .map(\.element)
        }
    }

    private static func leadsBack(_ edge: WorkflowGraph.Edge) -> Bool {
        edge.kind == .pair && [WorkflowGraph.loopPairs.back, WorkflowGraph.loopPairs.out].contains(edge.sourcePort)
    }

    // MARK: Drawing

    private mutating func draw() {
        let connections = self.graph.edges.count { $0.kind != .pair }
        self.lines.append(
            "\(TerminalText.line(self.graph.name)): \(Count.text(self.graph.nodes.count, "node")), "
                + Count.text(connections, "connection"))
        // A node that several beginnings lead to stands under none of them.
        let topmost = self.tree.parents.indices.filter { self.tree.parents[$0] == nil }
            .sorted { self.tree.order[$0] < self.tree.order[$1] }
        for node in topmost where self.reached.contains(node) {
            self.lines.append("")
            self.draw(node, "")
        }
        let others = topmost.filter { !self.reached.contains($0) }
        if !others.isEmpty { self.lines += ["", "Not reached from the start:"] }
        for node in others {
            self.lines.append("")
            self.draw(node, "")
        }
    }

    private mutating func draw(_ start: Int, _ prefix: String) {
        var current = start
        while true {
            self.isDrawn[current] = true
            self.lines.append(prefix + self.label(of: current))
            let ways = self.ways[current]
            var joins = self.joins[current][...]
            // The only way, or the port at which the flow goes on, leads straight down.
            var below: WorkflowGraph.Edge?
            if joins.isEmpty, let last = ways.last, last.kind == .exec, self.stands(last, under: current),
                ways.count == 1 ? last.sourcePort == "exec_out" : last.sourcePort == self.graph.nodes[current].lastPort
            {
                below = last
            }
            self.drawWays(
                below == nil ? ways : ways.dropLast(), of: current, prefix, isEnd: below == nil && joins.isEmpty)
            if let below {
                self.lines.append(prefix + (ways.count == 1 ? "│" : "│ \(Self.text(below.sourcePort)):"))
                current = below.target
                continue
            }
            guard let last = joins.popLast() else { return }
            for join in joins {
                self.lines.append(prefix + "│")
                self.draw(join, prefix)
            }
            self.lines.append(prefix + "│")
            current = last
        }
    }

    private mutating func drawWays(
        _ ways: some BidirectionalCollection<WorkflowGraph.Edge>, of node: Int, _ prefix: String, isEnd: Bool
    ) {
        if ways.count == 1, let way = ways.first, !self.stands(way, under: node),
            way.sourcePort == "exec_out" || Self.leadsBack(way)
        {
            self.lines.append(prefix + self.reference(way))
            return
        }
        for (place, way) in ways.enumerated() {
            let isLast = isEnd && place == ways.count - 1
            let head = prefix + (isLast ? "└─ " : "├─ ") + Self.text(way.sourcePort)
            if self.stands(way, under: node) {
                self.lines.append(head + ":")
                self.draw(way.target, prefix + (isLast ? "   " : "│  "))
            } else {
                self.lines.append("\(head) \(self.reference(way))")
            }
        }
    }

    /// Whether the way's target is drawn at its end.
    private func stands(_ way: WorkflowGraph.Edge, under node: Int) -> Bool {
        !self.isDrawn[way.target] && self.tree.parents[way.target] == node && !Self.leadsBack(way)
            && !self.joins[node].contains(way.target)
    }

    // MARK: Texts

    private func reference(_ way: WorkflowGraph.Edge) -> String {
        let id = Self.text(self.graph.nodes[way.target].id)
        if Self.leadsBack(way) { return way.sourcePort == WorkflowGraph.loopPairs.out ? "→ out of \(id)" : "↺ \(id)" }
        return self.isDrawn[way.target] ? "↑ \(id)" : "↓ \(id)"
    }

    private func label(of position: Int) -> String {
        let node = self.graph.nodes[position]
        var parts = [node.isDisabled ? "◌" : self.ways[position].count > 1 ? "◆" : "●", Self.text(node.id)]
        parts.append(" " + (node.type.map(Self.text) ?? "(there is no such node)"))
        if let name = node.name, name != node.id { parts.append(" \"\(Self.text(name))\"") }
        if node.isDisabled { parts.append(" (disabled)") }
        if node.type != nil, !node.isSupported { parts.append(node.isKnown ? " (not supported)" : " (unknown type)") }
        let data = (self.deliveries[position] ?? []).map { edge -> String in
            let source = Self.text(self.graph.nodes[edge.source].id)
            return "\(Self.text(edge.targetPort)) ⇠ \(source).\(Self.text(edge.sourcePort))"
        }
        if !data.isEmpty { parts.append(" [\(data.joined(separator: ", "))]") }
        return parts.joined(separator: " ")
    }

    private static func text(_ text: String) -> String { TerminalText.line(text) }
}
