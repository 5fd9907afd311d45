/// Text inside Markdown (CommonMark, with GitHub's tables).
enum MarkdownText {
    /// A sentence as it is, but for what Markdown would take for mark-up; code between backticks stays code.
    static func inline(_ text: String) -> String {
        let line = TerminalText.line(text)
        let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
        // An odd number of backticks cannot be code throughout: then every one is meant as itself.
        guard pieces.count % 2 == 1 else { return Self.escaped(line) }
        return pieces.enumerated().map { position, piece in
            position % 2 == 1 ? "`\(piece)`" : Self.escaped(String(piece))
        }.joined()
    }

    static func code(_ text: String) -> String {
        let line = TerminalText.line(text)
        return line.contains("`") ? "`` \(line) ``" : "`\(line)`"
    }

    /// A cell of a table; also inside code a bar would end it.
    static func cell(_ markdown: String) -> String {
        String(markdown.flatMap { $0 == "|" ? ["\\", "|"] : [$0] })
    }

    static func table(_ headings: [String], _ rows: [[String]]) -> String {
        let lines = [headings, headings.map { _ in "---" }] + rows.map { $0.map(Self.cell) }
        return lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    private static func escaped(_ text: String) -> String {
        String(
            text.flatMap { character -> [Character] in
                switch character {
                case "<": Array("&lt;")
                case "&": Array("&amp;")
                case "*", "[", "]", "\\", "`": ["\\", character]
                default: [character]
                }
            })
    }
}
