import CasareDomain
import CasareEngine

extension Value {
    /// Equality in which true is 1 and false is 0, as workflow documents count on. Inside lists and dicts booleans stay
    /// apart from numbers.
    func equalsCountingBooleans(_ other: Value) -> Bool { self.countingBooleans == other.countingBooleans }

    /// The same value, but for a boolean the number that it counts as: for sets and keys that go by
    /// `equalsCountingBooleans`.
    var countingBooleans: Value {
        if case .bool(let flag) = self { .int(flag ? 1 : 0) } else { self }
    }

    /// Whether the value stands before another in their natural order: numbers by size (also against text that says a
    /// number), texts by code point, lists by their first difference.
    ///
    /// Two texts are never numbers here: "10" stands before "9", as the corpus has it (p43_compare_mixed_types).
    ///
    /// - Throws: `TypeError` for values that have no order.
    func comesBefore(_ other: Value) throws(NodeFailure) -> Bool {
        switch (self, other) {
        case (.int(let left), .int(let right)): return left < right
        case (.string(let left), .string(let right)):
            // The order of UTF-8 is that of code points.
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.list(let left), .list(let right)):
            for (a, b) in zip(left, right) where !a.equalsCountingBooleans(b) {
                return try a.comesBefore(b)
            }
            return left.count < right.count
        default:
            guard let left = self.sizeAsNumber, let right = other.sizeAsNumber else {
                throw NodeFailure("TypeError", "\(self.kindName) and \(other.kindName) cannot be put in order")
            }
            return left < right
        }
    }

    private var sizeAsNumber: Double? { self.bool.map { $0 ? 1 : 0 } ?? self.asNumber?.double }
}
