import CasareDomain

/// Values as YAML 1.2 in block style. Every string that could be taken for something else is quoted as in JSON, whose
/// strings are YAML strings too.
enum YAMLText {
    static func document(_ value: Value) -> String {
        switch value {
        case .list(let items) where !items.isEmpty: Self.list(items, indent: "")
        case .object(let object) where !object.isEmpty: Self.object(object, indent: "")
        case .null, .bool, .int, .double, .string, .list, .object: Self.scalar(value) + "\n"
        }
    }

    private static func object(_ object: Object, indent: String) -> String {
        object.map { key, value in
            let name = Self.string(key)
            return switch value {
            case .list(let items) where !items.isEmpty: "\(indent)\(name):\n" + Self.list(items, indent: indent)
            case .object(let members) where !members.isEmpty:
                "\(indent)\(name):\n" + Self.object(members, indent: indent + "  ")
            case .null, .bool, .int, .double, .string, .list, .object: "\(indent)\(name): \(Self.scalar(value))\n"
            }
        }.joined()
    }

    private static func list(_ items: [Value], indent: String) -> String {
        items.map { item in
            switch item {
            case .list(let items) where !items.isEmpty:
                "\(indent)- " + Self.list(items, indent: indent + "  ").dropFirst(indent.count + 2)
            case .object(let members) where !members.isEmpty:
                "\(indent)- " + Self.object(members, indent: indent + "  ").dropFirst(indent.count + 2)
            case .null, .bool, .int, .double, .string, .list, .object: "\(indent)- \(Self.scalar(item))\n"
            }
        }.joined()
    }

    private static func scalar(_ value: Value) -> String {
        if case .string(let text) = value { return Self.string(text) }
        return TerminalText.json(value.jsonText(.compact))
    }

    /// Words that a reader of YAML 1.1 or 1.2 takes for null or a boolean.
    private static let reserved: Set<String> = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n",
    ]

    private static func string(_ text: String) -> String {
        let isWord = { (byte: UInt8) in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
        let isInner = { (byte: UInt8) in
            isWord(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2E || byte == 0x2F
        }
        if let first = text.utf8.first, isWord(first), text.utf8.allSatisfy(isInner),
            !Self.reserved.contains(text.lowercased())
        {
            return text
        }
        return TerminalText.json(Value.string(text).jsonText(.compact))
    }
}
