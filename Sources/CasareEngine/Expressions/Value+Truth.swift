package import CasareDomain

extension Value {
    /// Python's truth: null, false, zero and what is empty are false, everything else is true.
    package var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        }
    }

    /// Whether the value holds as a whole condition: as `isTruthy`, but the words `false`, `no` and `0` do not hold.
    package var conditionIsTrue: Bool {
        guard case .string(let text) = self else { return self.isTruthy }
        // Longer text cannot be one of the words, whatever the spaces around them.
        guard let word = ExpressionText.trimmed(text, ifShorterThan: 6) else { return !text.isEmpty }
        return !text.isEmpty && word != "0" && word.lowercased() != "false" && word.lowercased() != "no"
    }
}
