import CasareDomain
import CasareEngine

/// Nodes that make another text of one.
enum TextChanges {
    /// No padded text is longer.
    static let paddedLengthMax = 1_000_000

    @Sendable static func replace(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let text = inputs.string("text")
        let limit = inputs.int("count")
        if inputs.bool("use_regex") {
            let pattern = try TextPattern(inputs.string("old_value"), flagsFrom: inputs)
            let (result, count) = try pattern.replacing(
                in: text, with: inputs.string("new_value"), limit: limit < 0 ? nil : limit)
            return NodeResult(["result": .string(result), "replacements": .int(count)])
        }
        let (result, count) = try ScalarText(text).replacing(
            ScalarText(inputs.string("old_value")), with: ScalarText(inputs.string("new_value")), limit: limit)
        return NodeResult(["result": .string(result.string), "replacements": .int(count)])
    }

    @Sendable static func trim(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let side = ScalarText.Side(rawValue: inputs.string("mode").lowercased()) ?? .both
        let characters = Set(inputs.string("characters").unicodeScalars)
        let trimmed = ScalarText(inputs.string("text")).trimming(side) {
            characters.isEmpty ? $0.properties.isWhitespace : characters.contains($0)
        }
        return NodeResult(["result": .string(trimmed.string)])
    }

    @Sendable static func pad(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let text = inputs.string("text")
        let length = inputs.int("length")
        guard length <= Self.paddedLengthMax else { throw .value("length must be at most \(Self.paddedLengthMax)") }
        let missing = max(max(length, 0) - text.unicodeScalars.count, 0)
        let given = inputs.string("fill_char")
        let fill = given.unicodeScalars.count == 1 ? given : " "
        let left: Int
        switch inputs.string("mode").lowercased() {
        case "right": left = 0
        // An odd one out goes where Python's str.center puts it.
        case "center": left = missing / 2 + (missing & length & 1)
        default: left = missing
        }
        try TextLimit.check(text.utf8.count + missing * fill.utf8.count, madeFrom: text.utf8.count)
        let result = String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left)
        return NodeResult(["result": .string(result)])
    }
}
