import CasareDomain
import CasareEngine

/// Setting, reading and counting variables.
enum VariableActions {
    @Sendable static func set(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let name = inputs.string("variable_name")
        if name.isEmpty { throw .value("Variable name is required") }
        var value = inputs["value"]
        if value.isNull { value = inputs["default_value"] }
        let kindName = inputs.string("variable_type")
        if kindName != VariableKind.string.rawValue, let kind = VariableKind(rawValue: kindName) {
            if let converted = kind.convert(value) {
                value = converted
            } else {
                context.log(.warning, "Variable '\(name)' keeps its value: it cannot be converted to \(kindName)")
            }
        }
        try context.setVariable(name, to: value)
        return NodeResult(["value": value])
    }

    @Sendable static func get(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let value = context.value(at: inputs.string("variable_name")) ?? .null
        return NodeResult(["value": value.isNull ? inputs["default_value"] : value])
    }

    @Sendable static func increment(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let name = inputs.string("variable_name")
        let current = context.variable(name) ?? .null
        let sum = Self.sum(try Self.number(current, called: name), inputs["increment"])
        try context.setVariable(name, to: sum)
        return NodeResult(["value": sum])
    }

    private static func number(_ value: Value, called name: String) throws(NodeFailure) -> Value {
        if value.isNull { return 0 }
        if let number = value.asNumber { return number }
        if let text = value.string { throw .value("could not convert string to float: '\(text)'") }
        throw NodeFailure("TypeError", "Variable '\(name)' is \(value.kindName), not a number")
    }

    /// A whole number grows by a whole number to a whole number; everything else is a double.
    private static func sum(_ current: Value, _ increment: Value) -> Value {
        if case .int(let whole) = current, let step = increment.int {
            let (sum, overflow) = whole.addingReportingOverflow(step)
            if !overflow { return .int(sum) }
        }
        return .double((current.double ?? 0) + (increment.double ?? 0))
    }
}
