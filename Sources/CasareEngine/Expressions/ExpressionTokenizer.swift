import CasareDomain

/// Cuts an expression into tokens.
struct ExpressionTokenizer {
    private let bytes: [UInt8]
    private var position = 0
    private var tokens: [ExpressionToken] = []
    /// Where the token being read begins.
    private var start = 0
    /// Continuation bytes of UTF-8 before `countedTo`: bytes minus these are Unicode scalars.
    private var continuationBytes = 0
    private var countedTo = 0

    static func tokens(of text: String) throws(ExpressionError) -> [ExpressionToken] {
        var tokenizer = ExpressionTokenizer(bytes: Array(text.utf8))
        while try tokenizer.readToken() {}
        return tokenizer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Whether there may be more.
    private mutating func readToken() throws(ExpressionError) -> Bool {
        while let next, PathScanner.isWhitespace(next) {
            self.position += 1
        }
        self.start = self.position
        guard let next else {
            self.append(.end)
            return false
        }
        if try self.readTemplate() { return true }
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            try self.readText(closedBy: next)
        case _ where PathScanner.isDigit(next),
            UInt8(ascii: ".") where self.byte(after: 1).map(PathScanner.isDigit) == true:
            try self.readNumber()
        case _ where PathScanner.beginsName(next), UInt8(ascii: "$"):
            try self.readName()
        default:
            try self.readOperator()
        }
        return true
    }

    // MARK: Templates

    /// A `%` begins a template only where a value is expected; after a value it divides.
    private mutating func readTemplate() throws(ExpressionError) -> Bool {
        let isPercent = self.next == UInt8(ascii: "%")
        if isPercent {
            if let last = self.tokens.last, last.endsOperand { return false }
        } else {
            guard self.next == UInt8(ascii: "{") || self.next == UInt8(ascii: "$") else { return false }
            guard self.byte(after: 1) == UInt8(ascii: "{") else { return false }
        }
        guard let (reference, end) = TemplateReference.reference(in: self.bytes, at: self.position) else {
            if isPercent { return false }
            throw self.error("a template must be a path such as {{order.total}}")
        }
        self.position = end
        self.append(.template(reference))
        return true
    }

    // MARK: Numbers

    private mutating func readNumber() throws(ExpressionError) {
        if self.next == UInt8(ascii: "0"), let radix = self.byte(after: 1).flatMap(Self.radix) {
            self.position += 2
            let digits = self.takeDigits { Character(Unicode.Scalar($0)).isHexDigit }
            guard let value = Int(digits, radix: radix) else { throw self.error("malformed number") }
            return try self.appendNumber(.int(value))
        }
        let digits = self.takeDigits(PathScanner.isDigit)
        var isIntegral = true
        if self.next == UInt8(ascii: ".") {
            isIntegral = false
            self.position += 1
            _ = self.takeDigits(PathScanner.isDigit)
        }
        if self.next == UInt8(ascii: "e") || self.next == UInt8(ascii: "E") {
            isIntegral = false
            self.position += 1
            if self.next == UInt8(ascii: "+") || self.next == UInt8(ascii: "-") { self.position += 1 }
            guard !self.takeDigits(PathScanner.isDigit).isEmpty else { throw self.error("malformed number") }
        }
        if isIntegral, digits.utf8.count > 1, digits.hasPrefix("0"), digits.contains(where: { $0 != "0" }) {
            throw self.error("malformed number: a leading zero")
        }
        if isIntegral, let value = Int(digits) { return try self.appendNumber(.int(value)) }
        guard let value = Double(self.text.filter { $0 != "_" }), value.isFinite else {
            throw self.error("number too large")
        }
        try self.appendNumber(.double(value))
    }

    private mutating func appendNumber(_ value: Value) throws(ExpressionError) {
        if let next, PathScanner.continuesName(next) { throw self.error("malformed number") }
        self.append(.number(value))
    }

