import CasareDomain
import CasareEngine

/// The conditions of a `ListFilterNode`.
enum ListCondition: String, CaseIterable {
    case equals
    case notEquals = "not_equals"
    case contains
    case startsWith = "starts_with"
    case endsWith = "ends_with"
    case greaterThan = "greater_than"
    case lessThan = "less_than"
    case isNotNull = "is_not_none"
    case isNull = "is_none"
    case isTruthy = "is_truthy"
    case isFalsy = "is_falsy"

    static var names: String { self.allCases.map(\.rawValue).joined(separator: ", ") }

    @Sendable static func filter(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let condition = Self(rawValue: inputs.string("condition").lowercased())
        let path = DottedPath(inputs.string("key_path"))
        let wanted = inputs["value"]
        var (kept, removed): ([Value], [Value]) = ([], [])
        for element in inputs.list("list") {
            if try condition?.holds(path.value(in: element) ?? .null, wanted) ?? true {
                kept.append(element)
            } else {
                removed.append(element)
            }
        }
        return NodeResult(["result": .list(kept), "removed": .list(removed)])
    }

    func holds(_ value: Value, _ wanted: Value) throws(NodeFailure) -> Bool {
        switch self {
        case .equals: value.equalsCountingBooleans(wanted)
        case .notEquals: !value.equalsCountingBooleans(wanted)
        case .contains: ScalarText(value.displayText).contains(ScalarText(wanted.displayText))
        case .startsWith: ScalarText(value.displayText).starts(with: ScalarText(wanted.displayText))
        case .endsWith: ScalarText(value.displayText).ends(with: ScalarText(wanted.displayText))
        case .greaterThan: try value.isNull ? false : wanted.comesBefore(value)
        case .lessThan: try value.isNull ? false : value.comesBefore(wanted)
        case .isNotNull: !value.isNull
        case .isNull: value.isNull
        case .isTruthy: value.isTruthy
        case .isFalsy: !value.isTruthy
        }
    }
}
