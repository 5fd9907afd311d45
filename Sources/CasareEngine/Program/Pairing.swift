import CasareDomain

/// The nodes that a structural node belongs together with, as positions.
struct Pairing: Sendable, Hashable {
    /// Of a loop's End, Break and Continue: the loop's start, when the document says so.
    var loopStart: Int?
    /// Of a loop's start: the End that names it.
    var loopEnd: Int?
    /// Of a Try: its Catch and Finally.
    var catchNode: Int?
    var finallyNode: Int?
    /// Of a Catch or Finally: its Try.
    var tryNode: Int?
    /// Of a Fork: its Join.
    var join: Int?

    static let none = Pairing()

    /// Pairs by the IDs of either side. A Try that nobody names takes the first Catch and Finally that its body reaches
    /// and that nobody else has; a Fork the first Join that all of its branches reach (workflow format §7, §8).
    static func pair(
        _ nodes: [WorkflowDocument.Node], types: [NodeType], positions: [String: Int],
        exec: [[(port: String, nodes: [Int])]]
    ) -> [Pairing] {
        var pairings = nodes.map { _ in Pairing.none }
        func named(_ key: String, of position: Int) -> Int? {
            nodes[position].config[key]?.string.flatMap { positions[$0] }
        }
        for position in nodes.indices {
            switch types[position].structure {
            case .forLoopEnd, .whileLoopEnd:
                pairings[position].loopStart = named("paired_start_id", of: position)
                if let start = pairings[position].loopStart { pairings[start].loopEnd = position }
            case .break, .continue:
                pairings[position].loopStart = named("paired_loop_start_id", of: position)
            case .try:
                pairings[position].catchNode = named("paired_catch_id", of: position)
                pairings[position].finallyNode = named("paired_finally_id", of: position)
            case .fork:
                pairings[position].join = named("paired_join_id", of: position)
            default:
                // The others are paired from the other side, or not at all.
                break
            }
        }
        for position in nodes.indices {
            switch types[position].structure {
            case .catch:
                guard let start = named("paired_try_id", of: position) else { break }
                if pairings[start].catchNode == nil { pairings[start].catchNode = position }
            case .finally:
                guard let start = named("paired_try_id", of: position) else { break }
                if pairings[start].finallyNode == nil { pairings[start].finallyNode = position }
            case .join:
                guard let start = named("paired_fork_id", of: position) else { break }
                if pairings[start].join == nil { pairings[start].join = position }
            default:
                break
            }
        }
        Self.pairByReach(&pairings, types: types, exec: exec)
        for position in nodes.indices where types[position].structure == .try {
            for member in [pairings[position].catchNode, pairings[position].finallyNode].compactMap(\.self) {
                pairings[member].tryNode = position
            }
        }
        return pairings
    }

    private static func pairByReach(
        _ pairings: inout [Pairing], types: [NodeType], exec: [[(port: String, nodes: [Int])]]
    ) {
        var taken = Set(pairings.flatMap { [$0.catchNode, $0.finallyNode, $0.join].compactMap(\.self) })
        /// Breadth first, the nearest ones first.
        func reached(from starts: [Int], _ wanted: NodeType.Structure) -> [Int] {
            var found: [Int] = []
            var seen: Set<Int> = []
            var queue = starts
            var head = 0
            while head < queue.count {
                let position = queue[head]
                head += 1
                guard seen.insert(position).inserted else { continue }
                if types[position].structure == wanted, !taken.contains(position) { found.append(position) }
                queue += exec[position].flatMap(\.nodes)
            }
            return found
        }
        func firstReached(from start: Int, _ wanted: NodeType.Structure) -> Int? {
            let first = reached(from: exec[start].flatMap(\.nodes), wanted).first
            if let first { taken.insert(first) }
            return first
        }
        /// The first Join that every branch reaches; where there is none, because a branch just ends, the first of all.
        func firstJoin(of fork: Int) -> Int? {
            let branches = exec[fork].filter { $0.port != ExecPorts.usualOutput }.map { reached(from: $0.nodes, .join) }
            let nearest = reached(from: exec[fork].flatMap(\.nodes), .join)
            let join = nearest.first { join in branches.allSatisfy { $0.contains(join) } } ?? nearest.first
            if let join { taken.insert(join) }
            return join
        }
        // Inner structures come later in documents and are nearer to what they reach.
        for position in types.indices.reversed() {
            switch types[position].structure {
            case .try:
                if pairings[position].catchNode == nil {
                    pairings[position].catchNode = firstReached(from: position, .catch)
                }
                if pairings[position].finallyNode == nil {
                    pairings[position].finallyNode = firstReached(from: position, .finally)
                }
            case .fork where pairings[position].join == nil:
                pairings[position].join = firstJoin(of: position)
            default:
                break
            }
        }
    }
}
