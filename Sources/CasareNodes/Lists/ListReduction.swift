import CasareDomain
import CasareEngine

/// The operations of a `ListReduceNode`.
enum ListReduction: String, CaseIterable {
    case sum, product, min, max, avg, count, first, last, join

    @Sendable static func reduce(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let name = inputs.string("operation")
        guard let reduction = Self(rawValue: name.lowercased()) else { throw .value("Unknown operation: \(name)") }
        let path = DottedPath(inputs.string("key_path"))
        let values = inputs.list("list").compactMap { path.value(in: $0) }.filter { !$0.isNull }
        return NodeResult(["result": try reduction.result(of: values, initial: inputs["initial"])])
    }

    func result(of values: [Value], initial: Value) throws(NodeFailure) -> Value {
        if values.isEmpty, self != .join { return initial.isNull ? self.resultOfNothing : initial }
        switch self {
        case .sum: return .double(try Self.numbers(values).reduce(0, +))
        case .product: return .double(try Self.numbers(values).reduce(1, *))
        case .avg: return .double(try Self.numbers(values).reduce(0, +) / Double(values.count))
        case .count: return .int(values.count)
        case .first: return values.first ?? .null
        case .last: return values.last ?? .null
        case .join: return .string(try TextLimit.joined(values, separator: initial.displayText))
        case .min, .max:
            var best = values[0]
            for value in values.dropFirst() {
                let isBetter = try self == .min ? value.comesBefore(best) : best.comesBefore(value)
                if isBetter { best = value }
            }
            return best
        }
    }

    /// The same of numbers that are all integers, as an integer where it is one.
    func wholeResult(of values: [Value]) throws(NodeFailure) -> Value {
        let result = try self.result(of: values, initial: .null)
        let isWhole = values.allSatisfy { if case .double = $0.asNumber ?? 0 { false } else { true } }
        return isWhole ? result.int.map(Value.int) ?? result : result
    }

    private var resultOfNothing: Value {
        switch self {
        case .sum, .product, .avg, .count: 0
        case .min, .max, .first, .last, .join: .null
        }
    }

    private static func numbers(_ values: [Value]) throws(NodeFailure) -> [Double] {
        var numbers: [Double] = []
        for value in values {
            guard let number = value.asNumber?.double ?? value.bool.map({ $0 ? 1 : 0 }) else {
                throw .value("'\(value.displayText.prefix(100))' is not a number")
            }
            numbers.append(number)
        }
        return numbers
    }
}
