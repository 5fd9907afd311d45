import CasareDomain

extension NodeType.Parameter {
    /// Brings a value to the declared type (workflow format §4). `null` stays `null`.
    ///
    /// - Parameter variables: Where a bare name given for a list or object is looked up.
    /// - Throws: `TypeError` naming the parameter.
    func coerce(_ value: Value, variables: Variables?) throws(NodeFailure) -> Value {
        if value.isNull { return value }
        switch self.type {
        case .any:
            return value
        case .string:
            return value.string == nil ? .string(value.displayText) : value
        case .integer:
            if let integer = Self.number(value)?.int { return .int(integer) }
            throw self.mismatch("an integer", value)
        case .number:
            if let number = Self.number(value) { return number }
            throw self.mismatch("a number", value)
        case .boolean:
            if let flag = Self.boolean(value) { return .bool(flag) }
            throw self.mismatch("true or false", value)
        case .list:
            return try self.container(value, variables: variables) { $0.list != nil }
        case .object:
            return try self.container(value, variables: variables) { $0.object != nil }
        case .json:
            guard let text = value.string, let parsed = try? Value(parsingJSON: text) else { return value }
            return parsed
        }
    }

    /// Holds a coerced value against the declared choices and bounds.
    func check(_ value: Value) throws(NodeFailure) -> Value {
        if !self.choices.isEmpty, self.choiceAliases.isEmpty, let text = value.string {
            guard let choice = self.choice(for: text) else {
                throw NodeFailure(
                    "ValidationError", "\(self.name) must be one of: \(self.choices.joined(separator: ", "))")
            }
            return .string(choice)
        }
        if let range, let number = value.double, !range.contains(number) {
            let low = Value.double(range.lowerBound).displayText
            let bounds =
                range.upperBound.isFinite
                ? "between \(low) and \(Value.double(range.upperBound).displayText)" : "at least \(low)"
            throw NodeFailure("ValidationError", "\(self.name) must be \(bounds), not \(value.displayText)")
        }
        return value
    }

    private static func number(_ value: Value) -> Value? {
        switch value {
        case .int, .double:
            return value
        case .string(let text):
            let trimmed = text.trimmingBlanks
            if let integer = Int(trimmed) { return .int(integer) }
            return Double(trimmed).map(Value.double)
        case .null, .bool, .list, .object:
            return nil
        }
    }

    private static func boolean(_ value: Value) -> Bool? {
        switch value {
        case .bool(let flag): return flag
        case .int(let number): return number != 0
        case .double(let number): return number != 0
        case .string(let text):
            switch text.trimmingBlanks.lowercased() {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off", "": return false
            default: return nil
            }
        case .null, .list, .object: return nil
        }
    }

    private func container(
        _ value: Value, variables: Variables?, _ fits: (Value) -> Bool
    ) throws(NodeFailure) -> Value {
        if fits(value) { return value }
        if let text = value.string {
            if let parsed = try? Value(parsingJSON: text), fits(parsed) { return parsed }
            if let named = variables?.value(at: text), fits(named) { return named }
        }
        let isList = self.type == .list
        switch self.name {
        case "list": throw NodeFailure("TypeError", "Input is not a list")
        case "dict": throw NodeFailure("TypeError", "Input is not a dictionary")
        default: throw self.mismatch(isList ? "a list" : "an object", value)
        }
    }

    private func mismatch(_ wanted: String, _ value: Value) -> NodeFailure {
        NodeFailure(
            "TypeError", "\(self.name) must be \(wanted), not \(value.kindName): \(value.displayText.prefix(100))")
    }
}

extension String {
    /// The text without white space at its ends.
    var trimmingBlanks: String {
        guard let start = self.firstIndex(where: { !$0.isWhitespace }),
            let end = self.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[start...end])
    }
}
