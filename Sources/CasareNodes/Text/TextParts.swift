import CasareDomain
import CasareEngine

/// Nodes that take texts apart and put them together.
enum TextParts {
    @Sendable static func split(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let text = ScalarText(inputs.string("text"))
        let separator = ScalarText(inputs.string("separator"))
        let limit = inputs.int("max_split")
        let parts =
            separator.isEmpty ? text.splitAtWhitespace(limit: limit) : text.split(at: separator, limit: limit)
        return NodeResult(["result": .list(parts.map { .string($0.string) }), "count": .int(parts.count)])
    }

    @Sendable static func join(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let given = inputs["items"]
        let items = context.list(given) ?? [given]
        return NodeResult([
            "result": .string(try TextLimit.joined(items, separator: inputs.string("separator")))
        ])
    }

    @Sendable static func lines(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let isJoining = inputs.string("mode").lowercased() == "join"
        var lines =
            isJoining
            ? (context.list(inputs["lines"]) ?? []).map(\.displayText)
            : ScalarText(inputs.string("text")).lines.map(\.string)
        if inputs.bool("remove_empty") { lines.removeAll(where: \.isBlank) }
        let values = lines.map(Value.string)
        var text = inputs.string("text")
        if isJoining {
            let separators = ["newline": "\n", "crlf": "\r\n", "comma": ","]
            text = try TextLimit.joined(
                values, separator: separators[inputs.string("line_separator").lowercased()] ?? "\n")
        }
        return NodeResult(["text": .string(text), "lines": .list(values), "count": .int(lines.count)])
    }

    @Sendable static func substring(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let text = ScalarText(inputs.string("text"))
        let end = inputs["end"]
        let range = Slicing.range(
            count: text.count, start: inputs["start"].asNumber?.int ?? 0,
            end: end.isNull ? nil : end.asNumber?.int ?? 0)
        return NodeResult(["result": .string(text[range].string), "length": .int(range.count)])
    }

    @Sendable static func extract(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let pattern = try TextPattern(inputs.string("pattern"), flagsFrom: inputs)
        let isAll = inputs.bool("all_matches")
        let matches = try pattern.matches(in: inputs.string("text"), limit: isAll ? nil : 1)
        let match: Value
        let groups: [Value]
        if isAll {
            match = .list(matches.map { .string($0.text) })
            groups = matches.map { .list($0.groups) }
        } else {
            match = .string(matches.first?.text ?? "")
            groups = matches.first?.groups ?? []
        }
        return NodeResult(["match": match, "groups": .list(groups), "found": .bool(!matches.isEmpty)])
    }
}
