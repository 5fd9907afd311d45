extension Failure {
    /// Sixteen hex digits, equal for failures that differ only in numbers, identifiers and quoted text: what dead
    /// letters are grouped by. Stored, so the rule must not change from one version to the next.
    public var fingerprint: String {
        // FNV-1a, 64 bits: stable across processes, which Swift's own hashing is not.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(self.type)\n\(MessagePattern(self.message).text)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// What remains of a message when its particulars are taken out: a word with a digit in it, or a long word of hex
/// digits, becomes `#`, and quoted text becomes `""`.
struct MessagePattern: Hashable, Sendable {
    /// Hex words from this length on are taken for identifiers: `deadbeef`, but not `added`.
    private static let hexWordBytesMin = 8
    /// Messages may carry whole documents; what follows says little about the kind of error.
    private static let bytesMax = 4096

    let text: String

    init(_ message: String) {
        var scanner = Scanner(Array(message.utf8.prefix(Self.bytesMax)))
        self.text = String(decoding: scanner.pattern(), as: UTF8.self)
    }

    private struct Scanner {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func pattern() -> [UInt8] {
            var pattern: [UInt8] = []
            while self.position < self.bytes.count {
                let byte = self.bytes[self.position]
                if let end = self.endOfQuotation() {
                    pattern += [0x22, 0x22]
                    self.position = end
                } else if Self.isWordByte(byte) {
                    pattern += self.word()
                } else if Self.isSpace(byte) {
                    if let last = pattern.last, last != 0x20 { pattern.append(0x20) }
                    self.position += 1
                } else {
                    pattern.append(byte)
                    self.position += 1
                }
            }
            if pattern.last == 0x20 { pattern.removeLast() }
            return pattern
        }

        /// Where the quotation that begins here ends; `nil` when none does. An apostrophe within a word is not one.
        private func endOfQuotation() -> Int? {
            let quote = self.bytes[self.position]
            guard quote == 0x22 || quote == 0x27 || quote == 0x60 else { return nil }
            if quote == 0x27, self.position > 0, Self.isWordByte(self.bytes[self.position - 1]) { return nil }
            var end = self.position + 1
            while end < self.bytes.count {
                let isClosing =
                    self.bytes[end] == quote
                    && !(quote == 0x27 && end + 1 < self.bytes.count && Self.isWordByte(self.bytes[end + 1]))
                if isClosing { return end + 1 }
                end += 1
            }
            return nil
        }

        /// The word that begins here, or `#`. One mark between letters or digits joins them: `10:42`, `a.b`, `/tmp/x`.
        private mutating func word() -> [UInt8] {
            let start = self.position
            var hasDigit = false
            var isHex = true
            while self.position < self.bytes.count {
                let byte = self.bytes[self.position]
                if Self.isWordByte(byte) {
                    hasDigit = hasDigit || Self.isDigit(byte)
                    isHex = isHex && Self.isHexDigit(byte)
                } else if !Self.isJoint(byte) || self.position + 1 == self.bytes.count
                    || !Self.isWordByte(self.bytes[self.position + 1])
                {
                    break
                }
                self.position += 1
            }
            let word = self.bytes[start..<self.position]
            return hasDigit || isHex && word.count >= MessagePattern.hexWordBytesMin ? [0x23] : Array(word)
        }

        private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

        private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

        private static func isHexDigit(_ byte: UInt8) -> Bool {
            self.isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
        }

        /// Letters, digits, `_` and every byte of a character outside ASCII.
        private static func isWordByte(_ byte: UInt8) -> Bool {
            self.isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
                || byte >= 0x80
        }

        /// `+ , - . / : @`
        private static func isJoint(_ byte: UInt8) -> Bool {
            (0x2B...0x2F).contains(byte) || byte == 0x3A || byte == 0x40
        }
    }
}
