/// Replaces named parameters (`@name`) by the server's numbered ones (`$1`).
///
/// What SQL quotes stays as it is: string literals (also `E'…\'…'`), quoted identifiers, dollar quotes and comments,
/// which nest. An `@` begins a parameter when a letter or `_` follows, unless it ends an operator (`@@`, `<@`, `~@`,
/// `-@`, `!@`) or stands inside an identifier.
struct QueryParser {
    private let source: [UInt8]
    private var position = 0
    private var output: [UInt8] = []
    private var names: [String] = []

    static func parse(_ sql: String) -> (text: String, names: [String]) {
        var parser = QueryParser(source: Array(sql.utf8))
        parser.run()
        return (String(decoding: parser.output, as: UTF8.self), parser.names)
    }

    private init(source: [UInt8]) {
        self.source = source
        self.output.reserveCapacity(source.count)
    }

    private mutating func run() {
        while self.position < self.source.count {
            switch self.source[self.position] {
            case UInt8(ascii: "'"): self.copyQuoted(by: UInt8(ascii: "'"), escapedByBackslash: self.followsEscapePrefix)
            case UInt8(ascii: "\""): self.copyQuoted(by: UInt8(ascii: "\""), escapedByBackslash: false)
            case UInt8(ascii: "-") where self.byte(after: 1) == UInt8(ascii: "-"): self.copyLineComment()
            case UInt8(ascii: "/") where self.byte(after: 1) == UInt8(ascii: "*"): self.copyBlockComment()
            case UInt8(ascii: "$"): self.copyDollar()
            case UInt8(ascii: "@"): self.copyAt()
            default: self.copy(1)
            }
        }
    }

    private func byte(after distance: Int) -> UInt8? {
        let index = self.position + distance
        return self.source.indices.contains(index) ? self.source[index] : nil
    }

    private mutating func copy(_ count: Int) {
        let end = min(self.position + count, self.source.count)
        self.output.append(contentsOf: self.source[self.position..<end])
        self.position = end
    }

    /// Whether the quote at the present position begins an `E'…'` literal.
    private var followsEscapePrefix: Bool {
        guard let prefix = self.byte(after: -1), prefix | 0x20 == UInt8(ascii: "e") else { return false }
        return !(self.byte(after: -2).map(Self.continuesName) ?? false)
    }

    private mutating func copyQuoted(by quote: UInt8, escapedByBackslash: Bool) {
        self.copy(1)
        while self.position < self.source.count {
            let byte = self.source[self.position]
            if byte == UInt8(ascii: "\\"), escapedByBackslash {
                self.copy(2)
            } else if byte == quote, self.byte(after: 1) == quote {
                self.copy(2)
            } else {
                self.copy(1)
                if byte == quote { return }
            }
        }
    }

    private mutating func copyLineComment() {
        while self.position < self.source.count, self.source[self.position] != UInt8(ascii: "\n") {
            self.copy(1)
        }
    }

    private mutating func copyBlockComment() {
        var depth = 0
        repeat {
            switch (self.byte(after: 0), self.byte(after: 1)) {
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                depth += 1
                self.copy(2)
            case (UInt8(ascii: "*"), UInt8(ascii: "/")):
                depth -= 1
                self.copy(2)
            default:
                self.copy(1)
            }
        } while depth > 0 && self.position < self.source.count
    }

    /// A dollar quote (`$$…$$`, `$tag$…$tag$`), or a lone `$`, as in `$1` or inside an identifier.
    private mutating func copyDollar() {
        if self.byte(after: -1).map(Self.continuesName) ?? false {
            self.copy(1)
            return
        }
        var end = self.position + 1
        while end < self.source.count, Self.continuesName(self.source[end]) { end += 1 }
        let startsWithDigit = self.byte(after: 1).map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        guard end < self.source.count, self.source[end] == UInt8(ascii: "$"), !startsWithDigit else {
            self.copy(1)
            return
        }
        let tag = self.source[self.position...end]
        self.copy(tag.count)
        while self.position < self.source.count {
            if self.source[self.position...].starts(with: tag) {
                self.copy(tag.count)
                return
            }
            self.copy(1)
        }
    }

    private mutating func copyAt() {
        let operatorEnds: [UInt8] = [
            UInt8(ascii: "@"), UInt8(ascii: "<"), UInt8(ascii: "~"), UInt8(ascii: "-"), UInt8(ascii: "!"),
        ]
        let previous = self.byte(after: -1)
        let isPartOfAnother = previous.map { operatorEnds.contains($0) || Self.continuesName($0) } ?? false
        guard !isPartOfAnother, let next = self.byte(after: 1), Self.beginsName(next) else {
            self.copy(1)
            return
        }
        var end = self.position + 1
        while end < self.source.count, Self.continuesName(self.source[end]) { end += 1 }
        let name = String(decoding: self.source[self.position + 1..<end], as: UTF8.self)
        let number: Int
        if let known = self.names.firstIndex(of: name) {
            number = known + 1
        } else {
            self.names.append(name)
            number = self.names.count
        }
        self.output.append(contentsOf: "$\(number)".utf8)
        self.position = end
    }

    private static func beginsName(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func continuesName(_ byte: UInt8) -> Bool {
        Self.beginsName(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte >= 0x80
    }
}
