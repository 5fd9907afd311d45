/// A recursive-descent parser over bytes that are known to be UTF-8.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The unescaped bytes of the string being read; kept to reuse its storage.
    private var unescaped: [UInt8] = []
    private var duplicateKeys: DuplicateKeyFinder?

    /// - Parameter duplicateKeysMax: How many keys that come twice are told of; `nil`: nobody wants to know.
    init(_ bytes: UnsafeBufferPointer<UInt8>, duplicateKeysMax: Int? = nil) {
        self.bytes = bytes
        self.duplicateKeys = duplicateKeysMax.map { DuplicateKeyFinder(most: $0) }
    }

    /// What was found, when it was asked for.
    var foundDuplicateKeys: [JSONDuplicateKey] { self.duplicateKeys?.found ?? [] }

    mutating func document() throws(JSONError) -> Value {
        if self.bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            self.position = 3
        }
        let value = try self.value(depth: 0)
        self.skipWhitespace()
        guard self.position == self.bytes.count else { throw self.error(.trailingText) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> Value {
        self.skipWhitespace()
        switch self.next {
        case UInt8(ascii: "\""):
            return .string(try self.string())
        case UInt8(ascii: "{"):
            return .object(try self.object(depth: depth + 1))
        case UInt8(ascii: "["):
            return .list(try self.list(depth: depth + 1))
        case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte):
            return try self.number()
        case UInt8(ascii: "t"):
            try self.word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try self.word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try self.word("null")
            return .null
        default:
            throw self.error(.expected("a JSON value"))
        }
    }

    // MARK: Lists and objects

    private mutating func list(depth: Int) throws(JSONError) -> [Value] {
        try self.open(depth: depth)
        var elements: [Value] = []
        if self.skip(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try self.value(depth: depth))
            if self.skip(UInt8(ascii: ",")) { continue }
            guard self.skip(UInt8(ascii: "]")) else { throw self.error(.expected("',' or ']'")) }
            return elements
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> Object {
        try self.open(depth: depth)
        var object = Object()
        if self.skip(UInt8(ascii: "}")) { return object }
        while true {
            self.skipWhitespace()
            guard self.next == UInt8(ascii: "\"") else { throw self.error(.expected("a key in double quotes")) }
            let start = self.position
            let key = try self.string()
            guard self.skip(UInt8(ascii: ":")) else { throw self.error(.expected("':'")) }
            if self.duplicateKeys != nil { self.enter(key, at: start, isDuplicate: object[key] != nil) }
            object[key] = try self.value(depth: depth)
            self.duplicateKeys?.path.removeLast()
            if self.skip(UInt8(ascii: ",")) { continue }
            guard self.skip(UInt8(ascii: "}")) else { throw self.error(.expected("',' or '}'")) }
            return object
        }
    }

    private mutating func enter(_ key: String, at start: Int, isDuplicate: Bool) {
        self.duplicateKeys?.path.append(key)
        guard isDuplicate, self.duplicateKeys?.isFull == false else { return }
        // The place of an error is found in the same way; its reason does not matter here.
        let line = self.error(.trailingText, at: start).line
        self.duplicateKeys?.note(line: line)
    }

    private mutating func open(depth: Int) throws(JSONError) {
        guard depth <= Value.jsonDepthMax else { throw self.error(.tooDeep) }
        self.position += 1
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        let opening = self.position
        self.position += 1
        let start = self.position
        self.skipPlainText()
        if self.next == UInt8(ascii: "\"") {
            defer { self.position += 1 }
            return self.text(start..<self.position)
        }
        self.unescaped.removeAll(keepingCapacity: true)
        var plainStart = start
        while true {
            self.unescaped.append(contentsOf: UnsafeBufferPointer(rebasing: self.bytes[plainStart..<self.position]))
            switch self.next {
            case UInt8(ascii: "\""):
                self.position += 1
                return String(decoding: self.unescaped, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try self.escape()
            case nil:
                throw self.error(.unterminatedString, at: opening)
            case .some:
                throw self.error(.controlCharacter)
            }
            plainStart = self.position
            self.skipPlainText()
        }
    }

    /// Moves to the next quote, backslash or control character, or to the end.
    private mutating func skipPlainText() {
        var position = self.position
        while position < self.bytes.count {
            let byte = self.bytes[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            position += 1
        }
        self.position = position
    }

    private mutating func escape() throws(JSONError) {
        let start = self.position
        self.position += 1
        let letter = self.next
        self.position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): self.unescaped.append(letter!)
        case UInt8(ascii: "b"): self.unescaped.append(0x08)
        case UInt8(ascii: "f"): self.unescaped.append(0x0C)
        case UInt8(ascii: "n"): self.unescaped.append(0x0A)
        case UInt8(ascii: "r"): self.unescaped.append(0x0D)
        case UInt8(ascii: "t"): self.unescaped.append(0x09)
        case UInt8(ascii: "u"): self.append(try self.escapedScalar(from: start))
        default: throw self.error(.malformedEscape, at: start)
        }
    }

    private mutating func escapedScalar(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let unit = try self.hexadecimalUnit(from: start)
        let isEscapeNext = self.next == UInt8(ascii: "\\") && self.byte(at: self.position + 1) == UInt8(ascii: "u")
        if UTF16.isLeadSurrogate(unit), isEscapeNext {
            let afterLead = self.position
            self.position += 2
            let trail = try self.hexadecimalUnit(from: afterLead)
            if UTF16.isTrailSurrogate(trail) {
                return Unicode.Scalar(0x10000 + ((UInt32(unit) & 0x3FF) << 10 | UInt32(trail) & 0x3FF)) ?? "\u{FFFD}"
            }
            // Not a pair: the lead half stands alone, and what follows is read anew.
            self.position = afterLead
        }
        return Unicode.Scalar(unit) ?? "\u{FFFD}"
    }

    private mutating func hexadecimalUnit(from start: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = self.next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw self.error(.malformedEscape, at: start)
            }
            unit = unit << 4 | UInt16(digit)
            self.position += 1
        }
        return unit
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        self.unescaped.append(contentsOf: UTF8.encode(scalar)!)  // Every scalar has an UTF-8 form.
    }

    // MARK: Numbers and words

    private mutating func number() throws(JSONError) -> Value {
        let start = self.position
        let isNegative = self.skipSign(UInt8(ascii: "-"))
        var number = DecimalNumber()
        let firstDigit = self.position
        let integerDigits = self.readDigits(into: &number)
        // One digit, or several of which the first is not zero.
        guard integerDigits == 1 || (integerDigits > 1 && self.bytes[firstDigit] != UInt8(ascii: "0")) else {
            throw self.error(.malformedNumber, at: start)
        }
        var isIntegral = true
        if self.next == UInt8(ascii: ".") {
            isIntegral = false
            self.position += 1
            let digits = self.readDigits(into: &number)
            guard digits > 0 else { throw self.error(.malformedNumber, at: start) }
            number.exponent = -digits
        }
        if self.next == UInt8(ascii: "e") || self.next == UInt8(ascii: "E") {
            isIntegral = false
            self.position += 1
            number.exponent += try self.exponent(from: start)
        }
        if isIntegral, let integer = number.integer(isNegative: isNegative) { return .int(integer) }
        if let double = number.double { return .double(isNegative ? -double : double) }
        guard let double = Double(self.text(start..<self.position)), double.isFinite else {
            throw self.error(.numberOutOfRange, at: start)
        }
        return .double(double)
    }

    /// The digits after `e`, with their sign.
    private mutating func exponent(from start: Int) throws(JSONError) -> Int {
        let isNegative = self.skipSign(UInt8(ascii: "-"))
        if !isNegative { _ = self.skipSign(UInt8(ascii: "+")) }
        var number = DecimalNumber()
        guard self.readDigits(into: &number) > 0 else { throw self.error(.malformedNumber, at: start) }
        // Beyond any double's exponent; the exact size no longer matters.
        let magnitude = number.integer(isNegative: false).map { Swift.min($0, 1_000_000) } ?? 1_000_000
        return isNegative ? -magnitude : magnitude
    }

    private mutating func skipSign(_ sign: UInt8) -> Bool {
        guard self.next == sign else { return false }
        self.position += 1
        return true
    }

    /// How many digits there were.
    private mutating func readDigits(into number: inout DecimalNumber) -> Int {
        let start = self.position
        while let byte = self.next, Self.isDigit(byte) {
            number.append(byte - UInt8(ascii: "0"))
            self.position += 1
        }
        return self.position - start
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        let end = self.position + word.utf8CodeUnitCount
        guard end <= self.bytes.count,
            self.bytes[self.position..<end].elementsEqual(
                UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        else { throw self.error(.expected("a JSON value")) }
        self.position = end
    }

    // MARK: Bytes

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private var next: UInt8? { self.byte(at: self.position) }

    private func byte(at position: Int) -> UInt8? {
        position < self.bytes.count ? self.bytes[position] : nil
    }

    private mutating func skipWhitespace() {
        while let byte = self.next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            self.position += 1
        }
    }

    /// Skips whitespace, and `byte` when it comes next.
    private mutating func skip(_ byte: UInt8) -> Bool {
        self.skipWhitespace()
        guard self.next == byte else { return false }
        self.position += 1
        return true
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: self.bytes[range]), as: UTF8.self)
    }

    private func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(reason, at: offset ?? self.position, in: self.bytes)
    }
}
