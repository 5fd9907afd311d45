import CasareDomain
package import CasareEngine

/// Variables, checks on values and log lines (node catalogue §1.1).
package enum VariableNodes {
    package static let types: [NodeType] = Self.variableTypes + Self.valueTypes + Self.logTypes

    private static let family = "Variables and utilities"
    private static let variableName = NodeType.Parameter(
        "variable_name", .string, required: true, "The variable's name.")

    private static let variableTypes: [NodeType] = [
        NodeType(
            "SetVariableNode", family: Self.family, "Sets a variable.",
            parameters: [
                .init("value", .any, "The value; any kind."),
                Self.variableName,
                .init("default_value", .any, "Used when the value is null."),
                .init(
                    "variable_type", .string, default: "String", choices: VariableKind.allCases.map(\.rawValue),
                    "What to convert the value to; String leaves it as it is. A value that cannot be converted is kept."
                ),
            ],
            outputs: [.init("value", .any)],
            .pure(VariableActions.set)),
        NodeType(
            "GetVariableNode", family: Self.family, "Reads a variable.",
            parameters: [
                .init("variable_name", .string, required: true, "The variable's name, or a dotted path into it."),
                .init("default_value", .any, "Used when the variable is missing or null."),
            ],
            outputs: [.init("value", .any)],
            .pure(VariableActions.get)),
        NodeType(
            "IncrementVariableNode", family: Self.family, "Adds a number to a variable; a missing one counts as 0.",
            parameters: [
                Self.variableName,
                .init("increment", .number, default: 1, "What to add; whole numbers stay whole."),
            ],
            outputs: [.init("value", .number)],
            .pure(VariableActions.increment)),
    ]

    private static let valueTypes: [NodeType] = [
        NodeType(
            "ValidateNode", family: Self.family, "Checks a value against a rule and takes the exec output that fits.",
            parameters: [
                .init("value", .any, "The value to check; null counts as a value."),
                .init(
                    "validation_type", .string, default: "not_empty",
                    "The rule: \(ValidationRule.names). An unknown rule is never met."),
                .init("validation_param", .any, "What the rule compares with: a pattern, a length, a bound or a list."),
                .init(
                    "error_message", .string, default: .string(ValidationRule.standardMessage),
                    "Reported instead of the rule's own message."),
            ],
            outputs: [.init("is_valid", .boolean), .init("error_message", .string)],
            execOutputs: ["valid", "invalid"],
            .pure(ValidationRule.check)),
        NodeType(
            "TransformNode", family: Self.family, "Changes a value and stores the result in a variable.",
            parameters: [
                .init("value", .any, required: true, "The value to change."),
                .init("param", .any, "What the change needs; wins over transform_param."),
                .init(
                    "transform_type", .string, default: "to_string", choices: Transformation.allCases.map(\.rawValue),
                    "The change to make."),
                .init("transform_param", .any, "A separator, pattern, key, index, or {\"old\", \"new\"}."),
                .init("variable_name", .string, default: "transformed", "The variable that gets the result."),
            ],
            outputs: [.init("result", .any), .init("success", .boolean), .init("error", .string)],
            .pure(Transformation.apply)),
        NodeType(
            "EvalExpressionNode", aliases: ["EvaluateExpressionNode"], family: Self.family, "Computes an expression.",
            parameters: [
                .init(
                    "expression", .string, required: true, verbatim: true, "The expression, such as `{{a}} * 2 + 1`."),
                .init("variables", .object, default: [:], "Further names that the expression may use."),
            ],
            outputs: [
                .init("result", .any), .init("type", .string), .init("success", .boolean), .init("error", .string),
            ],
            .pure(ExpressionActions.evaluate)),
    ]

    private static let logTypes: [NodeType] = [
        NodeType(
            "LogNode", family: Self.family, "Writes a log line.",
            parameters: [
                .init("message", .string, "The text; {name} is replaced by the variable of that name."),
                .init("data", .any, "Added to the line after ` | Data: `."),
                .init(
                    "level", .string, default: "info",
                    "debug, info, warning, error or critical; anything else is info."),
                .init("include_timestamp", .boolean, default: true, "Accepted; log lines always carry their time."),
                .init("include_node_id", .boolean, default: true, "Begin the line with `[node id]`."),
                .init("print_to_terminal", .boolean, default: true, "Accepted; log lines always reach the run's log."),
            ],
            outputs: [.init("message", .string)],
            .pure(LogActions.log))
    ]
}
