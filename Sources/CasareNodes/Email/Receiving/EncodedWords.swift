/// Text of headers, in which words may be encoded: `=?utf-8?B?…?=` (RFC 2047).
enum EncodedWords {
    private struct Word {
        var charset: String
        var bytes: [UInt8]
    }

    /// The text of a header's bytes, which may also be text that nothing announces.
    static func decode(_ bytes: [UInt8]) -> String { self.decode(Charset.text(bytes, "")) }

    static func decode(_ text: String) -> String {
        guard text.contains("=?") else { return text }
        var decoded = ""
        var pending: Word?
        func finish() {
            if let word = pending { decoded += Charset.text(word.bytes, word.charset) }
            pending = nil
        }
        var rest = Substring(text)
        while let start = rest.firstRange(of: "=?") {
            let before = rest[..<start.lowerBound]
            guard let (word, after) = self.word(rest[start.lowerBound...]) else {
                finish()
                decoded += rest[..<start.upperBound]
                rest = rest[start.upperBound...]
                continue
            }
            // White space between encoded words is not text, and a character may be cut between them.
            if pending == nil || !before.allSatisfy(\.isWhitespace) {
                finish()
                decoded += before
            }
            if let former = pending, former.charset == word.charset {
                pending?.bytes += word.bytes
            } else {
                finish()
                pending = word
            }
            rest = after
        }
        finish()
        return decoded + rest
    }

    /// The encoded word that a text begins with, and what comes after it.
    private static func word(_ text: Substring) -> (Word, after: Substring)? {
        let parts = text.dropFirst(2).split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[3].hasPrefix("="), parts[0].allSatisfy({ $0.isASCII && !$0.isWhitespace }),
            !parts[2].contains(where: \.isWhitespace) || parts[1].lowercased() == "q"
        else { return nil }
        let bytes: [UInt8]
        switch parts[1].lowercased() {
        case "b": bytes = TransferEncoding.base64(parts[2].utf8)
        case "q": bytes = TransferEncoding.quotedPrintable(Array(parts[2].utf8), isWord: true)
        default: return nil
        }
        // RFC 2231 §5: a language may follow.
        let charset = parts[0].prefix { $0 != "*" }.lowercased()
        return (Word(charset: charset, bytes: bytes), parts[3].dropFirst())
    }
}
