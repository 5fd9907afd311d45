import CasareDomain

/// Percent-encoding of URLs and forms.
enum PercentCoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// As forms and queries write a value: a space is a plus sign.
    static func formEncoded(_ text: String) -> String {
        self.encoded(text.utf8) { $0 == UInt8(ascii: " ") ? UInt8(ascii: "+") : nil }
    }

    /// Every byte as `%XX` but the unreserved ones (RFC 3986 §2.3) and what is allowed here.
    static func encoded(_ text: String, allowing allowed: String = "") -> String {
        let allowed = Set(allowed.utf8)
        return self.encoded(text.utf8) { allowed.contains($0) ? $0 : nil }
    }

    /// `name=value&…` of an object's members; a list gives its name several times, null leaves it out.
    static func form(_ members: Object) -> String {
        self.form(
            members.flatMap { name, value -> [(String, String)] in
                switch value {
                case .null: []
                case .list(let values): values.filter { !$0.isNull }.map { (name, $0.displayText) }
                case .bool, .int, .double, .string, .object: [(name, value.displayText)]
                }
            })
    }

    static func form(_ members: [(name: String, value: String)]) -> String {
        members.map { "\(self.formEncoded($0.name))=\(self.formEncoded($0.value))" }.joined(separator: "&")
    }

    /// The members of a form or query; of a name that comes twice the first counts.
    static func members(ofForm text: some StringProtocol) -> [String: String] {
        // By bytes, as the other side wrote it: an accent after a delimiter does not make another character of it.
        let (ampersand, equals) = (UInt8(ascii: "&"), UInt8(ascii: "="))
        let pairs = text.utf8.split(separator: ampersand).map { part in
            let pieces = part.split(separator: equals, maxSplits: 1, omittingEmptySubsequences: false)
            let plain = pieces.map { piece in
                let bytes = piece.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
                return self.decoded(String(decoding: bytes, as: UTF8.self))
            }
            return (plain[0], plain.count > 1 ? plain[1] : "")
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// Encodes what may not stand in this part of a URL, and leaves alone what is encoded already.
    static func repaired(_ text: some StringProtocol, allowing allowed: String) -> String {
        let bytes = Array(text.utf8)
        let allowed = Set(allowed.utf8)
        var result: [UInt8] = []
        for (position, byte) in bytes.enumerated() {
            let isEscape =
                byte == UInt8(ascii: "%") && position + 2 < bytes.count
                && bytes[position + 1...position + 2].allSatisfy { self.nibble($0) != nil }
            if isEscape || self.isUnreserved(byte) || allowed.contains(byte) {
                result.append(byte)
            } else {
                result += self.escape(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func decoded(_ text: some StringProtocol) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "%"), position + 2 < bytes.count,
                let high = self.nibble(bytes[position + 1]), let low = self.nibble(bytes[position + 2])
            {
                result.append(high << 4 | low)
                position += 3
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func encoded(_ bytes: some Sequence<UInt8>, replacing: (UInt8) -> UInt8?) -> String {
        var result: [UInt8] = []
        for byte in bytes {
            if let replacement = replacing(byte) {
                result.append(replacement)
            } else if self.isUnreserved(byte) {
                result.append(byte)
            } else {
                result += self.escape(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "%"), self.digits[Int(byte >> 4)], self.digits[Int(byte & 0xF)]]
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
