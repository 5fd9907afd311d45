/// `name=value,name=value`, as resources and headers stand in variables: the form of W3C Baggage without properties,
/// percent-encoded where a comma, an equals sign or a percent sign is meant.
enum PairList {
    static let membersMax = 128

    /// Blanks around names and values do not count, nor do empty members.
    ///
    /// - Returns: `nil` for what is not of the form; then all of it is to be dropped.
    static func pairs(_ text: String) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for part in text.split(separator: ",") {
            if part.allSatisfy(\.isWhitespace) { continue }
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, pairs.count < Self.membersMax, let name = Self.decoded(halves[0]), !name.isEmpty,
                let value = Self.decoded(halves[1])
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    /// - Returns: `nil` where a percent sign is not followed by two hexadecimal digits, or the bytes are no UTF-8.
    private static func decoded(_ text: Substring) -> String? {
        var trimmed = text.drop(while: \.isWhitespace)
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        var rest = trimmed.utf8[...]
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy(Self.isHexDigit),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
