import CasareDomain
package import CasareEngine

/// The nodes that draw at random (node catalogue §1.7), from the system's generator, which is fit for secrets.
package enum RandomNodes {
    /// Results are kept in the run's journal and variables, so they are bounded.
    static let lengthMax = 1_000_000

    package static let types: [NodeType] = Self.numberTypes + Self.listTypes + Self.identifierTypes

    static let family = "Random"

    private static let numberTypes: [NodeType] = [
        NodeType(
            "RandomNumberNode", family: Self.family, "Draws a number between two bounds.",
            parameters: [
                .init("min_value", .number, default: 0, aliases: ["min"], "The lower bound."),
                .init("max_value", .number, default: 100, aliases: ["max"], "The upper bound."),
                .init("integer_only", .boolean, default: false, "A whole number, either bound included."),
            ],
            outputs: [.init("result", .number)], effect: .captured,
            .perform { inputs, _ in NodeResult(["result": try Self.number(inputs)]) }),
        NodeType(
            "RandomStringNode", family: Self.family, "Makes a text of random characters.",
            parameters: [
                .init("length", .integer, default: 8, range: 0...Double(Self.lengthMax), "How many characters."),
                .init("include_uppercase", .boolean, default: true, "A to Z."),
                .init("include_lowercase", .boolean, default: true, "a to z."),
                .init("include_digits", .boolean, default: true, "0 to 9."),
                .init("include_special", .boolean, default: false, "Punctuation."),
                .init("custom_chars", .string, default: "", "Draw from these characters instead."),
            ],
            outputs: [.init("result", .string)], effect: .captured,
            .perform { inputs, _ in
                let characters = Self.characters(inputs)
                let text = (0..<inputs.int("length")).map { _ in characters.randomElement() ?? "?" }
                return NodeResult(["result": .string(String(text))])
            }),
    ]

    private static func number(_ inputs: Inputs) throws(NodeFailure) -> Value {
        // Not by way of doubles, which have no room for all digits of the large ones.
        if inputs.bool("integer_only"), case .int(let first) = inputs["min_value"],
            case .int(let second) = inputs["max_value"]
        {
            return .int(Int.random(in: min(first, second)...max(first, second)))
        }
        let (first, second) = (inputs.double("min_value"), inputs.double("max_value"))
        let (low, high) = (min(first, second), max(first, second))
        guard low.isFinite, high.isFinite, (high - low).isFinite else {
            throw .value("min_value and max_value must be finite numbers")
        }
        guard inputs.bool("integer_only") else { return .double(Double.random(in: low...high)) }
        let bounds = (Int(exactly: low.rounded(.up)), Int(exactly: high.rounded(.down)))
        guard let lowest = bounds.0, let highest = bounds.1, lowest <= highest else {
            throw .value("There is no whole number between \(low) and \(high)")
        }
        return .int(Int.random(in: lowest...highest))
    }

    private static func characters(_ inputs: Inputs) -> [Character] {
        let custom = inputs.string("custom_chars")
        if !custom.isEmpty { return Array(custom) }
        let (upper, lower, digits) = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789")
        var characters = ""
        if inputs.bool("include_uppercase") { characters += upper }
        if inputs.bool("include_lowercase") { characters += lower }
        if inputs.bool("include_digits") { characters += digits }
        if inputs.bool("include_special") { characters += "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" }
        return Array(characters.isEmpty ? upper + lower + digits : characters)
    }

    private static let items = NodeType.Parameter("items", .list, required: true, aliases: ["list"], "The list.")

    private static let listTypes: [NodeType] = [
        NodeType(
            "RandomChoiceNode", family: Self.family, "Draws one or several elements of a list.",
            parameters: [
                Self.items,
                .init("count", .integer, default: 1, range: 1...Double(Self.lengthMax), "How many elements."),
                .init("allow_duplicates", .boolean, default: false, "An element may be drawn more than once."),
            ],
            outputs: [.init("result", .any), .init("index", .integer)], effect: .captured,
            .perform { inputs, _ in
                let items = inputs.list("items")
                guard let index = items.indices.randomElement() else {
                    throw NodeFailure.value("items list cannot be empty")
                }
                let count = inputs.int("count")
                if count == 1 { return NodeResult(["result": items[index], "index": .int(index)]) }
                let drawn =
                    inputs.bool("allow_duplicates")
                    ? (0..<count).map { _ in items.randomElement() ?? .null } : Array(items.shuffled().prefix(count))
                return NodeResult(["result": .list(drawn), "index": -1])
            }),
        NodeType(
            "ShuffleListNode", family: Self.family,
            "Gives the elements of a list in random order; of a text the characters, of a dict the keys.",
            parameters: [.init("items", .any, required: true, aliases: ["list"], "The list.")],
            outputs: [.init("result", .list)], effect: .captured,
            .perform { inputs, _ in NodeResult(["result": .list(try Self.elements(of: inputs["items"]).shuffled())]) }),
    ]

    /// What there is to shuffle: of what is no list, what a loop over it would go through.
    private static func elements(of value: Value) throws(NodeFailure) -> [Value] {
        switch value {
        case .list(let list): return list
        case .string(let text):
            if let parsed = try? Value(parsingJSON: text), let list = parsed.list { return list }
            return text.unicodeScalars.map { .string(String($0)) }
        case .object(let object): return object.keys.map(Value.string)
        case .null, .bool, .int, .double:
            throw NodeFailure("TypeError", "items must be a list, not \(value.kindName)")
        }
    }

    private static let identifierTypes: [NodeType] = [
        NodeType(
            "RandomUUIDNode", family: Self.family, "Makes a UUID.",
            parameters: [
                .init("version", .integer, default: 4, "1 (from the time) or 4 (random)."),
                .init(
                    "format", .string, default: "standard", choices: ["standard", "hex", "urn"],
                    "With hyphens, without, or as urn:uuid:…"),
            ],
            outputs: [.init("result", .string, aliases: ["uuid"])], effect: .captured,
            .perform { inputs, environment in
                let text = try RandomUUID.text(
                    version: inputs.int("version"), parameter: "version", at: environment.now())
                switch inputs.string("format") {
                case "hex": return NodeResult(["result": .string(text.filter { $0 != "-" })])
                case "urn": return NodeResult(["result": .string("urn:uuid:\(text)")])
                default: return NodeResult(["result": .string(text)])
                }
            }),
        NodeType(
            "UUIDGeneratorNode", family: Self.family, "Makes one or several UUIDs.",
            parameters: [
                .init("uuid_version", .integer, default: 4, "1 (from the time) or 4 (random)."),
                .init("count", .integer, default: 1, range: 1...100, "How many."),
            ],
            outputs: [.init("uuid", .string), .init("uuids", .list), .init("success", .boolean)], effect: .captured,
            .reporting { inputs, environment in
                let texts = try (0..<inputs.int("count")).map { _ in
                    try RandomUUID.text(
                        version: inputs.int("uuid_version"), parameter: "uuid_version", at: environment.now())
                }
                return NodeResult([
                    "uuid": .string(texts.first ?? ""), "uuids": .list(texts.map(Value.string)), "success": true,
                ])
            }),
    ]
}
