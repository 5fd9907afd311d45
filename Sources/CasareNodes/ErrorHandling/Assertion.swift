import CasareDomain
import CasareEngine

/// The condition of an `AssertNode`.
enum Assertion {
    @Sendable static func perform(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        guard try Self.holds(inputs["condition"], &context) else {
            throw NodeFailure(
                "AssertionError", "Assertion failed: \(inputs.string("message"))", outputs: ["passed": false])
        }
        return NodeResult(["passed": true])
    }

    /// - Parameter plainText: Whether text that is neither an expression nor a word for true or false holds.
    static func holds(
        _ condition: Value, _ context: inout PureContext, bindings: [String: Value] = [:], plainText: Bool = false
    ) throws(NodeFailure) -> Bool {
        guard let text = condition.string else { return condition.isTruthy }
        if let word = Self.word(text) { return word }
        guard text.utf8.contains(UInt8(ascii: "{")) || Expression.looksLikeExpression(text) else { return plainText }
        let value = try context.evaluate(text, bindings: bindings)
        return value.string.map { Self.word($0) ?? plainText } ?? value.isTruthy
    }

    private static func word(_ text: String) -> Bool? {
        switch text.trimmed.lowercased() {
        case "true", "1", "yes": true
        case "false", "0", "no", "": false
        default: nil
        }
    }
}
