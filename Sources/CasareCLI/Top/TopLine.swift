/// One line of a screen, made of parts that look different; cut where the screen ends.
struct TopLine: Hashable, Sendable {
    enum Style: Hashable, Sendable {
        case tone(Tone)
        /// Dark on light, or the other way round.
        case reversed
    }

    private struct Part: Hashable, Sendable {
        let text: String
        let style: Style
    }

    private var parts: [Part] = []

    init(_ text: String = "", _ tone: Tone = .plain) { self.append(text, .tone(tone)) }

    init(_ text: String, _ style: Style) { self.append(text, style) }

    mutating func append(_ text: String, _ style: Style = .tone(.plain)) {
        if !text.isEmpty { self.parts.append(Part(text: TerminalText.line(text), style: style)) }
    }

    var width: Int { self.parts.reduce(0) { $0 + DisplayWidth.of($1.text) } }

    /// At most `width` columns. What is cut ends with `…`.
    func text(width: Int, usesColour: Bool) -> String {
        var left = width
        var output = ""
        for (position, part) in self.parts.enumerated() {
            let rest = self.parts[(position + 1)...].reduce(0) { $0 + DisplayWidth.of($1.text) }
            let isWhole = DisplayWidth.of(part.text) + min(rest, 1) <= left
            var text = part.text
            if !isWhole {
                text = String(DisplayWidth.prefix(of: text, columns: max(0, left - 1))) + (left > 0 ? "…" : "")
            }
            output += part.style.applied(to: text, usingColour: usesColour)
            left -= DisplayWidth.of(text)
            if !isWhole { break }
        }
        return output
    }
}

extension TopLine.Style {
    fileprivate func applied(to text: String, usingColour: Bool) -> String {
        switch self {
        case .tone(let tone): tone.applied(to: text, usingColour: usingColour)
        // Where there are no colours, something else shows what is selected.
        case .reversed: usingColour && !text.isEmpty ? "\u{1B}[7m\(text)\u{1B}[0m" : text
        }
    }
}
