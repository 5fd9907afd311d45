import CasareDomain
import Yams

/// Variables in a file: one JSON or YAML object.
enum VariableFile {
    /// A YAML text stands for no more values than this: with aliases, ten lines can stand for billions.
    static let valuesMax = 1_000_000

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

    /// - Throws: `.usage` for what is not JSON, and for an object that has a member twice, as YAML does.
    static func json(_ text: String, _ name: String) throws(CommandFailure) -> Value {
        var duplicates: [JSONDuplicateKey] = []
        let value: Value
        do throws(JSONError) {
            value = try Value(parsingJSON: text, most: 1, duplicateKeys: &duplicates)
        } catch {
            throw CommandFailure(.usage, "\(name) is not JSON: \(error)")
        }
        guard let duplicate = duplicates.first else { return value }
        throw CommandFailure(
            .usage,
            "\(name): \(duplicate.path.joined(separator: ".")) is there twice, again in line \(duplicate.line); "
                + "leave one of the two out")
    }

    private static func yaml(_ text: String, _ name: String) throws(CommandFailure) -> Value {
        do {
            guard let node = try Yams.compose(yaml: Self.withoutMark(text)) else { return .null }
            var left = Self.valuesMax
            return try Self.value(of: node, left: &left)
        } catch {
            throw Self.failure(error, name)
        }
    }

    /// All documents of a YAML text, in their order; an empty one is null.
    static func yamlDocuments(_ text: String, _ name: String) throws(CommandFailure) -> [Value] {
        do {
            let parser = try Yams.Parser(yaml: Self.withoutMark(text))
            var documents: [Value] = []
            var left = Self.valuesMax
            while let node = try parser.nextRoot() { documents.append(try Self.value(of: node, left: &left)) }
            return documents
        } catch {
            throw Self.failure(error, name)
        }
    }

    /// Some editors begin a file with a byte order mark, which the parser takes for text.
    private static func withoutMark(_ text: String) -> String {
        text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }

    private static func failure(_ error: any Error, _ name: String) -> CommandFailure {
        switch error {
        // It is YAML, and means nothing here.
        case let failure as CommandFailure: return CommandFailure(failure.status, "\(name): \(failure.message)")
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return CommandFailure(
                .usage, "\(name) is not YAML: line \(mark.line), column \(mark.column): \(problem)")
        default:
            // The parser draws the line and a caret below it; its first line says what is wrong and where.
            let reason = String(describing: error).split(separator: "\n").first.map(String.init) ?? "it cannot be read"
            return CommandFailure(.usage, "\(name) is not YAML: \(reason)")
        }
    }

    /// - Parameter left: so many values may still be made.
    private static func value(of node: Node, left: inout Int) throws(CommandFailure) -> Value {
        left -= 1
        guard left >= 0 else {
            throw CommandFailure(.usage, "it holds more than \(Self.valuesMax) values, with those of its aliases")
        }
        switch node {
        case .scalar(let scalar): return Self.scalar(scalar)
        case .sequence(let sequence):
            var items: [Value] = []
            for item in sequence { items.append(try Self.value(of: item, left: &left)) }
            return .list(items)
        case .mapping(let mapping):
            var object: Object = [:]
            for (key, value) in mapping {
                guard case .scalar(let name) = key else {
                    throw CommandFailure(.usage, "a key is not text")
                }
                object[name.string] = try Self.value(of: value, left: &left)
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
