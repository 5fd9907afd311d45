/// Finds the circles of exec connections, one after the other.
///
/// A node is open while it may lie on a circle that was not found yet. It is closed as soon as nothing open leads to
/// it, or it leads to nothing open: all in all that takes one pass over nodes and connections, however many circles
/// there are.
struct CircleFinder {
    private let successors: [[Int]]
    private let predecessors: [[Int]]
    private var isOpen: [Bool]
    /// By node, how many connections there are from and to open nodes.
    private var entering: [Int]
    private var leaving: [Int]
    /// Nothing before it is open.
    private var first = 0

    init(_ graph: DocumentGraph) {
        self.successors = graph.execSuccessors
        self.predecessors = graph.execPredecessors
        self.isOpen = graph.execSuccessors.map { _ in true }
        self.entering = graph.execPredecessors.map(\.count)
        self.leaving = graph.execSuccessors.map(\.count)
        self.close(self.isOpen.indices.filter { self.entering[$0] == 0 || self.leaving[$0] == 0 })
    }

    /// The next circle, which begins with its first node in the order of the document; its nodes lie on no further one.
    mutating func next() -> [Int]? {
        while self.first < self.isOpen.count, !self.isOpen[self.first] { self.first += 1 }
        guard self.first < self.isOpen.count else { return nil }
        var walked: [Int] = []
        var placeInWalk: [Int: Int] = [:]
        var position = self.first
        while placeInWalk[position] == nil {
            placeInWalk[position] = walked.count
            walked.append(position)
            // Every open node leads to an open one, or it would have been closed.
            guard let next = self.successors[position].first(where: { self.isOpen[$0] }) else { return nil }
            position = next
        }
        let circle = Array(walked[(placeInWalk[position] ?? 0)...])
        self.close(circle)
        let start = circle.indices.min { circle[$0] < circle[$1] } ?? 0
        return Array(circle[start...] + circle[..<start])
    }

    /// Closes nodes, and what is then no longer between open ones.
    private mutating func close(_ positions: [Int]) {
        var waiting = positions
        while let position = waiting.popLast() {
            guard self.isOpen[position] else { continue }
            self.isOpen[position] = false
            for next in self.successors[position] where self.isOpen[next] {
                self.entering[next] -= 1
                if self.entering[next] == 0 { waiting.append(next) }
            }
            for previous in self.predecessors[position] where self.isOpen[previous] {
                self.leaving[previous] -= 1
                if self.leaving[previous] == 0 { waiting.append(previous) }
            }
        }
    }
}
