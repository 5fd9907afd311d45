import CasareDomain
import CasareEngine

/// One of the operations of a node whose `action` parameter picks one.
protocol NamedAction: Sendable {
    /// As documents write it; also accepted without regard to case and to what stands between words.
    var name: String { get }
    /// Other names for it.
    var shortForms: [String] { get }
}

extension NamedAction {
    /// The action of a text; the first of the list when it is blank.
    static func find(_ text: String, in actions: [Self]) -> Self? {
        if NodeType.Parameter.lettersAndDigits(text).isEmpty { return actions.first }
        guard let name = self.parameter(actions).choice(for: text) else { return nil }
        return actions.first { $0.name == name }
    }

    /// The action that a node's inputs name.
    static func named(in inputs: Inputs, of actions: [Self]) throws(NodeFailure) -> Self {
        let text = inputs.string("action")
        guard let action = self.find(text, in: actions) else {
            throw NodeFailure("ValidationError", "Unknown action: \(text)")
        }
        return action
    }

    static func parameter(_ actions: [Self]) -> NodeType.Parameter {
        NodeType.Parameter(
            "action", .string, default: .string(actions[0].name), choices: actions.map(\.name),
            choiceAliases: Dictionary(uniqueKeysWithValues: actions.map { ($0.name, $0.shortForms) }), "What to do.")
    }
}
