import CasareEngine

/// Splitting and quoting of command lines as the POSIX shell does it (POSIX.1-2017, Shell Command Language §2.2).
enum ShellWords {
    /// - Throws: `ValueError` for a quote that is not closed.
    static func split(_ text: String) throws(NodeFailure) -> [String] {
        var words: [String] = []
        var word: String?
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "'":
                guard let close = rest.firstIndex(of: "'") else { throw self.unclosed("'", text) }
                word = (word ?? "") + rest[..<close]
                rest = rest[rest.index(after: close)...]
            case "\"":
                word = (word ?? "") + (try self.quoted(&rest, text))
            case "\\":
                // Before the end it stands for itself; a line break it joins.
                guard let next = rest.popFirst() else {
                    word = (word ?? "") + "\\"
                    continue
                }
                if next != "\n" { word = (word ?? "") + String(next) }
            case let blank where blank.isWhitespace:
                if let finished = word { words.append(finished) }
                word = nil
            default:
                // In place: a copy for every character would take the square of the time.
                if word == nil { word = "" }
                word?.append(character)
            }
        }
        if let finished = word { words.append(finished) }
        return words
    }

    /// The rest of a text in double quotes, in which a backslash escapes few characters only.
    private static func quoted(_ rest: inout Substring, _ text: String) throws(NodeFailure) -> String {
        var quoted = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"":
                return quoted
            case "\\":
                guard let next = rest.popFirst() else { throw self.unclosed("\"", text) }
                if next == "\n" { continue }
                quoted += "\"\\$`".contains(next) ? String(next) : "\\\(next)"
            default:
                quoted.append(character)
            }
        }
        throw self.unclosed("\"", text)
    }

    private static func unclosed(_ quote: String, _ text: String) -> NodeFailure {
        .value("The command line has a \(quote) that is not closed: \(text.prefix(200))")
    }

    /// One word, so that a shell reads it as it is.
    static func quote(_ word: String) -> String {
        let isPlain =
            !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_@%+=:,./-".contains($0)) }
        return isPlain
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
