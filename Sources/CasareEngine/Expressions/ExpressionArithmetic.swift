import CasareDomain

// For `pow`.
#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension ExpressionEvaluator {
    mutating func apply(
        _ operation: ArithmeticOperator, _ left: Value, _ right: Value, at offset: Int
    ) throws(ExpressionError) -> Value {
        if case .int(let a) = left, case .int(let b) = right {
            return try Self.apply(operation, a, b, at: offset)
        }
        switch (operation, left, right) {
        case (.add, .string(let a), .string(let b)):
            try Self.checkLength(a.utf8.count + b.utf8.count, at: offset)
            return .string(a + b)
        case (.add, .list(let a), .list(let b)):
            try self.count(a.count + b.count, at: offset)
            return .list(a + b)
        case (.bitOr, .object(let a), .object(let b)):
            return .object(a.merging(b))
        case (.bitAnd, .bool(let a), .bool(let b)):
            return .bool(a && b)
        case (.bitOr, .bool(let a), .bool(let b)):
            return .bool(a || b)
        case (.bitXor, .bool(let a), .bool(let b)):
            return .bool(a != b)
        case (.multiply, .list(let elements), .int(let times)), (.multiply, .int(let times), .list(let elements)):
            return .list(try self.repeated(elements, times, at: offset))
        default:
            break
        }
        if let a = Number(left), let b = Number(right) {
            return try Self.apply(operation, a, b, at: offset)
        }
        switch (operation, left, right) {
        case (.multiply, .string(let text), .int(let times)), (.multiply, .int(let times), .string(let text)):
            return .string(try Self.repeated(text, times, at: offset))
        default:
            throw ExpressionError(
                .type, "'\(operation.rawValue)' does not apply to \(left.kindName) and \(right.kindName)", at: offset)
        }
    }

    func apply(_ sign: ArithmeticSign, to value: Value, at offset: Int) throws(ExpressionError) -> Value {
        guard let number = Number(value) else {
            throw ExpressionError(.type, "'\(sign.rawValue)' does not apply to \(value.kindName)", at: offset)
        }
        switch (sign, number) {
        case (.plus, _): return number.value
        case (.minus, .int(let integer)): return integer == .min ? .double(-Double(integer)) : .int(-integer)
        case (.minus, .double(let double)): return .double(-double)
        case (.complement, .int(let integer)): return .int(~integer)
        case (.complement, .double): throw ExpressionError(.type, "'~' needs a whole number", at: offset)
        }
    }

    static func checkLength(_ bytes: Int, at offset: Int) throws(ExpressionError) {
        guard bytes <= Expression.Limits.textBytesMax else {
            throw ExpressionError(.limit, "a text of more than \(Expression.Limits.textBytesMax) bytes", at: offset)
        }
    }

    private mutating func repeated(
        _ elements: [Value], _ times: Int, at offset: Int
    ) throws(ExpressionError) -> [Value] {
        guard times > 0 else { return [] }
        // What is nested counts too: the copies share it now, but whoever writes the list out walks through all of it.
        let tooMany = Expression.Limits.stepsMax + 1
        let weight = Value.list(elements).weight(upTo: tooMany) - 1
        let (product, overflows) = weight.multipliedReportingOverflow(by: times)
        try self.count(overflows ? tooMany : min(product, tooMany), at: offset)
        return Array(repeatElement(elements, count: times).joined())
    }

    private static func repeated(_ text: String, _ times: Int, at offset: Int) throws(ExpressionError) -> String {
        guard times > 0, !text.isEmpty else { return "" }
        let (length, overflows) = text.utf8.count.multipliedReportingOverflow(by: times)
        try Self.checkLength(overflows ? Int.max : length, at: offset)
        return String(repeating: text, count: times)
    }

    // MARK: Numbers

    private static func apply(
        _ operation: ArithmeticOperator, _ left: Number, _ right: Number, at offset: Int
    ) throws(ExpressionError) -> Value {
        if case .int(let a) = left, case .int(let b) = right {
            return try Self.apply(operation, a, b, at: offset)
        }
        return try Self.apply(operation, left.double, right.double, at: offset)
    }

    private static func apply(
        _ operation: ArithmeticOperator, _ a: Int, _ b: Int, at offset: Int
    ) throws(ExpressionError) -> Value {
        switch operation {
        case .add: return Self.value(a.addingReportingOverflow(b), orDouble: Double(a) + Double(b))
        case .subtract: return Self.value(a.subtractingReportingOverflow(b), orDouble: Double(a) - Double(b))
        case .multiply: return Self.value(a.multipliedReportingOverflow(by: b), orDouble: Double(a) * Double(b))
        case .divide: return try Self.apply(.divide, Double(a), Double(b), at: offset)
        case .floorDivide:
            guard b != 0 else { throw Self.divisionByZero(at: offset) }
            if b == -1 { return Self.value(a.multipliedReportingOverflow(by: -1), orDouble: -Double(a)) }
            let isRoundedUp = (a < 0) != (b < 0) && a % b != 0
            return .int(isRoundedUp ? a / b - 1 : a / b)
        case .modulo:
            guard b != 0 else { throw Self.divisionByZero(at: offset) }
            let remainder = b == -1 ? 0 : a % b
            return .int(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder)
        case .power: return try Self.power(a, b, at: offset)
        case .bitAnd: return .int(a & b)
        case .bitOr: return .int(a | b)
        case .bitXor: return .int(a ^ b)
        case .shiftLeft, .shiftRight:
            guard (0...Expression.Limits.shiftMax).contains(b) else {
                throw ExpressionError(.limit, "a shift outside 0 to \(Expression.Limits.shiftMax)", at: offset)
            }
            if operation == .shiftRight { return .int(a >> b) }
            let shifted = a << b
            if shifted >> b == a { return .int(shifted) }
            return try Self.finite(Double(sign: .plus, exponent: b, significand: Double(a)), at: offset)
        }
    }

    private static func value(_ result: (partialValue: Int, overflow: Bool), orDouble double: Double) -> Value {
        result.overflow ? .double(double) : .int(result.partialValue)
    }

    private static func apply(
        _ operation: ArithmeticOperator, _ a: Double, _ b: Double, at offset: Int
    ) throws(ExpressionError) -> Value {
        switch operation {
        case .add: return try Self.finite(a + b, at: offset)
        case .subtract: return try Self.finite(a - b, at: offset)
        case .multiply: return try Self.finite(a * b, at: offset)
        case .divide:
            guard b != 0 else { throw Self.divisionByZero(at: offset) }
            return try Self.finite(a / b, at: offset)
        case .floorDivide, .modulo:
            guard b != 0 else { throw Self.divisionByZero(at: offset) }
            let (quotient, remainder) = Self.dividedToFloor(a, b)
            return try Self.finite(operation == .modulo ? remainder : quotient, at: offset)
        case .power:
            return try Self.power(a, b, at: offset)
        case .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight:
            throw ExpressionError(.type, "'\(operation.rawValue)' needs whole numbers", at: offset)
        }
    }

    /// Python's float division: the quotient belongs to the exact remainder, which has the sign of the divisor.
    private static func dividedToFloor(_ a: Double, _ b: Double) -> (quotient: Double, remainder: Double) {
        var remainder = a.truncatingRemainder(dividingBy: b)
        var quotient = (a - remainder) / b
        if remainder != 0, (remainder < 0) != (b < 0) {
            remainder += b
            quotient -= 1
        }
        if remainder == 0 { remainder = b < 0 ? -0.0 : 0.0 }
        if quotient == 0 { return (Double(signOf: a / b, magnitudeOf: 0), remainder) }
        let floor = quotient.rounded(.down)
        return (quotient - floor > 0.5 ? floor + 1 : floor, remainder)
    }

    private static func power(_ base: Int, _ exponent: Int, at offset: Int) throws(ExpressionError) -> Value {
        try Self.checkPower(Double(base), Double(exponent), at: offset)
        guard exponent >= 0 else { return try Self.power(Double(base), Double(exponent), at: offset) }
        var (result, square, rest) = (1, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 {
                let (product, overflows) = result.multipliedReportingOverflow(by: square)
                if overflows { return try Self.power(Double(base), Double(exponent), at: offset) }
                result = product
            }
            rest >>= 1
            guard rest > 0 else { break }
            let (product, overflows) = square.multipliedReportingOverflow(by: square)
            if overflows { return try Self.power(Double(base), Double(exponent), at: offset) }
            square = product
        }
        return .int(result)
    }

    private static func power(_ base: Double, _ exponent: Double, at offset: Int) throws(ExpressionError) -> Value {
        try Self.checkPower(base, exponent, at: offset)
        if base == 0, exponent < 0 { throw Self.divisionByZero(at: offset) }
        if base < 0, exponent != exponent.rounded() {
            throw ExpressionError(.value, "a negative number has no such root", at: offset)
        }
        return try Self.finite(pow(base, exponent), at: offset)
    }

    private static func checkPower(_ base: Double, _ exponent: Double, at offset: Int) throws(ExpressionError) {
        guard max(base.magnitude, exponent.magnitude) <= Expression.Limits.powerOperandMax else {
            throw ExpressionError(.limit, "a power of more than \(Int(Expression.Limits.powerOperandMax))", at: offset)
        }
    }

    static func finite(_ result: Double, at offset: Int) throws(ExpressionError) -> Value {
        guard result.isFinite else { throw ExpressionError(.limit, "the result is too large", at: offset) }
        return .double(result)
    }

    private static func divisionByZero(at offset: Int) -> ExpressionError {
        ExpressionError(.value, "division by zero", at: offset)
    }
}

extension Value {
    /// Itself and everything in it, counted up to a bound.
    func weight(upTo bound: Int) -> Int {
        switch self {
        case .null, .bool, .int, .double, .string:
            return 1
        case .list(let elements):
            var weight = 1
            for element in elements where weight < bound {
                weight += element.weight(upTo: bound - weight)
            }
            return weight
        case .object(let object):
            var weight = 1
            for (_, member) in object where weight < bound {
                weight += member.weight(upTo: bound - weight)
            }
            return weight
        }
    }
}
