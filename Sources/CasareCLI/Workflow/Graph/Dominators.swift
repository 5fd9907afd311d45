/// Which node of a flow graph every way to another one leads through (Cooper, Harvey, Kennedy: "A Simple, Fast
/// Dominance Algorithm", 2001). Takes circles too.
struct Dominators {
    /// By node, the nearest node that all ways to it lead through; `nil` for where the ways begin.
    let parents: [Int?]
    /// By node, its place in an order in which, but for circles, a node comes after everything that leads to it.
    let order: [Int]
    /// By node, its place in the tree's order, where what stands under a node comes right after it, and how many these
    /// are, itself included.
    private let places: [Int]
    private let sizes: [Int]

    /// - Parameters:
    ///   - successors: By node, in the order in which they are to be drawn.
    ///   - given: Where the ways begin. What these do not reach has beginnings of its own.
    init(successors: [[Int]], roots given: [Int]) {
        let count = successors.count
        var isReached = [Bool](repeating: false, count: count)
        var postorder: [Int] = []
        func walk(from start: Int) {
            // The last successor is walked first, so that the first one comes first in the reversed order.
            var stack: [(node: Int, next: Int)] = [(start, successors[start].count)]
            isReached[start] = true
            while let (node, next) = stack.last {
                if next == 0 {
                    postorder.append(node)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next -= 1
                let successor = successors[node][next - 1]
                if !isReached[successor] {
                    isReached[successor] = true
                    stack.append((successor, successors[successor].count))
                }
            }
        }
        let starts = Self.starts(successors: successors, given: given)
        for start in starts.reversed() where !isReached[start] { walk(from: start) }
        // The root of all roots has the position after the last node.
        var order = [Int](repeating: 0, count: count + 1)
        for (place, node) in postorder.reversed().enumerated() { order[node] = place + 1 }
        var predecessors = [[Int]](repeating: [], count: count)
        for (node, followers) in successors.enumerated() {
            for follower in followers { predecessors[follower].append(node) }
        }
        for start in starts { predecessors[start].append(count) }
        var parents = [Int?](repeating: nil, count: count + 1)
        parents[count] = count
        func common(_ left: Int, _ right: Int) -> Int {
            var (left, right) = (left, right)
            while left != right {
                // Both have a parent: only nodes that have one are compared.
                if order[left] > order[right] { left = parents[left]! } else { right = parents[right]! }
            }
            return left
        }
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for node in postorder.reversed() {
                let known = predecessors[node].filter { parents[$0] != nil }
                guard let first = known.first else { continue }
                let parent = known.dropFirst().reduce(first, common)
                if parents[node] != parent {
                    parents[node] = parent
                    hasChanged = true
                }
            }
        }
        var sizes = [Int](repeating: 1, count: count + 1)
        // Each node comes before its parent here, and after it in the reversed order.
        for node in postorder {
            if let parent = parents[node] { sizes[parent] += sizes[node] }
        }
        var places = [Int](repeating: 0, count: count + 1)
        // By node, the next free place under it.
        var free = [Int](repeating: 1, count: count + 1)
        for node in postorder.reversed() {
            guard let parent = parents[node] else { continue }
            places[node] = free[parent]
            free[parent] += sizes[node]
            free[node] = places[node] + 1
        }
        self.places = places
        self.sizes = sizes
        self.parents = parents[..<count].map { $0 == count ? nil : $0 }
        self.order = Array(order[..<count])
    }

    /// Whether all ways to `other` lead through `node`.
    func leads(_ node: Int, to other: Int) -> Bool {
        (self.places[node]..<self.places[node] + self.sizes[node]).contains(self.places[other])
    }

    /// The given ones; then what nothing leads to; then one node of each circle that is left.
    private static func starts(successors: [[Int]], given: [Int]) -> [Int] {
        var isReached = [Bool](repeating: false, count: successors.count)
        func reach(from start: Int) {
            var open = [start]
            while let node = open.popLast() {
                guard !isReached[node] else { continue }
                isReached[node] = true
                open += successors[node]
            }
        }
        var starts: [Int] = []
        func add(_ candidates: some Sequence<Int>) {
            for node in candidates where !isReached[node] {
                starts.append(node)
                reach(from: node)
            }
        }
        add(given)
        let led = Set(successors.flatMap(\.self))
        add(successors.indices.filter { !led.contains($0) })
        add(successors.indices)
        return starts
    }
}
