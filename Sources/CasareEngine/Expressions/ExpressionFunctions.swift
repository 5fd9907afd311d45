import CasareDomain

extension ExpressionEvaluator {
    /// - Parameter arguments: As many as the function takes; the parser has counted them.
    mutating func call(
        _ function: ExpressionFunction, _ arguments: [Value], at offset: Int
    ) throws(ExpressionError) -> Value {
        switch function {
        case .len: return .int(try Self.length(of: arguments[0], at: offset))
        case .bool: return .bool(arguments[0].isTruthy)
        case .str: return .string(arguments.first?.displayText ?? "")
        case .int: return try Self.integer(from: arguments, at: offset)
        case .float: return try Self.double(from: arguments.first ?? .double(0), at: offset)
        case .abs: return try Self.absolute(arguments[0], at: offset)
        case .round: return try Self.rounded(arguments, at: offset)
        case .min: return try Self.extreme(arguments, .less, at: offset)
        case .max: return try Self.extreme(arguments, .greater, at: offset)
        case .sum: return try self.sum(arguments, at: offset)
        case .list, .tuple: return .list(try self.elements(of: arguments.first ?? .list([]), at: offset))
        case .sorted: return .list(try Self.sorted(self.elements(of: arguments[0], at: offset), at: offset))
        case .range: return .list(try self.range(arguments, at: offset))
        case .any: return .bool(try self.elements(of: arguments[0], at: offset).contains(where: \.isTruthy))
        case .all: return .bool(try self.elements(of: arguments[0], at: offset).allSatisfy(\.isTruthy))
        case .rand: return .double(Double(self.random.next() >> 11) * 0x1p-53)
        case .randint: return .int(try self.randomInteger(arguments, at: offset))
        }
    }

    /// The elements of a list, the keys of an object, the characters of a text.
    mutating func elements(of value: Value, at offset: Int) throws(ExpressionError) -> [Value] {
        switch value {
        case .list(let elements): return elements
        case .object(let object): return object.keys.map { .string($0) }
        case .string(let text):
            try self.count(text.utf8.count, at: offset)
            return text.unicodeScalars.map { .string(String($0)) }
        case .null, .bool, .int, .double:
            throw ExpressionError(.type, "\(value.kindName) has no elements", at: offset)
        }
    }

    // MARK: Conversions

    private static func length(of value: Value, at offset: Int) throws(ExpressionError) -> Int {
        switch value {
        case .string(let text): return text.unicodeScalars.count
        case .list(let elements): return elements.count
        case .object(let object): return object.count
        case .null, .bool, .int, .double:
            throw ExpressionError(.type, "\(value.kindName) has no length", at: offset)
        }
    }

    private static func integer(from arguments: [Value], at offset: Int) throws(ExpressionError) -> Value {
        guard arguments.count > 1 else { return try Self.integer(from: arguments[0], at: offset) }
        guard case .string(let text) = arguments[0], let base = arguments[1].int, (2...36).contains(base) else {
            throw ExpressionError(.type, "int() with a base takes a text and a base from 2 to 36", at: offset)
        }
        guard let number = Int(ExpressionText.trimmed(text), radix: base) else {
            throw ExpressionError(.value, "int() cannot read the text in base \(base)", at: offset)
        }
        return .int(number)
    }

    private static func integer(from value: Value, at offset: Int) throws(ExpressionError) -> Value {
        switch value {
        case .int: return value
        case .bool(let truth): return .int(truth ? 1 : 0)
        case .double(let number):
            guard let integer = Int(exactly: number.rounded(.towardZero)) else {
                throw ExpressionError(.value, "the number is too large for int()", at: offset)
            }
            return .int(integer)
        case .string(let text):
            guard case .int(let integer)? = Number(text: text) else {
                throw ExpressionError(.value, "int() cannot read the text as a whole number", at: offset)
            }
            return .int(integer)
        case .null, .list, .object:
            throw ExpressionError(.type, "int() does not apply to \(value.kindName)", at: offset)
        }
    }

    private static func double(from value: Value, at offset: Int) throws(ExpressionError) -> Value {
        switch value {
        case .int(let number): return .double(Double(number))
        case .double: return value
        case .bool(let truth): return .double(truth ? 1 : 0)
        case .string(let text):
            guard let number = Number(text: text) else {
                throw ExpressionError(.value, "float() cannot read the text as a number", at: offset)
            }
            return .double(number.double)
        case .null, .list, .object:
            throw ExpressionError(.type, "float() does not apply to \(value.kindName)", at: offset)
        }
    }

