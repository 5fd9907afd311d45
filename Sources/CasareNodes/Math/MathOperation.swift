import CasareDomain
import CasareEngine
import Glibc

/// The operations of a `MathOperationNode`, the usual ones first.
///
/// Results are Python's: modulo has the sign of the divisor, floor division rounds down, halves round to even.
enum MathOperation: String, CaseIterable {
    case add, subtract, multiply, divide
    case modulo
    case floorDivide = "floor_divide"
    case power, min, max, abs, sqrt, floor, ceil, round, sin, cos, tan, log, log10, exp, negate
    /// Of text or a list.
    case length

    @Sendable static func perform(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let name = inputs.string("operation")
        guard let operation = Self(rawValue: name) ?? Self(rawValue: name.lowercased()) else {
            throw .value("Unknown operation: \(name)")
        }
        let digits = inputs["round_digits"].int
        var result: Value
        if operation == .length {
            result = try Self.length(of: inputs["a"], context)
        } else {
            let a = try Self.operand("a", inputs["a"], context)
            let b: Value = operation.isUnary ? 0 : try Self.operand("b", inputs["b"], context)
            result = try operation.result(a, b, digits: digits)
        }
        switch result {
        case .double(let number):
            if let digits { result = .double(Rounding.halfEven(number, digits: digits)) }
        case .int(let number):
            if let digits, digits < 0 {
                result =
                    Rounding.halfEven(number, digits: digits).map(Value.int)
                    ?? .double(Rounding.halfEven(Double(number), digits: digits))
            }
        case .null, .bool, .string, .list, .object: break
        }
        let variable = inputs.string("output_var")
        if !variable.isEmpty { try context.setVariable(variable, to: result) }
        return NodeResult(["result": result])
    }

