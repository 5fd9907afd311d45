import CasareEngine

/// Splitting and quoting of command lines as the POSIX shell does it (POSIX.1-2017, Shell Command Language §2.2).
///
/// By Unicode scalars: a shell reads bytes, and to it a quote with an accent upon it is a quote.
enum ShellWords {
    private static let plain = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-".unicodeScalars)
    /// What a backslash in double quotes takes the meaning from.
    private static let escapable = Set("\"\\$`".unicodeScalars)

    /// - Throws: `ValueError` for a quote that is not closed.
    static func split(_ text: String) throws(NodeFailure) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        // Of which there may be nothing yet: '' is a word.
        var isInWord = false
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "'":
                guard let close = rest.firstIndex(of: "'") else { throw self.unclosed("'", text) }
                word.append(contentsOf: rest[..<close])
                rest = rest[rest.index(after: close)...]
                isInWord = true
            case "\"":
                word.append(contentsOf: try self.quoted(&rest, text))
                isInWord = true
            case "\\":
                // Before the end it stands for itself; a line break it joins.
                let next = rest.popFirst() ?? "\\"
                if next == "\n" { continue }
                word.append(next)
                isInWord = true
            // No other blanks: what a shell takes for a part of a word must be one here too.
            case " ", "\t", "\n", "\r":
                if isInWord { words.append(String(word)) }
                word = String.UnicodeScalarView()
                isInWord = false
            default:
                word.append(scalar)
                isInWord = true
            }
        }
        if isInWord { words.append(String(word)) }
        return words
    }

    /// The rest of a text in double quotes, in which a backslash escapes few characters only.
    private static func quoted(
        _ rest: inout Substring.UnicodeScalarView, _ text: String
    ) throws(NodeFailure) -> String.UnicodeScalarView {
        var quoted = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"":
                return quoted
            case "\\":
                guard let next = rest.popFirst() else { throw self.unclosed("\"", text) }
                if next == "\n" { continue }
                if !self.escapable.contains(next) { quoted.append(scalar) }
                quoted.append(next)
            default:
                quoted.append(scalar)
            }
        }
        throw self.unclosed("\"", text)
    }

    private static func unclosed(_ quote: String, _ text: String) -> NodeFailure {
        .value("The command line has a \(quote) that is not closed: \(text.prefix(200))")
    }

    /// One word, so that a shell reads it as it is.
    static func quote(_ word: String) -> String {
        if !word.isEmpty, word.unicodeScalars.allSatisfy(self.plain.contains) { return word }
        return "'" + word.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }
}
