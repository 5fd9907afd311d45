/// What an IMAP server answers with: a line, in which literals may stand (RFC 3501 §7).
struct IMAPResponse {
    enum Item: Equatable {
        case atom(String)
        case string([UInt8])
        case list([Item])
    }

    /// The line's pieces of text, and between each two of them a literal.
    var texts: [[UInt8]]
    var literals: [[UInt8]]

    /// `*` of a response that nothing asked for by name, `+` of an invitation to go on, or a command's tag.
    var tag: String { self.word(0) }

    /// In upper case: `OK`, `SEARCH`, `FETCH` (which stands after a number), …
    var name: String {
        let second = self.word(1).uppercased()
        return Int(second) == nil ? second : self.word(2).uppercased()
    }

    /// What a status says to people.
    var statusText: String {
        let words = String(decoding: self.texts[0], as: UTF8.self).split(separator: " ", maxSplits: 2)
        return words.count > 2 ? String(words[2]) : ""
    }

    /// The words after the name.
    var words: [String] {
        String(decoding: self.texts[0], as: UTF8.self).split(separator: " ").dropFirst(2).map(String.init)
    }

    private func word(_ position: Int) -> String {
        let words = String(decoding: self.texts[0].prefix(200), as: UTF8.self).split(separator: " ")
        return position < words.count ? String(words[position]) : ""
    }

    /// The items after tag and name, taken apart; `nil` for what does not follow the grammar.
    var items: [Item]? {
        var parser = IMAPItemParser(texts: self.texts, literals: self.literals)
        return parser.items()
    }
}

/// Takes the items of a response apart: atoms, quoted strings, literals and lists in parentheses.
private struct IMAPItemParser {
    private static let depthMax = 50

    private let texts: [[UInt8]]
    private let literals: [[UInt8]]
    private var piece = 0
    private var position = 0

    init(texts: [[UInt8]], literals: [[UInt8]]) {
        self.texts = texts
        self.literals = literals
    }

    private var next: UInt8? {
        self.position < self.texts[self.piece].count ? self.texts[self.piece][self.position] : nil
    }

    mutating func items() -> [IMAPResponse.Item]? {
        var items: [IMAPResponse.Item] = []
        while let item = self.item(depth: 0) { items.append(item) }
        return self.next == nil && self.piece == self.texts.count - 1 ? items : nil
    }

    /// The next item; `nil` at the end, at a closing parenthesis and at what is none.
    private mutating func item(depth: Int) -> IMAPResponse.Item? {
        while self.next == 0x20 { self.position += 1 }
        guard let byte = self.next else {
            return nil
        }
        switch byte {
        case UInt8(ascii: "("):
            guard depth < Self.depthMax else { return nil }
            self.position += 1
            var list: [IMAPResponse.Item] = []
            while let item = self.item(depth: depth + 1) { list.append(item) }
            guard self.next == UInt8(ascii: ")") else { return nil }
            self.position += 1
            return .list(list)
        case UInt8(ascii: ")"): return nil
        case UInt8(ascii: "\""): return self.quoted()
        case UInt8(ascii: "{"):
            // It stands at the end of its piece, since the literal begins with the next line.
            guard self.piece < self.literals.count else { return nil }
            defer { (self.piece, self.position) = (self.piece + 1, 0) }
            return .string(self.literals[self.piece])
        default: return self.atom()
        }
    }

    private mutating func quoted() -> IMAPResponse.Item? {
        self.position += 1
        var bytes: [UInt8] = []
        while let byte = self.next {
            self.position += 1
            if byte == UInt8(ascii: "\"") { return .string(bytes) }
            if byte == UInt8(ascii: "\\"), let escaped = self.next {
                bytes.append(escaped)
                self.position += 1
            } else {
                bytes.append(byte)
            }
        }
        return nil
    }

    /// Up to a space or parenthesis, except those in brackets: `BODY[HEADER.FIELDS (FROM)]`.
    private mutating func atom() -> IMAPResponse.Item {
        var bytes: [UInt8] = []
        var isInside = false
        while let byte = self.next {
            if byte == UInt8(ascii: "[") { isInside = true }
            if byte == UInt8(ascii: "]") { isInside = false }
            if !isInside, byte == 0x20 || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") { break }
            bytes.append(byte)
            self.position += 1
        }
        return .atom(String(decoding: bytes, as: UTF8.self))
    }
}
