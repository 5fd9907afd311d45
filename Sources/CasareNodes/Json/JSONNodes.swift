import CasareDomain
package import CasareEngine

/// JSON text to values and back (node catalogue §1.5).
package enum JSONNodes {
    private static let family = "Lists and dicts"

    package static let types: [NodeType] = [
        NodeType(
            "JsonParseNode", aliases: ["ParseJSONNode"], family: Self.family, "Reads JSON text.",
            parameters: [.init("json_string", .string, "The JSON text.")],
            outputs: [.init("data", .any)],
            .pure { inputs, _ throws(NodeFailure) in
                let text = inputs.string("json_string")
                if text.isBlank { throw .value("JSON string is empty") }
                return NodeResult(["data": try JSONActions.parse(text)])
            }),
        NodeType(
            "DictToJsonNode", family: Self.family, "Writes a value as JSON text.",
            parameters: [
                .init(
                    "dict", .any, "The value to write; any kind, or the name of a variable that holds a dict or list."),
                .init(
                    "indent", .integer, range: 0...16, "Spaces per level; without it everything is on one line."),
                .init("sort_keys", .boolean, default: false, "Write keys in alphabetical order."),
                .init("ensure_ascii", .boolean, default: true, "Escape everything beyond ASCII."),
            ],
            outputs: [.init("json_string", .string)],
            .pure { inputs, context throws(NodeFailure) in
                .init(["json_string": .string(JSONActions.write(inputs, context))])
            }),
    ]
}

enum JSONActions {
    static func parse(_ text: String) throws(NodeFailure) -> Value {
        do {
            return try Value(parsingJSON: text)
        } catch {
            throw .value("Invalid JSON: \(error)")
        }
    }

    fileprivate static func write(_ inputs: Inputs, _ context: PureContext) -> String {
        var value = inputs["dict"]
        if let name = value.string, let named = context.variable(name), named.list != nil || named.object != nil {
            value = named
        }
        if value.isNull { value = [:] }
        let style = inputs["indent"].int.map { Value.JSONStyle.pretty(indent: $0) } ?? .spaced
        return value.jsonText(
            style, sortKeys: inputs.bool("sort_keys"), escapeNonASCII: inputs.bool("ensure_ascii"))
    }
}
