import CasareDomain
import CasareEngine

/// The changes that a `ListMapNode` makes to every element.
enum ListMapping: String, CaseIterable {
    case getProperty = "get_property"
    case toString = "to_string"
    case toInteger = "to_int"
    case toFloat = "to_float"
    case toUpper = "to_upper"
    case toLower = "to_lower"
    case trim, length

    static var names: String { self.allCases.map(\.rawValue).joined(separator: ", ") }

    @Sendable static func map(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let path = DottedPath(inputs.string("key_path"))
        let mapping = Self(rawValue: inputs.string("transform").lowercased())
        var mapped: [Value] = []
        for element in inputs.list("list") {
            let value = path.value(in: element) ?? .null
            mapped.append(try mapping?.result(of: value) ?? value)
        }
        return NodeResult(["result": .list(mapped)])
    }

    func result(of value: Value) throws(NodeFailure) -> Value {
        switch self {
        case .getProperty: return value
        case .toString: return .string(value.displayText)
        case .toInteger:
            guard let whole = Int(exactly: try Self.number(value).double?.rounded(.towardZero) ?? 0) else {
                throw .value("\(value.displayText) does not fit an integer")
            }
            // Integers beyond 2^53 have no exact double.
            if case .int(let exact)? = value.asNumber { return .int(exact) }
            return .int(whole)
        case .toFloat: return .double(try Self.number(value).double ?? 0)
        case .toUpper: return .string(value.displayText.uppercased())
        case .toLower: return .string(value.displayText.lowercased())
        case .trim: return .string(value.displayText.trimmed)
        case .length:
            if let list = value.list { return .int(list.count) }
            if let object = value.object { return .int(object.count) }
            return .int(value.displayText.unicodeScalars.count)
        }
    }

    private static func number(_ value: Value) throws(NodeFailure) -> Value {
        if value.isNull { return 0 }
        if let flag = value.bool { return flag ? 1 : 0 }
        guard let number = value.asNumber else { throw .value("'\(value.displayText.prefix(100))' is not a number") }
        return number
    }
}
