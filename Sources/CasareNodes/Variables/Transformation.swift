import CasareDomain
import CasareEngine

/// The changes that a `TransformNode` makes.
enum Transformation: String, CaseIterable {
    case toString = "to_string"
    case toInteger = "to_integer"
    case toFloat = "to_float"
    case toBoolean = "to_boolean"
    case toList = "to_list"
    case toJSON = "to_json"
    case fromJSON = "from_json"
    case uppercase, lowercase, trim, split, join, replace
    case extract = "regex_extract"
    case getKey = "get_key"
    case getIndex = "get_index"
    case pluck = "map_values"
    case dropEmpty = "filter_values"

    @Sendable static func apply(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let name = inputs.string("transform_type")
        let given = inputs["param"]
        do throws(NodeFailure) {
            guard let transformation = Self(rawValue: name) else { throw .value("Unknown transform type: \(name)") }
            let result = try transformation.result(
                of: inputs["value"], parameter: given.isNull ? inputs["transform_param"] : given)
            let variable = inputs.string("variable_name")
            if !variable.isBlank { try context.setVariable(variable, to: result) }
            return NodeResult(["result": result, "success": true, "error": ""])
        } catch {
            var failure = error
            failure.outputs = ["success": false, "error": .string(error.message)]
            throw failure
        }
    }

    func result(of value: Value, parameter: Value) throws(NodeFailure) -> Value {
        switch self {
        case .toString: return .string(value.displayText)
        case .toInteger:
            guard let number = Self.number(value)?.double, let whole = Int(exactly: number.rounded(.towardZero)) else {
                throw Self.unconvertible(value, to: "an integer")
            }
            return .int(value.asNumber?.int ?? whole)
        case .toFloat:
            guard let number = Self.number(value)?.double else { throw Self.unconvertible(value, to: "a number") }
            return .double(number)
        case .toBoolean:
            guard let text = value.string else { return .bool(value.isTruthy) }
            return .bool(["true", "1", "yes", "on"].contains(text.trimmed.lowercased()))
        case .toList: return .list(Self.elements(of: value))
        case .toJSON: return .string(value.jsonText(.spaced))
        case .fromJSON: return try JSONActions.parse(value.displayText)
        case .uppercase: return .string(value.displayText.uppercased())
        case .lowercase: return .string(value.displayText.lowercased())
        case .trim: return .string(value.displayText.trimmed)
        case .split: return try Self.split(value.displayText, parameter)
        case .join:
            return .string(try TextLimit.joined(Self.elements(of: value), separator: Self.separator(parameter)))
        case .replace: return try Self.replace(value.displayText, parameter)
        case .extract: return try Self.extract(value.displayText, parameter)
        case .getKey:
            guard let object = value.object else { throw NodeFailure("TypeError", "Input is not a dictionary") }
            return object[parameter.displayText] ?? .null
        case .getIndex: return try Self.element(of: value, at: parameter)
        case .pluck:
            let key = parameter.displayText
            return .list(try Self.list(value).map { $0[key] ?? .null })
        case .dropEmpty: return .list(try Self.list(value).filter { !$0.isNull && $0.string != "" })
        }
    }

    private static func number(_ value: Value) -> Value? {
        value.asNumber ?? value.bool.map { .int($0 ? 1 : 0) }
    }

    private static func unconvertible(_ value: Value, to kind: String) -> NodeFailure {
        .value("'\(value.displayText.prefix(100))' cannot be converted to \(kind)")
    }

    private static func elements(of value: Value) -> [Value] {
        switch value {
        case .list(let list): list
        case .string(let text): text.unicodeScalars.map { .string(String($0)) }
        case .object(let object): object.map { [.string($0.key), $0.value] }
        case .null, .bool, .int, .double: [value]
        }
    }

    private static func list(_ value: Value) throws(NodeFailure) -> [Value] {
        guard let list = value.list else { throw NodeFailure("TypeError", "Input is not a list") }
        return list
    }

    private static func separator(_ parameter: Value) -> String { parameter.isNull ? "," : parameter.displayText }

    private static func split(_ text: String, _ parameter: Value) throws(NodeFailure) -> Value {
        let separator = Self.separator(parameter)
        if separator.isEmpty { throw .value("The separator to split at is empty") }
        return .list(ScalarText(text).split(at: ScalarText(separator)).map { .string($0.string) })
    }

    private static func replace(_ text: String, _ parameter: Value) throws(NodeFailure) -> Value {
        guard let pair = parameter.object, let old = pair["old"], let new = pair["new"] else {
            throw .value("replace needs a parameter with the members old and new")
        }
        return .string(
            try ScalarText(text).replacing(ScalarText(old.displayText), with: ScalarText(new.displayText)).text.string)
    }

    private static func extract(_ text: String, _ parameter: Value) throws(NodeFailure) -> Value {
        try TextPattern(parameter.displayText).matches(in: text, limit: 1).first.map { .string($0.text) } ?? .null
    }

    private static func element(of value: Value, at parameter: Value) throws(NodeFailure) -> Value {
        guard let index = parameter.asNumber?.int else { throw .value("get_index needs a whole number as parameter") }
        let elements = value.string == nil ? try Self.list(value) : Self.elements(of: value)
        let position = index < 0 ? elements.count + index : index
        return elements.indices.contains(position) ? elements[position] : .null
    }
}
