import FoundationEssentials

/// Fields of a mail's header as they are written (RFC 5322, RFC 2047, RFC 2231).
enum MailHeader {
    /// Where a line is folded, if it can be.
    private static let lineBytes = 78
    /// No word may be longer; the limit of a line is 998.
    private static let wordBytesMax = 900
    /// Of UTF-8 in an encoded word, so that one fits on a line beside the name of its field.
    private static let encodedBytesMax = 39

    /// A field with free text, folded, with its end.
    static func field(_ name: String, text: String) -> String {
        self.field(name, words: self.isPlain(text) ? text : self.encoded(text))
    }

    /// A field whose words may be folded between, with its end.
    static func field(_ name: String, words: String) -> String {
        var field = name + ":"
        var lineBytes = field.utf8.count
        for word in words.split(separator: " ", omittingEmptySubsequences: false) {
            if lineBytes + 1 + word.utf8.count > self.lineBytes, !word.isEmpty, lineBytes > name.utf8.count + 1 {
                field += "\r\n"
                lineBytes = 0
            }
            field += " " + word
            lineBytes += 1 + word.utf8.count
        }
        return field + "\r\n"
    }

    /// A field of addresses, each with its comma on one line where possible.
    static func field(_ name: String, addresses: [MailAddress]) -> String {
        self.field(name, words: addresses.map(\.headerText).joined(separator: ", "))
    }

    /// A name before an address.
    static func phrase(_ text: String) -> String {
        guard self.isPlain(text) else { return self.encoded(text) }
        if text.utf8.allSatisfy({ self.isAtom($0) || $0 == 0x20 }) { return text }
        return CommandText.quoted(text)
    }

    /// The file name parameter of an attachment (RFC 2231 where it is not plain).
    static func fileName(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy {
            (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain { return "filename=\"\(name)\"" }
        // Without a second name in ASCII: readers that know both forms do not agree which of them counts.
        return "filename*=utf-8''\(PercentCoding.encoded(name))"
    }

    /// RFC 5322 `atext`.
    static func isAtom(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
        }
    }

    /// Whether a text can stand as it is and means itself.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?")
            && text.split(separator: " ").allSatisfy { $0.utf8.count <= self.wordBytesMax }
    }

    /// Encoded words, with spaces between that a reader takes out.
    private static func encoded(_ text: String) -> String {
        var words: [String] = []
        var part: [UInt8] = []
        func finish() {
            if !part.isEmpty { words.append("=?utf-8?B?\(Data(part).base64EncodedString())?=") }
            part = []
        }
        // A character is never split: each word must be text of its own.
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if part.count + bytes.count > self.encodedBytesMax { finish() }
            part += bytes
        }
        finish()
        return words.joined(separator: " ")
    }
}