    private static func radix(of letter: UInt8) -> Int? {
        switch letter | 0x20 {
        case UInt8(ascii: "x"): 16
        case UInt8(ascii: "o"): 8
        case UInt8(ascii: "b"): 2
        default: nil
        }
    }

    /// Digits without the underscores that may stand between them.
    private mutating func takeDigits(_ isDigit: (UInt8) -> Bool) -> String {
        var digits: [UInt8] = []
        while let next, isDigit(next) || (next == UInt8(ascii: "_") && !digits.isEmpty) {
            if next != UInt8(ascii: "_") { digits.append(next) }
            self.position += 1
        }
        return String(decoding: digits, as: UTF8.self)
    }

    // MARK: Names and operators

    private mutating func readName() throws(ExpressionError) {
        self.position += 1
        while let next, PathScanner.continuesName(next) {
            self.position += 1
        }
        let name = self.text
        if name == "$" { throw self.error("unexpected character '$'") }
        self.append(ExpressionToken.Symbol.keywords[name].map { .symbol($0) } ?? .name(name))
    }

    private mutating func readOperator() throws(ExpressionError) {
        for (bytes, symbol) in ExpressionToken.Symbol.operators
        where self.bytes[self.position...].starts(with: bytes) {
            self.position += bytes.count
            return self.append(.symbol(symbol))
        }
        if self.next == UInt8(ascii: "=") { throw self.error("unexpected '='; write == to compare") }
        throw self.error("unexpected character '\(Character(Unicode.Scalar(self.bytes[self.position])))'")
    }

    // MARK: Texts

    private mutating func readText(closedBy quote: UInt8) throws(ExpressionError) {
        self.position += 1
        var text: [UInt8] = []
        while let next {
            self.position += 1
            if next == quote {
                return self.append(.text(String(decoding: text, as: UTF8.self)))
            }
            if next == UInt8(ascii: "\\") {
                try self.readEscape(into: &text)
            } else {
                text.append(next)
            }
        }
        throw self.error("text without a closing quote")
    }

    /// As Python: an unknown escape keeps its backslash.
    private mutating func readEscape(into text: inout [UInt8]) throws(ExpressionError) {
        guard let letter = self.next else { return }
        self.position += 1
        switch letter {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "0"): text.append(0x00)
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): text.append(letter)
        case UInt8(ascii: "\n"): break
        case UInt8(ascii: "x"): try self.readScalar(digits: 2, into: &text)
        case UInt8(ascii: "u"): try self.readScalar(digits: 4, into: &text)
        case UInt8(ascii: "U"): try self.readScalar(digits: 8, into: &text)
        default: text += [UInt8(ascii: "\\"), letter]
        }
    }

    private mutating func readScalar(digits: Int, into text: inout [UInt8]) throws(ExpressionError) {
        let end = self.position + digits
        guard end <= self.bytes.count,
            let code = UInt32(String(decoding: self.bytes[self.position..<end], as: UTF8.self), radix: 16)
        else { throw self.error("malformed escape sequence in a text") }
        self.position = end
        text.append(contentsOf: Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8))
    }

    // MARK: Bytes

    private var next: UInt8? { self.byte(after: 0) }

    private func byte(after distance: Int) -> UInt8? {
        let position = self.position + distance
        return position < self.bytes.count ? self.bytes[position] : nil
    }

    private var text: String { String(decoding: self.bytes[self.start..<self.position], as: UTF8.self) }

    private mutating func append(_ kind: ExpressionToken.Kind) {
        self.tokens.append(ExpressionToken(kind, at: self.startOffset()))
    }

    private mutating func error(_ message: String) -> ExpressionError {
        ExpressionError(.syntax, message, at: self.startOffset())
    }

    private mutating func startOffset() -> Int {
        for byte in self.bytes[self.countedTo..<self.start] where byte & 0b1100_0000 == 0b1000_0000 {
            self.continuationBytes += 1
        }
        self.countedTo = self.start
        return self.start - self.continuationBytes
    }
}
