import CasareDomain
import CasareEngine

extension Value {
    /// Equality in which true is 1 and false is 0, as workflow documents count on.
    func equalsCountingBooleans(_ other: Value) -> Bool {
        switch (self, other) {
        case (.bool(let flag), .int), (.bool(let flag), .double): Value.int(flag ? 1 : 0) == other
        case (.int, .bool(let flag)), (.double, .bool(let flag)): Value.int(flag ? 1 : 0) == self
        default: self == other
        }
    }

    /// Whether the value stands before another in their natural order: numbers by size (also against text that says a
    /// number), texts by code point, lists by their first difference.
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
