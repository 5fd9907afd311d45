import CasareDomain

extension ExpressionEvaluator {
    /// A method of null is null, so that an unknown name makes a condition false.
    mutating func call(
        _ method: ExpressionMethod, on value: Value, _ arguments: [Value], at offset: Int
    ) throws(ExpressionError) -> Value {
        switch value {
        case .null: return .null
        case .string(let text): return try self.call(method, on: text, arguments, at: offset)
        case .list(let elements): return try self.call(method, on: elements, arguments, at: offset)
        case .object(let object): return try self.call(method, on: object, arguments, at: offset)
        case .bool, .int, .double: throw Self.noMethod(method, of: value, at: offset)
        }
    }

    private mutating func call(
        _ method: ExpressionMethod, on text: String, _ arguments: [Value], at offset: Int
    ) throws(ExpressionError) -> Value {
        switch method {
        case .lower: return .string(text.lowercased())
        case .upper: return .string(text.uppercased())
        case .title: return .string(Self.titlecased(text))
        case .capitalize: return .string(text.prefix(1).uppercased() + text.dropFirst().lowercased())
        case .strip, .trim: return .string(try Self.stripped(text, arguments, at: offset))
        case .lstrip: return .string(try Self.stripped(text, arguments, trailing: false, at: offset))
        case .rstrip: return .string(try Self.stripped(text, arguments, leading: false, at: offset))
        case .startswith:
            return .bool(try Self.anyText(of: arguments[0], at: offset) { ExpressionText.begins(text, with: $0) })
        case .endswith:
            return .bool(try Self.anyText(of: arguments[0], at: offset) { ExpressionText.ends(text, with: $0) })
        case .contains: return .bool(try Value.string(text).holds(arguments[0], at: offset))
        case .find, .index: return .int(Self.position(of: try Self.text(arguments[0], at: offset), in: text))
        case .count: return .int(Self.occurrences(of: try Self.text(arguments[0], at: offset), in: text))
        case .replace: return .string(try Self.replaced(text, arguments, at: offset))
        case .removeprefix:
            let prefix = try Self.text(arguments[0], at: offset)
            guard ExpressionText.begins(text, with: prefix) else { return .string(text) }
            return .string(String(text.unicodeScalars.dropFirst(prefix.unicodeScalars.count)))
        case .removesuffix:
            let suffix = try Self.text(arguments[0], at: offset)
            guard ExpressionText.ends(text, with: suffix) else { return .string(text) }
            return .string(String(text.unicodeScalars.dropLast(suffix.unicodeScalars.count)))
        case .split: return .list(try self.split(text, arguments, at: offset))
        case .splitlines: return .list(Self.lines(of: text).map { .string($0) })
        case .join: return .string(try self.joined(arguments[0], by: text, at: offset))
        case .isdigit, .isnumeric: return .bool(Self.all(text) { $0.properties.numericType != nil })
        case .isalpha: return .bool(Self.all(text) { $0.properties.isAlphabetic })
        case .isalnum: return .bool(Self.all(text) { $0.properties.isAlphabetic || $0.properties.numericType != nil })
        case .isspace: return .bool(Self.all(text) { $0.properties.isWhitespace })
        case .isupper: return .bool(text.uppercased() == text && text.lowercased() != text)
        case .islower: return .bool(text.lowercased() == text && text.uppercased() != text)
        case .get, .keys, .values, .items: throw Self.noMethod(method, of: .string(text), at: offset)
        }
    }

    private func call(
        _ method: ExpressionMethod, on elements: [Value], _ arguments: [Value], at offset: Int
    ) throws(ExpressionError) -> Value {
        switch method {
        case .contains: return .bool(elements.contains { $0.isLooselyEqual(to: arguments[0]) })
        case .count: return .int(elements.count { $0.isLooselyEqual(to: arguments[0]) })
        case .index, .find: return .int(elements.firstIndex { $0.isLooselyEqual(to: arguments[0]) } ?? -1)
        default: throw Self.noMethod(method, of: .list(elements), at: offset)
        }
    }

    private func call(
        _ method: ExpressionMethod, on object: Object, _ arguments: [Value], at offset: Int
    ) throws(ExpressionError) -> Value {
        switch method {
        case .get: return object[arguments[0].displayText] ?? (arguments.count > 1 ? arguments[1] : .null)
        case .keys: return .list(object.keys.map { .string($0) })
        case .values: return .list(object.values)
        case .items: return .list(object.map { .list([.string($0.key), $0.value]) })
        case .contains: return .bool(!arguments[0].isNull && object[arguments[0].displayText] != nil)
        default: throw Self.noMethod(method, of: .object(object), at: offset)
        }
    }

