/// What a piece of text means; colour follows from it, and only on a terminal.
enum Tone: Sendable {
    case plain, heading, good, bad, attention, faint

    /// Select Graphic Rendition parameters (ECMA-48 §8.3.117).
    private var code: String? {
        switch self {
        case .plain: nil
        case .heading: "1"
        case .good: "32"
        case .bad: "31"
        case .attention: "33"
        case .faint: "2"
        }
    }

    func applied(to text: String, usingColour: Bool) -> String {
        guard usingColour, let code, !text.isEmpty else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
