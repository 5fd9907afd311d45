/// Takes SQL text apart far enough to tell words and operators from what is quoted and from comments.
///
/// The lexical rules are PostgreSQL's (manual §4.1), with SQLite's quoting by backticks; SQLite's other differences
/// only make a text look more complicated than it is.
package struct SQLScanner {
    package enum Token: Equatable, Sendable {
        /// A keyword or a name that is not quoted, in upper case.
        case word(String)
        /// A quoted name, a literal, a number, or a parameter with a number or a name.
        case operand
        /// One character of anything else; white space and comments are left out.
        case symbol(Character)
    }

    package struct Part: Equatable, Sendable {
        package var token: Token
        /// In the text's UTF-8.
        package var range: Range<Int>
    }

    /// As UTF-8.
    private let source: [UInt8]
    private var position = 0

    private init(_ text: String) { self.source = Array(text.utf8) }

    /// All parts of a text, in order.
    package static func parts(of text: String) -> [Part] {
        var scanner = SQLScanner(text)
        var parts: [Part] = []
        while let part = scanner.next() { parts.append(part) }
        return parts
    }

    private mutating func next() -> Part? {
        while self.position < self.source.count {
            let start = self.position
            guard let token = self.token() else { continue }
            return Part(token: token, range: start..<self.position)
        }
        return nil
    }

    /// Passes over one token; `nil` for white space and comments.
    private mutating func token() -> Token? {
        let byte = self.source[self.position]
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0B, 0x0C:
            self.position += 1
            return nil
        case UInt8(ascii: "-") where self.byte(1) == UInt8(ascii: "-"):
            self.skip { $0 != UInt8(ascii: "\n") }
            return nil
        case UInt8(ascii: "/") where self.byte(1) == UInt8(ascii: "*"):
            self.skipBlockComment()
            return nil
        case UInt8(ascii: "'"):
            self.skipQuoted(by: byte, escapedByBackslash: false)
            return .operand
        case UInt8(ascii: "\""), UInt8(ascii: "`"):
            self.skipQuoted(by: byte, escapedByBackslash: false)
            return .operand
        case UInt8(ascii: "$"):
            self.skipDollar()
            return .operand
        case _ where Self.beginsWord(byte):
            return self.word()
        case _ where Self.isDigit(byte):
            self.skip { Self.continuesWord($0) || $0 == UInt8(ascii: ".") }
            return .operand
        default:
            self.position += 1
            return .symbol(Character(Unicode.Scalar(byte)))
        }
    }

    private mutating func word() -> Token {
        let start = self.position
        self.skip(while: Self.continuesWord)
        let word = String(decoding: self.source[start..<self.position], as: UTF8.self).uppercased()
        // Prefixes of literals: E'…', B'…', X'…', N'…', U&'…'.
        if self.byte(0) == UInt8(ascii: "'"), ["E", "B", "X", "N"].contains(word) {
            self.skipQuoted(by: UInt8(ascii: "'"), escapedByBackslash: word == "E")
            return .operand
        }
        return .word(word)
    }

    private func byte(_ distance: Int) -> UInt8? {
        let index = self.position + distance
        return index < self.source.count ? self.source[index] : nil
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while self.position < self.source.count, condition(self.source[self.position]) { self.position += 1 }
    }

    private mutating func skipQuoted(by quote: UInt8, escapedByBackslash: Bool) {
        self.position += 1
        while let byte = self.byte(0) {
            if byte == UInt8(ascii: "\\"), escapedByBackslash {
                self.position = min(self.position + 2, self.source.count)
            } else if byte == quote, self.byte(1) == quote {
                self.position += 2
            } else {
                self.position += 1
                if byte == quote { return }
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            switch (self.byte(0), self.byte(1)) {
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                depth += 1
                self.position += 2
            case (UInt8(ascii: "*"), UInt8(ascii: "/")):
                depth -= 1
                self.position += 2
            default:
                self.position += 1
            }
        } while depth > 0 && self.position < self.source.count
        self.position = min(self.position, self.source.count)
    }

    /// A dollar quote (`$$…$$`, `$tag$…$tag$`), or a parameter (`$1`).
    private mutating func skipDollar() {
        let start = self.position
        self.position += 1
        let startsWithDigit = self.byte(0).map(Self.isDigit) ?? false
        self.skip(while: Self.continuesWord)
        guard !startsWithDigit, self.byte(0) == UInt8(ascii: "$") else { return }
        self.position += 1
        let tag = self.source[start..<self.position]
        while self.position < self.source.count {
            if self.source[self.position...].starts(with: tag) {
                self.position += tag.count
                return
            }
            self.position += 1
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func beginsWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private static func continuesWord(_ byte: UInt8) -> Bool { Self.beginsWord(byte) || Self.isDigit(byte) }
}