    var isUnary: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .modulo, .floorDivide, .power, .min, .max, .log: false
        case .abs, .sqrt, .floor, .ceil, .round, .sin, .cos, .tan, .log10, .exp, .negate, .length: true
        }
    }

    /// An operand: a number, text that says one, or the name of a variable that holds one. Null counts as 0.
    private static func operand(
        _ name: String, _ value: Value, _ context: PureContext
    ) throws(NodeFailure) -> Value {
        switch value {
        case .int, .double: return value
        case .null: return 0
        case .string(let text):
            if let number = value.asNumber ?? context.value(at: text.trimmed)?.asNumber { return number }
        case .bool, .list, .object: break
        }
        throw .value("\(name) must be numeric")
    }

    private static func length(of value: Value, _ context: PureContext) throws(NodeFailure) -> Value {
        var value = value
        if let name = value.string, let named = context.variable(name) { value = named }
        switch value {
        case .string(let text): return .int(text.unicodeScalars.count)
        case .list(let list): return .int(list.count)
        case .object(let object): return .int(object.count)
        case .null, .bool, .int, .double: return .int(value.displayText.unicodeScalars.count)
        }
    }

    /// A whole number when both operands are whole and the result is, else a double.
    func result(_ a: Value, _ b: Value, digits: Int? = nil) throws(NodeFailure) -> Value {
        if case .int(let left) = a, case .int(let right) = b, let whole = try self.whole(left, right) {
            return .int(whole)
        }
        let (left, right) = (a.double ?? 0, b.double ?? 0)
        if self == .round, let digits { return .double(Rounding.halfEven(left, digits: digits)) }
        let number = try self.number(left, right)
        guard number.isFinite else { throw .value("The result of \(self.rawValue) is too large") }
        switch self {
        case .floor, .ceil, .round: return .integral(number)
        default: break
        }
        // A quotient that is whole as a double only for want of digits stays a double.
        if case .int = a, case .int = b, self != .divide { return .integral(number) }
        return .double(number)
    }

    /// The exact result on integers; `nil` where there is none that fits.
    private func whole(_ a: Int, _ b: Int) throws(NodeFailure) -> Int? {
        let (result, overflow): (Int, Bool)
        switch self {
        case .add: (result, overflow) = a.addingReportingOverflow(b)
        case .subtract: (result, overflow) = a.subtractingReportingOverflow(b)
        case .multiply: (result, overflow) = a.multipliedReportingOverflow(by: b)
        case .divide:
            guard b != 0 else { throw Self.divisionByZero }
            return a.isMultiple(of: b) ? Self.quotient(a, b) : nil
        case .modulo:
            guard b != 0 else { throw Self.moduloByZero }
            if b == -1 { return 0 }
            let remainder = a % b
            return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
        case .floorDivide:
            guard b != 0 else { throw Self.divisionByZero }
            guard let quotient = Self.quotient(a, b) else { return nil }
            return !a.isMultiple(of: b) && (a < 0) != (b < 0) ? quotient - 1 : quotient
        case .power: return Self.power(a, b)
        case .min: return Swift.min(a, b)
        case .max: return Swift.max(a, b)
        case .abs: (result, overflow) = a < 0 ? (0 as Int).subtractingReportingOverflow(a) : (a, false)
        case .negate: (result, overflow) = (0 as Int).subtractingReportingOverflow(a)
        case .floor, .ceil, .round: return a
        case .sqrt, .sin, .cos, .tan, .log, .log10, .exp, .length: return nil
        }
        return overflow ? nil : result
    }

    /// Rounded towards 0; `nil` when it does not fit.
    private static func quotient(_ a: Int, _ b: Int) -> Int? {
        let (quotient, overflow) = a.dividedReportingOverflow(by: b)
        return overflow ? nil : quotient
    }

    private static func power(_ base: Int, _ exponent: Int) -> Int? {
        guard exponent >= 0 else { return nil }
        var (result, factor, rest) = (1, base, exponent)
        while true {
            if rest & 1 == 1 {
                let (product, overflow) = result.multipliedReportingOverflow(by: factor)
                if overflow { return nil }
                result = product
            }
            rest >>= 1
            if rest == 0 { return result }
            let (square, overflow) = factor.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            factor = square
        }
    }

    private func number(_ a: Double, _ b: Double) throws(NodeFailure) -> Double {
        switch self {
        case .add: return a + b
        case .subtract: return a - b
        case .multiply: return a * b
        case .divide:
            guard b != 0 else { throw Self.divisionByZero }
            return a / b
        case .modulo:
            guard b != 0 else { throw Self.moduloByZero }
            let remainder = fmod(a, b)
            return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
        case .floorDivide:
            guard b != 0 else { throw Self.divisionByZero }
            return (a / b).rounded(.down)
        case .power:
            if a == 0, b < 0 { throw Self.divisionByZero }
            if a < 0, b != b.rounded() { throw .value("A negative number has no power with a fraction") }
            return pow(a, b)
        case .min: return Swift.min(a, b)
        case .max: return Swift.max(a, b)
        case .abs: return Swift.abs(a)
        case .sqrt:
            guard a >= 0 else { throw .value("A negative number has no square root") }
            return a.squareRoot()
        case .floor: return a.rounded(.down)
        case .ceil: return a.rounded(.up)
        case .round: return a.rounded(.toNearestOrEven)
        case .sin: return Glibc.sin(a)
        case .cos: return Glibc.cos(a)
        case .tan: return Glibc.tan(a)
        case .log: return try Self.logarithm(a, base: b)
        case .log10: return try Self.logarithm(a, base: 10)
        case .exp: return Glibc.exp(a)
        case .negate: return -a
        case .length: preconditionFailure("length takes no numbers")
        }
    }

    /// Base 0 stands for the natural logarithm.
    private static func logarithm(_ a: Double, base: Double) throws(NodeFailure) -> Double {
        guard a > 0 else { throw .value("Only a positive number has a logarithm") }
        switch base {
        case 0: return Glibc.log(a)
        case 2: return Glibc.log2(a)
        case 10: return Glibc.log10(a)
        default:
            guard base > 0, base != 1 else {
                throw .value("\(Value.double(base).displayText) is no base of logarithms")
            }
            return Glibc.log(a) / Glibc.log(base)
        }
    }

    private static var divisionByZero: NodeFailure { .value("Division by zero") }
    private static var moduloByZero: NodeFailure { .value("Modulo by zero") }
}
