import CasareDomain
package import CasareEngine

/// Arithmetic and comparison (node catalogue §1.4).
package enum MathNodes {
    private static let family = "Strings, numbers, comparison"

    package static let types: [NodeType] = [
        NodeType(
            "MathOperationNode", family: Self.family, "Computes with one or two numbers.",
            parameters: [
                .init(
                    "operation", .string, default: "add", choices: MathOperation.allCases.map(\.rawValue),
                    "What to compute. Whole numbers give a whole number where there is one."),
                .init("a", .any, default: 0, "A number, or the name of a variable that holds one."),
                .init("b", .any, default: 0, "The second number; operations on one number ignore it."),
                .init(
                    "round_digits", .integer, "Round the result to so many digits after the point; negative: before it."
                ),
                .init("output_var", .string, default: "", "A variable that gets the result too."),
            ],
            outputs: [.init("result", .number)],
            .pure(MathOperation.perform)),
        NodeType(
            "ComparisonNode", family: Self.family, "Compares two values.",
            parameters: [
                .init("a", .any, "The first value."),
                .init("b", .any, "The second value."),
                .init(
                    "operator", .string, default: "==", choices: ComparisonOperator.choices,
                    "Equal: by value, where true is 1 and false is 0. Numbers are also put in order with text that says "
                        + "a number; two texts go by code point."),
            ],
            outputs: [.init("result", .boolean)],
            .pure(ComparisonOperator.perform)),
    ]
}
