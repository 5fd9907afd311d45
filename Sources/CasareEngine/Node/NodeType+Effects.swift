package import CasareDomain

extension NodeType.Effect {
    /// What it means for a run that has to go on elsewhere, in whole sentences.
    package var durability: String {
        switch self {
        case .pure:
            "Computed from its inputs alone: never journaled, and computed again when the run goes on elsewhere."
        case .captured:
            "Reads the world: its result is journaled with the next commit, and a run that goes on elsewhere keeps it. "
                + "Before that commit it is read again."
        case .idempotent:
            "Changes the world in a way that may be repeated: its result is committed before the next step. A run that "
                + "goes on elsewhere before that does it once more."
        case .effect:
            "Changes the world: its intent is committed before it, its result after it. A run that was cut off between "
                + "the two does not repeat it by itself: the node's on_recovery decides (ask, which is the default, "
                + "retry, skip or fail)."
        }
    }
}

extension NodeType {
    /// An effect that a type has for one value of one parameter.
    package struct EffectCase: Sendable, Hashable {
        package let parameter: String
        package let value: Value
        package let effect: Effect
    }

    /// How the effect follows from parameters with few values, one at a time and with the others at their defaults;
    /// empty when it does not.
    package var effectCases: [EffectCase] {
        guard let effectFor else { return [] }
        return self.parameters.flatMap { parameter -> [EffectCase] in
            let values: [Value] =
                parameter.type == .boolean ? [false, true] : parameter.choices.map(Value.string)
            let cases = values.map { value in
                EffectCase(parameter: parameter.name, value: value, effect: effectFor([parameter.name: value]))
            }
            return Set(cases.map(\.effect)).count > 1 ? cases : []
        }
    }
}
