import CasareDomain
import CasareEngine

/// The types that a variable can be set as. The names are those of workflow documents.
enum VariableKind: String, CaseIterable {
    case string = "String"
    case boolean = "Boolean"
    case integer = "Int32"
    case float = "Float"
    case object = "Object"
    case array = "Array"
    case list = "List"
    case dictionary = "Dict"
    case filePath = "FilePath"
    case table = "DataTable"

    /// The value as this type; `nil` when it cannot be converted. `string` converts nothing: it is the usual type.
    func convert(_ value: Value) -> Value? {
        switch self {
        case .string:
            return value
        case .boolean:
            guard let text = value.string else { return .bool(value.isTruthy) }
            return .bool(["true", "1", "yes", "on"].contains(text.lowercased()))
        case .integer:
            guard let number = value.asNumber?.double ?? value.bool.map({ $0 ? 1 : 0 }) else { return nil }
            // Text must be whole; a number loses its fraction.
            if value.string != nil { return value.asNumber?.int.map(Value.int) }
            return Int(exactly: number.rounded(.towardZero)).map(Value.int)
        case .float:
            return (value.asNumber?.double ?? value.bool.map { $0 ? 1 : 0 }).map(Value.double)
        case .filePath:
            return .string(value.displayText)
        case .object, .dictionary:
            return Self.object(value)
        case .array, .list:
            return Self.list(value)
        case .table:
            guard let text = value.string else { return value }
            return try? Value(parsingJSON: text)
        }
    }

    private static func object(_ value: Value) -> Value? {
        if value.object != nil { return value }
        guard let text = value.string else { return ["value": value] }
        guard let parsed = try? Value(parsingJSON: text) else { return nil }
        return parsed.object == nil ? ["value": parsed] : parsed
    }

    private static func list(_ value: Value) -> Value {
        if value.list != nil { return value }
        guard let text = value.string else { return [value] }
        if let parsed = try? Value(parsingJSON: text), parsed.list != nil { return parsed }
        return .list(text.split(separator: ",", omittingEmptySubsequences: false).map { .string($0.trimmed) })
    }
}
