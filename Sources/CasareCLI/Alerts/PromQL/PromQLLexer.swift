/// The words of an expression.
enum PromQLToken: Hashable, Sendable {
    case number(Double)
    /// A time such as `5m`, in seconds.
    case span(Double)
    case string(String)
    /// A keyword, a function, a label, or a metric, in which colons may stand.
    case name(String)
    /// An operator, a bracket or a comma.
    case symbol(String)
    case end
}

/// Takes an expression apart. By the grammar of Prometheus's documentation ("Querying basics").
struct PromQLLexer {
    struct Word: Hashable, Sendable {
        let token: PromQLToken
        /// The bytes of the text that it stands at.
        let range: Range<Int>
    }

    /// Expressions of rules are a fraction of that.
    static let bytesMax = 64 * 1024

    private static let symbols = ["==", "!=", ">=", "<=", "=~", "!~"]
    private static let spanUnits: [(name: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800), ("y", 31_536_000),
    ]

    private let bytes: [UInt8]
    private var place = 0

    private init(_ text: String) { self.bytes = Array(text.utf8) }

    /// The words, of which the last one is `.end`.
    static func words(of text: String) throws(PromQLError) -> [Word] {
        var lexer = PromQLLexer(text)
        guard lexer.bytes.count <= Self.bytesMax else {
            throw PromQLError("it is longer than \(Self.bytesMax / 1024) KiB")
        }
        var words: [Word] = []
        repeat { words.append(try lexer.next()) } while words.last?.token != .end
        return words
    }

    private var byte: UInt8? { self.place < self.bytes.count ? self.bytes[self.place] : nil }

    private mutating func next() throws(PromQLError) -> Word {
        self.skipBlanks()
        let start = self.place
        guard let byte else { return Word(token: .end, range: start..<start) }
        let token: PromQLToken
        if Self.isDigit(byte) || byte == UInt8(ascii: ".") {
            token = try self.number()
        } else if Self.beginsName(byte) {
            token = .name(self.taken { Self.beginsName($0) || Self.isDigit($0) })
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
            token = .string(try self.string(endingWith: byte))
        } else {
            token = .symbol(try self.symbol())
        }
        return Word(token: token, range: start..<self.place)
    }

    /// Blanks, and comments up to the end of their line.
    private mutating func skipBlanks() {
        while let byte {
            if byte == UInt8(ascii: "#") {
                while let next = self.byte, next != UInt8(ascii: "\n") { self.place += 1 }
            } else if [0x20, 0x09, 0x0A, 0x0D].contains(byte) {
                self.place += 1
            } else {
                return
            }
        }
    }

    private mutating func taken(while isPart: (UInt8) -> Bool) -> String {
        let start = self.place
        while let byte, isPart(byte) { self.place += 1 }
        return String(decoding: self.bytes[start..<self.place], as: UTF8.self)
    }

    /// A number, or a time where a unit follows it.
    private mutating func number() throws(PromQLError) -> PromQLToken {
        let start = self.place
        var digits = self.taken { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
        if let byte, byte | 0x20 == UInt8(ascii: "e") {
            digits += self.taken { $0 | 0x20 == UInt8(ascii: "e") }
            digits += self.taken { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
            digits += self.taken(while: Self.isDigit)
        }
        guard let byte, Self.beginsName(byte) else {
            guard let number = Double(digits) else { throw PromQLError("'\(digits)' at byte \(start) is no number") }
            return .number(number)
        }
        self.place = start
        return .span(try self.span())
    }

    /// Numbers with units, such as `1h30m`.
    private mutating func span() throws(PromQLError) -> Double {
        let start = self.place
        var seconds = 0.0
        while let byte, Self.isDigit(byte) {
            let digits = self.taken(while: Self.isDigit)
            let unit = self.taken(while: { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") })
            guard let number = Double(digits), let size = Self.spanUnits.first(where: { $0.name == unit })?.seconds
            else { throw PromQLError("'\(digits)\(unit)' at byte \(start) is no time such as 30s, 5m or 1d") }
            seconds += number * size
        }
        // A colon is that of a subquery, which the parser knows.
        if let byte, byte != UInt8(ascii: ":"), Self.beginsName(byte) || byte == UInt8(ascii: ".") {
            throw PromQLError("what stands at byte \(start) is neither a number nor a time such as 5m")
        }
        return seconds
    }

    private mutating func string(endingWith quote: UInt8) throws(PromQLError) -> String {
        let start = self.place
        var text: [UInt8] = []
        self.place += 1
        while let byte, byte != quote {
            self.place += 1
            guard byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") else {
                text.append(byte)
                continue
            }
            guard let escaped = self.byte else { break }
            self.place += 1
            switch escaped {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): text.append(escaped)
            default: throw PromQLError("the text at byte \(start) has an escape that is not known here")
            }
        }
        guard self.byte == quote else { throw PromQLError("the text at byte \(start) has no end") }
        self.place += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func symbol() throws(PromQLError) -> String {
        if self.place + 1 < self.bytes.count {
            let pair = String(decoding: self.bytes[self.place...(self.place + 1)], as: UTF8.self)
            if Self.symbols.contains(pair) {
                self.place += 2
                return pair
            }
        }
        let single = String(decoding: self.bytes[self.place...self.place], as: UTF8.self)
        guard "+-*/%^()[]{},=<>:@".contains(single) else {
            throw PromQLError("what stands at byte \(self.place) has no meaning in an expression")
        }
        self.place += 1
        return single
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func beginsName(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ":")
    }
}
