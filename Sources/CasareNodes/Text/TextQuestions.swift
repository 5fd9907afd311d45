import CasareDomain
import CasareEngine

/// Nodes that find something out about a text.
enum TextQuestions {
    @Sendable static func contains(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let (text, search) = Self.pair(inputs, "search")
        let position = text.position(of: search)
        return NodeResult([
            "contains": .bool(position != nil), "position": .int(position ?? -1),
            "count": .int(position == nil ? 0 : text.occurrences(of: search)),
        ])
    }

    @Sendable static func startsWith(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let (text, prefix) = Self.pair(inputs, "prefix")
        return NodeResult(["result": .bool(text.starts(with: prefix))])
    }

    @Sendable static func endsWith(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let (text, suffix) = Self.pair(inputs, "suffix")
        return NodeResult(["result": .bool(text.ends(with: suffix))])
    }

    @Sendable static func count(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let text = inputs.string("text")
        if let search = inputs["search"].string, !search.isEmpty {
            return NodeResult(["count": .int(ScalarText(text).occurrences(of: ScalarText(search)))])
        }
        let count: Int
        switch inputs.string("mode").lowercased() {
        case "words": count = ScalarText(text).splitAtWhitespace().count
        case "lines": count = ScalarText(text).lines.count
        default:
            let leavesOut = inputs.bool("exclude_whitespace")
            count = text.unicodeScalars.count { !leavesOut || !$0.properties.isWhitespace }
        }
        return NodeResult(["count": .int(count)])
    }

    /// The text and what is looked for in it, both in small letters when capitals do not matter.
    private static func pair(_ inputs: Inputs, _ name: String) -> (ScalarText, ScalarText) {
        let (text, part) = (inputs.string("text"), inputs.string(name))
        if inputs.bool("case_sensitive") { return (ScalarText(text), ScalarText(part)) }
        return (ScalarText(text.lowercased()), ScalarText(part.lowercased()))
    }
}