    // MARK: Arithmetic

    private static func number(_ value: Value, for function: String, at offset: Int) throws(ExpressionError) -> Number {
        guard let number = Number(value) else {
            throw ExpressionError(.type, "\(function)() does not apply to \(value.kindName)", at: offset)
        }
        return number
    }

    private static func absolute(_ value: Value, at offset: Int) throws(ExpressionError) -> Value {
        switch try Self.number(value, for: "abs", at: offset) {
        case .int(.min): .double(-Double(Int.min))
        case .int(let number): .int(abs(number))
        case .double(let number): .double(number.magnitude)
        }
    }

    /// Without places the result is an integer; halves go to the even neighbour, as in Python.
    private static func rounded(_ arguments: [Value], at offset: Int) throws(ExpressionError) -> Value {
        let number = try Self.number(arguments[0], for: "round", at: offset)
        guard arguments.count > 1, !arguments[1].isNull else {
            guard case .double(let double) = number else { return number.value }
            let rounded = double.rounded(.toNearestOrEven)
            return Int(exactly: rounded).map { .int($0) } ?? .double(rounded)
        }
        guard let places = arguments[1].int else {
            throw ExpressionError(.type, "round() needs a whole number of places", at: offset)
        }
        switch number {
        case .double(let double): return .double(double.rounded(toPlaces: places))
        case .int(let integer) where places >= 0: return .int(integer)
        case .int(let integer):
            let rounded = Double(integer).rounded(toPlaces: places)
            return Int(exactly: rounded).map { .int($0) } ?? .double(rounded)
        }
    }

    private mutating func sum(_ arguments: [Value], at offset: Int) throws(ExpressionError) -> Value {
        var total = arguments.count > 1 ? arguments[1] : .int(0)
        for element in try self.elements(of: arguments[0], at: offset) {
            total = try self.apply(.add, total, element, at: offset)
        }
        return total
    }

    private mutating func range(_ arguments: [Value], at offset: Int) throws(ExpressionError) -> [Value] {
        var bounds: [Int] = []
        for argument in arguments {
            guard case .int(let bound)? = Number(argument) else {
                throw ExpressionError(.type, "range() takes whole numbers", at: offset)
            }
            bounds.append(bound)
        }
        let (start, end) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
        let step = bounds.count == 3 ? bounds[2] : 1
        guard step != 0 else { throw ExpressionError(.value, "range() needs a step other than 0", at: offset) }
        // In doubles, because the distance of two integers may not fit one.
        let count = ((Double(end) - Double(start)) / Double(step)).rounded(.up)
        try self.count(Int(min(max(count, 0), Double(Expression.Limits.stepsMax + 1))), at: offset)
        return stride(from: start, to: end, by: step).map { .int($0) }
    }

    // MARK: Order

    private static func extreme(
        _ arguments: [Value], _ comparison: ComparisonOperator, at offset: Int
    ) throws(ExpressionError) -> Value {
        var candidates = arguments
        if arguments.count == 1 {
            guard case .list(let elements) = arguments[0] else {
                throw ExpressionError(.type, "min() and max() take a list or several values", at: offset)
            }
            candidates = elements
        }
        guard var best = candidates.first else {
            throw ExpressionError(.value, "an empty list has no smallest and no largest element", at: offset)
        }
        for candidate in candidates.dropFirst() where try candidate.compares(comparison, best, at: offset) {
            best = candidate
        }
        return best
    }

    static func sorted(_ elements: [Value], at offset: Int) throws(ExpressionError) -> [Value] {
        do {
            // The standard library's sort is stable.
            return try elements.sorted { try $0.compares(.less, $1, at: offset) }
        } catch let error as ExpressionError {
            throw error
        } catch {
            preconditionFailure("Comparing values threw \(error)")
        }
    }

    /// `randint(n)`: 0 to below n; `randint(a, b)`: a to b.
    private mutating func randomInteger(_ arguments: [Value], at offset: Int) throws(ExpressionError) -> Int {
        guard let first = arguments[0].int, let last = arguments.last?.int else {
            throw ExpressionError(.type, "randint() takes whole numbers", at: offset)
        }
        if arguments.count == 1, first > 0 { return Int.random(in: 0..<first, using: &self.random) }
        if arguments.count == 2, first <= last { return Int.random(in: first...last, using: &self.random) }
        throw ExpressionError(.value, "randint() needs a range that is not empty", at: offset)
    }
}
