import CasareDomain

/// What branches and loops decide by (workflow format §6.1).
extension Interpreter {
    /// Whether an If or While goes on: a connected value counts as it is, a condition that says "false" is false.
    mutating func holds(_ node: CompiledNode) throws(NodeFailure) -> Bool {
        if let delivered = node.bindings.delivered("condition", in: self.scope.variables) { return delivered.isTruthy }
        return try self.decision(of: node)?.conditionIsTrue ?? false
    }

    /// The value of a condition; `nil` when nothing says.
    ///
    /// - Throws: `ExpressionError` for text that cannot be parsed. What cannot be computed decides like null.
    mutating func decision(of node: CompiledNode) throws(NodeFailure) -> Value? {
        let scope = self.scope
        defer { if scope.variables.hasMisses { self.warnOfMisses(in: scope, node) } }
        switch node.condition {
        case .absent:
            return nil
        case .invalid(let error):
            throw NodeFailure("ExpressionError", "EXPRESSION_ERROR: \(error)")
        case .template(let template):
            switch try template.resolve(in: scope.variables, clock: self.clock) {
            case .value(let value):
                if let name = value.string, let named = scope.variables.variable(name), template.isLiteral {
                    return named
                }
                return value
            case .unresolved:
                return nil
            }
        case .expression(let expression):
            do throws(ExpressionError) {
                return try expression.evaluate(in: scope.variables, clock: self.clock, random: &self.random)
            } catch {
                guard error.kind != .syntax else { throw NodeFailure("ExpressionError", "EXPRESSION_ERROR: \(error)") }
                self.warn(node, "The condition cannot be computed and counts as false: \(error)")
                return nil
            }
        }
    }
}
