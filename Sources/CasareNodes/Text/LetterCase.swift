import CasareDomain
import CasareEngine

/// The changes of a `TextCaseNode`.
enum LetterCase: String {
    case upper, lower, title, capitalize, swapcase

    @Sendable static func apply(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let text = inputs.string("text")
        let letterCase = Self(rawValue: inputs.string("case").lowercased())
        return NodeResult(["result": .string(letterCase?.changed(text) ?? text)])
    }

    func changed(_ text: String) -> String {
        switch self {
        case .upper: return text.uppercased()
        case .lower: return text.lowercased()
        case .title:
            var isInWord = false
            return Self.map(text) { scalar in
                defer { isInWord = scalar.properties.isCased }
                return isInWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            }
        case .capitalize:
            var isFirst = true
            return Self.map(text) { scalar in
                defer { isFirst = false }
                return isFirst ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
            }
        case .swapcase:
            return Self.map(text) { scalar in
                if scalar.properties.isUppercase { return scalar.properties.lowercaseMapping }
                return scalar.properties.isLowercase ? scalar.properties.uppercaseMapping : String(scalar)
            }
        }
    }

    private static func map(_ text: String, _ change: (Unicode.Scalar) -> String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            result += change(scalar)
        }
        return result
    }
}
