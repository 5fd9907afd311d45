import CasareDomain
import Yams

/// Variables in a file: one JSON or YAML object.
enum VariableFile {
    /// - Parameter name: What messages call the file; its ending, if any, tells the format.
    static func parse(_ text: String, name: String) throws(CommandFailure) -> Object {
        let isJSON = name.hasSuffix(".json") || text.first { !$0.isWhitespace } == "{"
        let isYAML = name.hasSuffix(".yaml") || name.hasSuffix(".yml")
        let value = isJSON && !isYAML ? try Self.json(text, name) : try Self.yaml(text, name)
        switch value {
        case .object(let object): return object
        // An empty YAML file sets nothing.
        case .null: return [:]
        case .bool, .int, .double, .string, .list:
            throw CommandFailure(.usage, "\(name) must hold an object of variables, not \(value.kindName)")
        }
    }

    private static func json(_ text: String, _ name: String) throws(CommandFailure) -> Value {
        do {
            return try Value(parsingJSON: text)
        } catch {
            throw CommandFailure(.usage, "\(name) is not JSON: \(error)")
        }
    }

    private static func yaml(_ text: String, _ name: String) throws(CommandFailure) -> Value {
        do {
            guard let node = try Yams.compose(yaml: text) else { return .null }
            return try Self.value(of: node)
        } catch {
            // The parser's message draws the line and a caret below it; its first line says what is wrong and where.
            let reason = String(describing: error).split(separator: "\n").first.map(String.init) ?? "it cannot be read"
            throw CommandFailure(.usage, "\(name) is not YAML: \(reason)")
        }
    }

    private static func value(of node: Node) throws(CommandFailure) -> Value {
        switch node {
        case .scalar(let scalar): return Self.scalar(scalar)
        case .sequence(let sequence):
            var items: [Value] = []
            for item in sequence { items.append(try Self.value(of: item)) }
            return .list(items)
        case .mapping(let mapping):
            var object: Object = [:]
            for (key, value) in mapping {
                guard case .scalar(let name) = key else {
                    throw CommandFailure(.usage, "a key is not text")
                }
                object[name.string] = try Self.value(of: value)
            }
            return .object(object)
        case .alias(let alias):
            throw CommandFailure(.usage, "alias \(alias.anchor.rawValue) has no anchor before it")
        }
    }

    /// By the core schema of YAML 1.2, where `no` and `12:30` are text: JSON's notations, and a few more for null and
    /// booleans. Quoted text is text.
    private static func scalar(_ scalar: Node.Scalar) -> Value {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch scalar.string {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        default:
            let value = VariableAssignment.value(of: scalar.string)
            switch value {
            case .int, .double: return value
            case .null, .bool, .string, .list, .object: return .string(scalar.string)
            }
        }
    }
}
