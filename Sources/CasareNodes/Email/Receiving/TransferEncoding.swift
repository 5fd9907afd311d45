/// How the bytes of a mail's part are written as lines (RFC 2045 §6).
enum TransferEncoding {
    static func decoded(_ bytes: ArraySlice<UInt8>, _ name: String) -> [UInt8] {
        switch name.lowercased() {
        case "base64": self.base64(bytes)
        case "quoted-printable": self.quotedPrintable(bytes)
        default: Array(bytes)
        }
    }

    /// Everything that is no digit of base 64 is passed over (RFC 2045 §6.8); padding ends it.
    static func base64(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var (digits, count) = (UInt32(0), 0)
        for byte in bytes {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): digit = 62
            case UInt8(ascii: "/"): digit = 63
            // Lines of several encoders may stand one after the other.
            case UInt8(ascii: "="):
                if count == 2 { decoded.append(UInt8(truncatingIfNeeded: digits >> 4)) }
                if count == 3 {
                    decoded += [UInt8(truncatingIfNeeded: digits >> 10), UInt8(truncatingIfNeeded: digits >> 2)]
                }
                (digits, count) = (0, 0)
                continue
            default: continue
            }
            digits = digits << 6 | UInt32(digit)
            count += 1
            if count == 4 {
                decoded += [
                    UInt8(truncatingIfNeeded: digits >> 16), UInt8(truncatingIfNeeded: digits >> 8),
                    UInt8(truncatingIfNeeded: digits),
                ]
                (digits, count) = (0, 0)
            }
        }
        if count == 2 { decoded.append(UInt8(truncatingIfNeeded: digits >> 4)) }
        if count == 3 {
            decoded += [UInt8(truncatingIfNeeded: digits >> 10), UInt8(truncatingIfNeeded: digits >> 2)]
        }
        return decoded
    }

    /// - Parameter isWord: In an encoded word of a header, where `_` is a space.
    static func quotedPrintable(_ bytes: some Collection<UInt8>, isWord: Bool = false) -> [UInt8] {
        let bytes = Array(bytes)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        /// Where white space began that may be at a line's end, which is not part of the text.
        var blank: Int?
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0A || (byte == 0x0D && index + 1 < bytes.count && bytes[index + 1] == 0x0A) {
                if let start = blank { decoded.removeLast(decoded.count - start) }
                blank = nil
            }
            if byte == UInt8(ascii: "=") {
                if let value = self.hexadecimal(bytes[(index + 1)...].prefix(2)) {
                    decoded.append(value)
                    blank = nil
                    index += 3
                    continue
                }
                // The line goes on in the next one; white space may have been added after the sign.
                var end = index + 1
                while end < bytes.count, bytes[end] == 0x20 || bytes[end] == 0x09 || bytes[end] == 0x0D { end += 1 }
                if end == bytes.count || bytes[end] == 0x0A {
                    blank = nil
                    index = end + 1
                    continue
                }
            }
            if byte == 0x20 || byte == 0x09 { blank = blank ?? decoded.count } else { blank = nil }
            decoded.append(isWord && byte == UInt8(ascii: "_") ? 0x20 : byte)
            index += 1
        }
        return decoded
    }

    static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
