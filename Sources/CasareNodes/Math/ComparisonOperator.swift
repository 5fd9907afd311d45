import CasareDomain
import CasareEngine

/// The operators of a `ComparisonNode`.
enum ComparisonOperator: String, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="

    /// The operator's name in the editor.
    private var label: String {
        switch self {
        case .equal: "equals (==)"
        case .notEqual: "not equals (!=)"
        case .greater: "greater than (>)"
        case .less: "less than (<)"
        case .greaterOrEqual: "greater or equal (>=)"
        case .lessOrEqual: "less or equal (<=)"
        }
    }

    static var choices: [String] { self.allCases.map(\.rawValue) + self.allCases.map(\.label) }

    /// An operator by its symbol or label.
    init?(named name: String) {
        guard
            let found = Self(rawValue: name)
                ?? Self.allCases.first(where: { $0.label == name.lowercased() })
        else { return nil }
        self = found
    }

    @Sendable static func perform(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let name = inputs.string("operator")
        guard let comparison = Self(named: name) else { throw .value("Unknown operator: \(name)") }
        return NodeResult(["result": .bool(try comparison.holds(inputs["a"], inputs["b"]))])
    }

    func holds(_ a: Value, _ b: Value) throws(NodeFailure) -> Bool {
        switch self {
        case .equal: a.equalsCountingBooleans(b)
        case .notEqual: !a.equalsCountingBooleans(b)
        case .greater: try b.comesBefore(a)
        case .less: try a.comesBefore(b)
        case .greaterOrEqual: try b.comesBefore(a) || a.equalsCountingBooleans(b)
        case .lessOrEqual: try a.comesBefore(b) || a.equalsCountingBooleans(b)
        }
    }
}
