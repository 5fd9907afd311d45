import CasareDomain
import CasareEngine

/// The expression of an `EvalExpressionNode`.
enum ExpressionActions {
    @Sendable static func evaluate(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let names = Dictionary(inputs.object("variables").map { ($0.key, $0.value) }) { _, last in last }
        do throws(NodeFailure) {
            let result = try context.evaluate(inputs.string("expression"), bindings: names)
            return NodeResult([
                "result": result, "type": .string(Self.typeName(of: result)), "success": true, "error": "",
            ])
        } catch {
            var failure = error
            failure.outputs = ["success": false, "error": .string(error.message)]
            throw failure
        }
    }

    /// The names that documents compare with are Python's.
    private static func typeName(of value: Value) -> String {
        switch value {
        case .null: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .list: "list"
        case .object: "dict"
        }
    }
}
