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

    private static func holds(_ condition: Value, _ context: inout PureContext) throws(NodeFailure) -> Bool {
        guard let text = condition.string else { return condition.isTruthy }
        if let word = Self.word(text) { return word }
        guard text.utf8.contains(UInt8(ascii: "{")) || Expression.looksLikeExpression(text) else { return false }
        let value = try context.evaluate(text)
        return value.string.map { Self.word($0) ?? false } ?? value.isTruthy
    }

    private static func word(_ text: String) -> Bool? {
        switch text.trimmed.lowercased() {
        case "true", "1", "yes": true
        case "false", "0", "no", "": false
        default: nil
        }
    }
}
