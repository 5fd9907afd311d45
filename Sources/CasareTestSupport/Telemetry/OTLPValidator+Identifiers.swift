extension OTLPValidator {
    /// Whether part of a text looks as if it named one of many things: a UUID, a ULID, a long number, a hash.
    static func namesOneOfMany(_ text: String) -> Bool {
        let words = text.utf8.split { !Self.isDigit($0) && !Self.isLetter($0) }
        let uuid = [8, 4, 4, 4, 12]
        let hasUUID = words.indices.contains { start in
            let part = words[start...].prefix(uuid.count)
            return part.map(\.count) == uuid && part.allSatisfy { $0.allSatisfy(Self.isHex) }
        }
        return hasUUID || words.contains { Self.isLongNumber($0) || Self.isHash($0) || Self.isULID($0) }
    }

    private static func isLongNumber(_ word: Substring.UTF8View) -> Bool {
        word.count >= 6 && word.allSatisfy(Self.isDigit)
    }

    private static func isHash(_ word: Substring.UTF8View) -> Bool {
        word.count >= 16 && word.allSatisfy { Self.isHex($0) && !Self.isUpper($0) }
    }

    /// 26 digits of Crockford's base 32, which leaves out letters that look like others.
    private static func isULID(_ word: Substring.UTF8View) -> Bool {
        word.count == 26 && word.allSatisfy { Self.isDigit($0) || Self.isUpper($0) && !"ILOU".utf8.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        Self.isUpper(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        Self.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
