import CasareDomain

extension Value {
    private enum Order { case less, equal, greater, none }

    func compares(_ operation: ComparisonOperator, _ other: Value, at offset: Int) throws(ExpressionError) -> Bool {
        switch operation {
        case .equal: return self.isLooselyEqual(to: other)
        case .notEqual: return !self.isLooselyEqual(to: other)
        case .is: return self.isSame(as: other)
        case .isNot: return !self.isSame(as: other)
        case .in: return try other.holds(self, at: offset)
        case .notIn: return try !other.holds(self, at: offset)
        case .less: return try self.order(to: other, at: offset) == .less
        case .greater: return try self.order(to: other, at: offset) == .greater
        case .lessOrEqual:
            let order = try self.order(to: other, at: offset)
            return order == .less || order == .equal
        case .greaterOrEqual:
            let order = try self.order(to: other, at: offset)
            return order == .greater || order == .equal
        }
    }

    /// Equality between a number or boolean and a text that reads as one compares numbers.
    func isLooselyEqual(to other: Value) -> Bool {
        switch (self, other) {
        case (.bool, .int), (.bool, .double), (.int, .bool), (.double, .bool),
            (.string, .int), (.string, .double), (.string, .bool),
            (.int, .string), (.double, .string), (.bool, .string):
            guard let left = Number(self), let right = Number(other) else { return false }
            return left.value == right.value
        case (.list(let left), .list(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isLooselyEqual(to: $1) }
        default:
            return self == other
        }
    }

    /// `is`: of the same kind, and equal.
    private func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.int, .double), (.double, .int): false
        default: self == other
        }
    }

    /// `in`: an element of this list, a key of this object, a part of this text.
    func holds(_ wanted: Value, at offset: Int) throws(ExpressionError) -> Bool {
        switch self {
        case .null:
            return false
        case .list(let elements):
            return elements.contains { $0.isLooselyEqual(to: wanted) }
        case .object(let object):
            return !wanted.isNull && object[wanted.displayText] != nil
        case .string(let text):
            switch wanted {
            case .null: return false
            case .string(let part): return ExpressionText.position(of: part, in: text) != nil
            case .bool, .int, .double: return ExpressionText.position(of: wanted.displayText, in: text) != nil
            case .list, .object: throw Self.incomparable(wanted, self, at: offset)
            }
        case .bool, .int, .double:
            throw ExpressionError(.type, "nothing can be in \(self.kindName)", at: offset)
        }
    }

    /// Null is neither less nor greater than anything, so that a comparison with an unknown name is false.
    private func order(to other: Value, at offset: Int) throws(ExpressionError) -> Order {
        switch (self, other) {
        case (.int(let left), .int(let right)):
            return Self.order(left, right)
        case (.null, _), (_, .null):
            return .none
        case (.string(let left), .string(let right)):
            return Self.order(left, right)
        case (.list(let left), .list(let right)):
            for (a, b) in zip(left, right) where !a.isLooselyEqual(to: b) {
                return try a.order(to: b, at: offset)
            }
            return Self.order(left.count, right.count)
        default:
            guard let left = Number(self), let right = Number(other) else {
                throw Self.incomparable(self, other, at: offset)
            }
            if case .int(let a) = left, case .int(let b) = right { return Self.order(a, b) }
            return Self.order(left.double, right.double)
        }
    }

    private static func order<Operand: Comparable>(_ left: Operand, _ right: Operand) -> Order {
        left < right ? .less : left == right ? .equal : left > right ? .greater : .none
    }

    private static func incomparable(_ left: Value, _ right: Value, at offset: Int) -> ExpressionError {
        ExpressionError(.type, "\(left.kindName) and \(right.kindName) cannot be compared", at: offset)
    }
}
