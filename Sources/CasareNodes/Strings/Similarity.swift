import CasareEngine

/// How alike two texts are, as Python's `difflib` measures it: twice the scalars in matching blocks by those in both.
enum Similarity {
    /// The time grows with the product of both lengths.
    static let lengthMax = 5_000
    /// From this length on, scalars that make up more than a hundredth of a text begin no block.
    private static let popularFromLength = 200

    static func ratio(_ left: String, _ right: String) throws(NodeFailure) -> Double {
        let (a, b) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        guard max(a.count, b.count) <= Self.lengthMax else {
            throw .value("Texts to compare must be at most \(Self.lengthMax) characters long")
        }
        if a.isEmpty, b.isEmpty { return 1 }
        return 2 * Double(Self.matchingCount(a, b)) / Double(a.count + b.count)
    }

    private static func matchingCount(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var places: [Unicode.Scalar: [Int]] = [:]
        for (position, scalar) in b.enumerated() {
            places[scalar, default: []].append(position)
        }
        if b.count >= Self.popularFromLength {
            places = places.filter { $0.value.count <= b.count / 100 + 1 }
        }
        var pending = [(a.indices, b.indices)]
        var total = 0
        while let (inA, inB) = pending.popLast() {
            let block = Self.longestBlock(a, inA, b, inB, places)
            guard block.length > 0 else { continue }
            total += block.length
            pending.append((inA.lowerBound..<block.inA, inB.lowerBound..<block.inB))
            pending.append(((block.inA + block.length)..<inA.upperBound, (block.inB + block.length)..<inB.upperBound))
        }
        return total
    }

    private static func longestBlock(
        _ a: [Unicode.Scalar], _ inA: Range<Int>, _ b: [Unicode.Scalar], _ inB: Range<Int>,
        _ places: [Unicode.Scalar: [Int]]
    ) -> (inA: Int, inB: Int, length: Int) {
        var best = (inA: inA.lowerBound, inB: inB.lowerBound, length: 0)
        /// Length of the block that ends at each position of b.
        var lengths: [Int: Int] = [:]
        for i in inA {
            var next: [Int: Int] = [:]
            for j in places[a[i]] ?? [] where inB.contains(j) {
                let length = (lengths[j - 1] ?? 0) + 1
                next[j] = length
                if length > best.length { best = (i - length + 1, j - length + 1, length) }
            }
            lengths = next
        }
        // Popular scalars begin no block, but belong to one beside them.
        while best.inA > inA.lowerBound, best.inB > inB.lowerBound, a[best.inA - 1] == b[best.inB - 1] {
            best = (best.inA - 1, best.inB - 1, best.length + 1)
        }
        while best.inA + best.length < inA.upperBound, best.inB + best.length < inB.upperBound,
            a[best.inA + best.length] == b[best.inB + best.length]
        {
            best.length += 1
        }
        return best
    }
}
