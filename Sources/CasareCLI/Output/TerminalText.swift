/// Text from elsewhere, made safe to print: nothing that a job, a workflow or a server says may drive the terminal.
enum TerminalText {
    /// `text` on one line: control characters, line breaks and direction overrides appear as escapes.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isUnsafe) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            if Self.isUnsafe(scalar) {
                safe += Self.escape(scalar)
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// `text` as lines, each made safe by itself, without a last empty one.
    static func lines(_ text: String) -> [String] {
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map {
            Self.line(String($0))
        }
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// JSON text whose strings hold no raw DEL or C1 control characters. JSON itself only escapes those below U+0020;
    /// some terminals take U+009B for the beginning of a command.
    static func json(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { (0x7F...0x9F).contains($0.value) }) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            if (0x7F...0x9F).contains(scalar.value) {
                safe += "\\u00" + String(scalar.value, radix: 16)
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F: true
        // Line and paragraph separators; marks, embeddings, overrides and isolates of writing direction.
        case 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0x061C: true
        // Invisible: byte order mark and tag characters.
        case 0xFEFF, 0xE0000...0xE007F: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{" + String(scalar.value, radix: 16) + "}"
        }
    }
}