    // MARK: Texts

    private static func text(_ value: Value, at offset: Int) throws(ExpressionError) -> String {
        switch value {
        case .string(let text): return text
        case .bool, .int, .double: return value.displayText
        case .null, .list, .object:
            throw ExpressionError(.type, "expected a text, not \(value.kindName)", at: offset)
        }
    }

    /// `startswith` and `endswith` also take several texts, of which one is enough.
    private static func anyText(
        of value: Value, at offset: Int, _ holds: (String) -> Bool
    ) throws(ExpressionError) -> Bool {
        guard case .list(let candidates) = value else { return holds(try Self.text(value, at: offset)) }
        for candidate in candidates where holds(try Self.text(candidate, at: offset)) {
            return true
        }
        return false
    }

    private static func stripped(
        _ text: String, _ arguments: [Value], leading: Bool = true, trailing: Bool = true, at offset: Int
    ) throws(ExpressionError) -> String {
        guard let argument = arguments.first, !argument.isNull else {
            return ExpressionText.trimmed(text, leading: leading, trailing: trailing)
        }
        let characters = Set(try Self.text(argument, at: offset).unicodeScalars)
        return ExpressionText.trimmed(text, leading: leading, trailing: trailing) { characters.contains($0) }
    }

    private static func replaced(
        _ text: String, _ arguments: [Value], at offset: Int
    ) throws(ExpressionError) -> String {
        let wanted = try Self.text(arguments[0], at: offset)
        let replacement = try Self.text(arguments[1], at: offset)
        let limit = arguments.count > 2 ? arguments[2].int ?? -1 : -1
        guard !wanted.isEmpty else { return text }
        let ranges = ExpressionText.ranges(of: wanted, in: text, limit: limit < 0 ? Int.max : limit)
        try Self.checkLength(
            text.utf8.count + ranges.count * (replacement.utf8.count - wanted.utf8.count), at: offset)
        return ExpressionText.replacing(wanted, with: replacement, in: text, limit: ranges.count)
    }

    private mutating func split(
        _ text: String, _ arguments: [Value], at offset: Int
    ) throws(ExpressionError) -> [Value] {
        let limit = arguments.count > 1 ? arguments[1].int ?? -1 : -1
        try self.count(text.utf8.count, at: offset)
        guard let argument = arguments.first, !argument.isNull else {
            return ExpressionText.words(of: text, limit: limit < 0 ? Int.max : limit).map { .string($0) }
        }
        let separator = try Self.text(argument, at: offset)
        guard !separator.isEmpty else { throw ExpressionError(.value, "split() needs a separator", at: offset) }
        return ExpressionText.split(text, by: separator, limit: limit < 0 ? Int.max : limit).map { .string($0) }
    }

    private mutating func joined(
        _ value: Value, by separator: String, at offset: Int
    ) throws(ExpressionError) -> String {
        let elements = try self.elements(of: value, at: offset)
        var text = ""
        for (position, element) in elements.enumerated() {
            if position > 0 { text += separator }
            text += element.displayText
            try Self.checkLength(text.utf8.count, at: offset)
        }
        return text
    }

    private static func position(of part: String, in text: String) -> Int {
        guard let range = ExpressionText.position(of: part, in: text) else { return -1 }
        return text.unicodeScalars.distance(from: text.startIndex, to: range.lowerBound)
    }

    private static func occurrences(of part: String, in text: String) -> Int {
        part.isEmpty ? text.unicodeScalars.count + 1 : ExpressionText.ranges(of: part, in: text).count
    }

    private static func lines(of text: String) -> [String] {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func titlecased(_ text: String) -> String {
        var previousIsLetter = false
        var result = ""
        for character in text {
            result += previousIsLetter ? character.lowercased() : character.uppercased()
            previousIsLetter = character.isLetter
        }
        return result
    }

    private static func all(_ text: String, _ holds: (Unicode.Scalar) -> Bool) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy(holds)
    }

    private static func noMethod(_ method: ExpressionMethod, of value: Value, at offset: Int) -> ExpressionError {
        ExpressionError(.type, "\(value.kindName) has no method '\(method.rawValue)'", at: offset)
    }
}
