import CasareDomain

/// Computes one expression once.
struct ExpressionEvaluator {
    let variables: Variables
    let clock: ClockReading?
    var random: SeededRandom
    let bindings: [String: Value]
    private var steps = 0

    init(variables: Variables, clock: ClockReading?, random: SeededRandom, bindings: [String: Value]) {
        self.variables = variables
        self.clock = clock
        self.random = random
        self.bindings = bindings
    }

    mutating func value(of node: ExpressionNode) throws(ExpressionError) -> Value {
        try self.count(1, at: 0)
        switch node {
        case .literal(let value):
            return value
        case .reference(let path):
            return self.value(at: path)
        case .percentReference(let reference):
            return reference.value(in: self.variables, clock: self.clock) ?? .null
        case .text(let template):
            let resolution: Template.Resolution
            do throws(NodeFailure) {
                resolution = try template.resolve(in: self.variables, clock: self.clock)
            } catch {
                throw ExpressionError(.limit, error.message, at: 0)
            }
            switch resolution {
            case .value(let value): return .string(value.displayText)
            case .unresolved(let text): return .string(text)
            }
        case .list(let elements):
            return .list(try self.values(of: elements))
        case .object(let members):
            return try self.object(of: members)
        case .unary(let sign, let operand, let offset):
            return try self.apply(sign, to: self.value(of: operand), at: offset)
        case .arithmetic(let first, let terms):
            var result = try self.value(of: first)
            for term in terms {
                result = try self.apply(term.operation, result, self.value(of: term.operand), at: term.offset)
            }
            return result
        case .comparison(let first, let terms):
            return .bool(try self.holds(first, terms))
        case .not(let operand):
            return .bool(try !self.value(of: operand).isTruthy)
        case .and(let operands):
            return try self.firstValue(of: operands) { !$0.isTruthy }
        case .or(let operands):
            return try self.firstValue(of: operands) { $0.isTruthy }
        case .conditional(let condition, let then, let otherwise):
            return try self.value(of: self.value(of: condition).isTruthy ? then : otherwise)
        case .member(let base, let name):
            return try self.value(of: base)[name] ?? .null
        case .element(let base, let index):
            return try self.value(of: base).element(at: self.value(of: index))
        case .slice(let base, let from, let to, let step, let offset):
            return try self.slice(of: base, from: from, to: to, step: step, at: offset)
        case .call(let function, let arguments, let offset):
            return try self.call(function, self.values(of: arguments), at: offset)
        case .method(let base, let method, let arguments, let offset):
            return try self.call(method, on: self.value(of: base), self.values(of: arguments), at: offset)
        }
    }

    /// - Throws: When the expression has used up its steps.
    mutating func count(_ steps: Int, at offset: Int) throws(ExpressionError) {
        self.steps += steps
        guard self.steps <= Expression.Limits.stepsMax else {
            throw ExpressionError(.limit, "it needs more than \(Expression.Limits.stepsMax) steps", at: offset)
        }
    }

    private func value(at path: TemplatePath) -> Value {
        if !self.bindings.isEmpty, let binding = self.bindings[path.root] {
            return path.descend(into: binding) ?? .null
        }
        if let value = path.value(in: self.variables, clock: self.clock) { return value }
        self.variables.noteMiss(path.description)
        return .null
    }

    private mutating func values(of nodes: [ExpressionNode]) throws(ExpressionError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(nodes.count)
        for node in nodes {
            values.append(try self.value(of: node))
        }
        return values
    }

    private mutating func object(
        of members: [(key: ExpressionNode, value: ExpressionNode)]
    ) throws(ExpressionError) -> Value {
        var object: Object = [:]
        for (key, value) in members {
            // Keys are texts in JSON, so other values are used by their text.
            object[try self.value(of: key).displayText] = try self.value(of: value)
        }
        return .object(object)
    }

    /// The value of the first operand that decides, else of the last.
    private mutating func firstValue(
        of operands: [ExpressionNode], that decides: (Value) -> Bool
    ) throws(ExpressionError) -> Value {
        var value = Value.null
        for operand in operands {
            value = try self.value(of: operand)
            if decides(value) { break }
        }
        return value
    }

    private mutating func holds(
        _ first: ExpressionNode, _ terms: [ExpressionNode.Term<ComparisonOperator>]
    ) throws(ExpressionError) -> Bool {
        var left = try self.value(of: first)
        for term in terms {
            let right = try self.value(of: term.operand)
            guard try left.compares(term.operation, right, at: term.offset) else { return false }
            left = right
        }
        return true
    }

    private mutating func slice(
        of base: ExpressionNode, from: ExpressionNode?, to: ExpressionNode?, step: ExpressionNode?, at offset: Int
    ) throws(ExpressionError) -> Value {
        let value = try self.value(of: base)
        let (start, end) = (try self.bound(from, at: offset), try self.bound(to, at: offset))
        let step = try self.bound(step, at: offset) ?? 1
        if step == 0 { throw ExpressionError(.value, "a slice's step cannot be 0", at: offset) }
        switch value {
        case .null:
            return .null
        case .string(let text):
            let scalars = Array(text.unicodeScalars)
            let indices = Self.sliceIndices(count: scalars.count, from: start, to: end, step: step)
            var result = String.UnicodeScalarView()
            result.append(contentsOf: indices.lazy.map { scalars[$0] })
            return .string(String(result))
        case .list(let elements):
            let indices = Self.sliceIndices(count: elements.count, from: start, to: end, step: step)
            try self.count(indices.count, at: offset)
            return .list(indices.map { elements[$0] })
        case .bool, .int, .double, .object:
            throw ExpressionError(.type, "\(value.kindName) cannot be sliced", at: offset)
        }
    }

    private mutating func bound(_ node: ExpressionNode?, at offset: Int) throws(ExpressionError) -> Int? {
        guard let node else { return nil }
        let value = try self.value(of: node)
        if value.isNull { return nil }
        guard let bound = value.int else {
            throw ExpressionError(.type, "a slice's bounds must be whole numbers", at: offset)
        }
        return bound
    }

    /// Python's rules: negative bounds count from the end, and all are clamped.
    private static func sliceIndices(count: Int, from: Int?, to: Int?, step: Int) -> [Int] {
        func clamped(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
            let absolute = bound < 0 ? max(bound, -count - 1) + count : bound
            return min(max(absolute, range.lowerBound), range.upperBound)
        }
        if step > 0 {
            let start = from.map { clamped($0, 0...count) } ?? 0
            let end = to.map { clamped($0, 0...count) } ?? count
            return Array(stride(from: start, to: end, by: min(step, count + 1)))
        }
        let start = from.map { clamped($0, -1...count - 1) } ?? count - 1
        let end = to.map { clamped($0, -1...count - 1) } ?? -1
        return Array(stride(from: start, to: end, by: max(step, -count - 1)))
    }
}

extension Value {
    /// An element of a list, a member of an object or a character of a text; null where there is none.
    fileprivate func element(at index: Value) -> Value {
        switch self {
        case .list(let elements):
            return index.int.flatMap { elements.element(at: $0) } ?? .null
        case .object(let object):
            return object[index.displayText] ?? .null
        case .string(let text):
            let scalar = index.int.flatMap { Array(text.unicodeScalars).element(at: $0) }
            return scalar.map { .string(String($0)) } ?? .null
        case .null, .bool, .int, .double:
            return .null
        }
    }
}
