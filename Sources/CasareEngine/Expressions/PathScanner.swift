/// Reads paths out of UTF-8 text, from a position on.
struct PathScanner {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { self.position == self.bytes.count }

    var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    /// The longest path from here; `nil` where none begins. The position is then of no use.
    mutating func path() -> TemplatePath? {
        let start = self.position
        self.skip(UInt8(ascii: "$"))
        guard let first = self.next, Self.beginsName(first) else { return nil }
        self.skipName()
        let root = self.text(from: start)
        var steps: [TemplatePath.Step] = []
        while let step = self.step() {
            steps.append(step)
        }
        return TemplatePath(root: root, steps: steps)
    }

    private static let secretMark = Array("$secret:".utf8)

    /// What stands in a reference to a secret, up to the closing braces, which are taken too; `nil` where none begins.
    mutating func secret() -> String? {
        guard self.bytes[self.position...].starts(with: Self.secretMark) else { return nil }
        let start = self.position + Self.secretMark.count
        var end = start
        while end + 1 < self.bytes.count {
            if self.bytes[end] == UInt8(ascii: "}"), self.bytes[end + 1] == UInt8(ascii: "}") {
                self.position = end + 2
                return String(decoding: self.bytes[start..<end], as: UTF8.self)
            }
            end += 1
        }
        return nil
    }

    mutating func skipWhitespace() {
        while let next, Self.isWhitespace(next) {
            self.position += 1
        }
    }

    /// Whether the byte was there.
    @discardableResult
    mutating func skip(_ byte: UInt8) -> Bool {
        guard self.next == byte else { return false }
        self.position += 1
        return true
    }

    func text(from start: Int) -> String { String(decoding: self.bytes[start..<self.position], as: UTF8.self) }

    private mutating func step() -> TemplatePath.Step? {
        let start = self.position
        if self.skip(UInt8(ascii: ".")), let first = self.next, Self.beginsName(first) || Self.isDigit(first) {
            self.skipName()
            let key = String(decoding: self.bytes[start + 1..<self.position], as: UTF8.self)
            return .key(key, position: Self.isDigit(first) ? Int(key) : nil)
        }
        self.position = start
        if self.skip(UInt8(ascii: "[")) {
            let digits = self.position
            self.skip(UInt8(ascii: "-"))
            while let next, Self.isDigit(next) {
                self.position += 1
            }
            // A number too large for an index leads nowhere, but it is a path all the same.
            if self.bytes[digits..<self.position].contains(where: Self.isDigit) {
                let position = Int(self.text(from: digits)) ?? Int.max
                if self.skip(UInt8(ascii: "]")) { return .position(position) }
            }
        }
        self.position = start
        return nil
    }

    private mutating func skipName() {
        while let next, Self.continuesName(next) || next == UInt8(ascii: "-") {
            self.position += 1
        }
    }

    // MARK: Kinds of bytes

    /// Letters of any script: beyond ASCII every byte counts as one.
    static func beginsName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    static func continuesName(_ byte: UInt8) -> Bool { Self.beginsName(byte) || Self.isDigit(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    static func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}
