import CasareDomain

@testable import CasareEngine

extension Expression {
    /// The value of an expression with the given variables.
    static func value(
        of text: String, _ variables: Object = [:], outputs: [String: Object] = [:], clock: ClockReading? = nil,
        bindings: [String: Value] = [:], seed: UInt64 = 1
    ) throws(ExpressionError) -> Value {
        let scope = Variables(variables)
        for (node, values) in outputs {
            scope.setOutputs(values, of: node)
        }
        var random = SeededRandom(seed: seed)
        return try Expression(parsing: text).evaluate(in: scope, clock: clock, random: &random, bindings: bindings)
    }
}

extension Value {
    /// Equality that tells `1` from `1.0`, which `==` does not.
    func isIdentical(to other: Value) -> Bool { self.jsonText() == other.jsonText() }
}
