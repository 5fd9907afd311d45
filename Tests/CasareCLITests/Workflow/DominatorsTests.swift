import Testing

@testable import CasareCLI

struct DominatorsTests {
    @Test func `a node stands under the last one that all ways to it lead through`() {
        // 0 → 1 → {2, 3}, 2 → 4, 3 → 4, 4 → 5, 5 → 1 in a circle, 2 → 6.
        let tree = Dominators(successors: [[1], [2, 3], [4, 6], [4], [5], [1], []], roots: [0])
        #expect(tree.parents == [nil, 0, 1, 1, 1, 4, 2])
        #expect(tree.leads(1, to: 5))
        #expect(!tree.leads(2, to: 4))
        for (node, successors) in [[1], [2, 3], [4, 6], [4], [5], [], []].enumerated() {
            for successor in successors { #expect(tree.order[node] < tree.order[successor]) }
        }
    }

    @Test func `what the roots do not reach has beginnings of its own, circles included`() {
        // 0 → 1; 2 → 3; 4 and 5 in a circle; 6 is led to by both 0 and 2.
        let tree = Dominators(successors: [[1, 6], [], [3, 6], [], [5], [4], []], roots: [0])
        #expect(tree.parents == [nil, 0, nil, 2, nil, 4, nil])
    }

    @Test(
        arguments: [[[1], [2, 3], [4, 6], [4], [5], [1], []], [[1, 6], [], [3, 6], [], [5], [4], []]] as [[[Int]]])
    func `a node leads to what stands under it, itself included`(successors: [[Int]]) {
        let tree = Dominators(successors: successors, roots: [0])
        for node in successors.indices {
            var above: Set<Int> = []
            var next: Int? = node
            while let current = next {
                above.insert(current)
                next = tree.parents[current]
            }
            #expect(Set(successors.indices.filter { tree.leads($0, to: node) }) == above)
        }
    }

    @Test func `to ask of every edge takes no walk up the tree`() {
        let count = 100_000
        let tree = Dominators(successors: (0..<count).map { $0 + 1 < count ? [$0 + 1] : [] }, roots: [0])
        // 5,000,000,000 steps, if each were a walk to the root.
        #expect((1..<count).allSatisfy { !tree.leads($0, to: $0 - 1) && tree.leads($0 - 1, to: $0) })
    }

    @Test func `a long chain takes no deep stack`() {
        let count = 5000
        let tree = Dominators(successors: (0..<count).map { $0 + 1 < count ? [$0 + 1] : [] }, roots: [0])
        #expect(tree.parents[count - 1] == count - 2)
    }
}
