/// Comma-separated values (RFC 4180), with line feeds as line ends.
enum CSVText {
    static func render(_ headings: [Heading], _ rows: [[Cell]], showingHeader: Bool) -> String {
        var lines: [[String]] = showingHeader ? [headings.map(\.key)] : []
        lines += rows.map { $0.map(\.plain) }
        return lines.map { $0.map(Self.field).joined(separator: ",") + "\n" }.joined()
    }

    /// Line breaks and tabs stay, inside quotes; other control characters become escapes, because CSV is looked at on
    /// terminals too. `-o json` keeps every character.
    private static func field(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x2C }
        if isPlain { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\"\""
            case "\n", "\r", "\t": quoted.unicodeScalars.append(scalar)
            default: quoted += TerminalText.line(String(scalar))
            }
        }
        return quoted + "\""
    }
}
