import CasareDomain

/// `name=text`, `name=JSON` or `name:=JSON`, as `--var` takes it.
struct VariableAssignment: Hashable, Sendable {
    let name: String
    let value: Value

    /// Behind `=`, text that is a JSON number, boolean, null, list or object is that value, and everything else is text
    /// as it stands. Behind `:=` it must be JSON, which is how the string "5" is written: `name:="5"`.
    init(parsing argument: String) throws {
        guard let equals = argument.firstIndex(of: "=") else {
            throw UnexpectedText(expected: "name=value, or name:=JSON for any JSON")
        }
        let text = String(argument[argument.index(after: equals)...])
        var name = argument[..<equals]
        let isJSON = name.last == ":"
        if isJSON { name.removeLast() }
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
            throw UnexpectedText(expected: "name=value with a name before the '=', without spaces")
        }
        self.name = String(name)
        if isJSON {
            do {
                self.value = try Value(parsingJSON: text)
            } catch {
                throw UnexpectedText(expected: "JSON behind \(name):= (\(error)); name=value takes text")
            }
        } else {
            self.value = Self.value(of: text)
        }
    }

    static func value(of text: String) -> Value {
        guard let parsed = try? Value(parsingJSON: text) else { return .string(text) }  // Not JSON: text, by the rule.
        switch parsed {
        case .null, .bool, .int, .list, .object: return parsed
        case .double:
            // Digits alone that fit no integer, such as a long account number, would lose some as a double.
            let isWhole = text.allSatisfy { $0.isNumber || $0 == "-" }
            return isWhole ? .string(text) : parsed
        case .string: return .string(text)
        }
    }
}
