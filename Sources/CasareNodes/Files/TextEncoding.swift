import CasareEngine

/// The text encodings of files, by the names that Python gives them, since those are what documents hold.
enum TextEncoding: Sendable {
    case utf8, utf8WithSignature, ascii, latin1, windows1252, utf16, utf16LittleEndian, utf16BigEndian

    /// What happens to a byte or character that the encoding cannot represent.
    enum ErrorPolicy: String, Sendable {
        case strict, ignore, replace, backslashreplace, xmlcharrefreplace
    }

    static let signature: [UInt8] = [0xEF, 0xBB, 0xBF]

    init(named name: String) throws(NodeFailure) {
        switch name.lowercased().filter({ $0 != "-" && $0 != "_" && $0 != " " }) {
        case "", "utf8", "u8": self = .utf8
        case "utf8sig": self = .utf8WithSignature
        case "ascii", "usascii": self = .ascii
        case "latin1", "iso88591", "l1": self = .latin1
        case "cp1252", "windows1252": self = .windows1252
        case "utf16": self = .utf16
        case "utf16le": self = .utf16LittleEndian
        case "utf16be": self = .utf16BigEndian
        default:
            throw .value(
                "Unknown encoding: \(name) (known: utf-8, utf-8-sig, ascii, latin-1, cp1252, utf-16, utf-16-le, "
                    + "utf-16-be)"
            )
        }
    }

    func decode(_ bytes: [UInt8], _ policy: ErrorPolicy) throws(NodeFailure) -> String {
        switch self {
        case .utf8:
            return try Self.decodeUTF8(bytes[...], policy)
        case .utf8WithSignature:
            return try Self.decodeUTF8(bytes.starts(with: Self.signature) ? bytes.dropFirst(3) : bytes[...], policy)
        case .ascii:
            return try Self.decodeTable(bytes, policy) { $0 < 0x80 ? Unicode.Scalar($0) : nil }
        case .latin1:
            return try Self.decodeTable(bytes, policy) { Unicode.Scalar($0) }
        case .windows1252:
            return try Self.decodeTable(bytes, policy) { Windows1252.scalar(of: $0) }
        case .utf16:
            if bytes.starts(with: [0xFE, 0xFF]) {
                return try Self.decodeUTF16(bytes.dropFirst(2), isBigEndian: true, policy)
            }
            let hasMark = bytes.starts(with: [0xFF, 0xFE])
            return try Self.decodeUTF16(hasMark ? bytes.dropFirst(2) : bytes[...], isBigEndian: false, policy)
        case .utf16LittleEndian:
            return try Self.decodeUTF16(bytes[...], isBigEndian: false, policy)
        case .utf16BigEndian:
            return try Self.decodeUTF16(bytes[...], isBigEndian: true, policy)
        }
    }

    func encode(_ text: String, _ policy: ErrorPolicy) throws(NodeFailure) -> [UInt8] {
        switch self {
        case .utf8: return Array(text.utf8)
        case .utf8WithSignature: return Self.signature + text.utf8
        case .ascii: return try Self.encodeTable(text, policy) { $0.isASCII ? UInt8($0.value) : nil }
        case .latin1: return try Self.encodeTable(text, policy) { UInt8(exactly: $0.value) }
        case .windows1252: return try Self.encodeTable(text, policy) { Windows1252.byte(of: $0) }
        case .utf16: return [0xFF, 0xFE] + Self.encodeUTF16(text, isBigEndian: false)
        case .utf16LittleEndian: return Self.encodeUTF16(text, isBigEndian: false)
        case .utf16BigEndian: return Self.encodeUTF16(text, isBigEndian: true)
        }
    }

    private static func decodeUTF8(_ bytes: ArraySlice<UInt8>, _ policy: ErrorPolicy) throws(NodeFailure) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        if policy == .replace { return String(decoding: bytes, as: UTF8.self) }
        var text = String.UnicodeScalarView()
        var parser = UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        // Valid bytes pass the parser one scalar at a time, so what is not yet accounted for is the invalid sequence.
        var position = bytes.startIndex
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded):
                text.append(UTF8.decode(encoded))
                position += encoded.count
            case .error(let length):
                text.append(
                    contentsOf: try self.stand(for: bytes[position..<(position + length)], policy).unicodeScalars)
                position += length
            case .emptyInput:
                return String(text)
            }
        }
    }

    private static func decodeTable(
        _ bytes: [UInt8], _ policy: ErrorPolicy, _ scalar: (UInt8) -> Unicode.Scalar?
    ) throws(NodeFailure) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes {
            if let scalar = scalar(byte) {
                text.append(scalar)
            } else {
                text.append(contentsOf: try self.stand(for: [byte], policy).unicodeScalars)
            }
        }
        return String(text)
    }

    private static func decodeUTF16(
        _ bytes: ArraySlice<UInt8>, isBigEndian: Bool, _ policy: ErrorPolicy
    ) throws(NodeFailure) -> String {
        let units = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map { index in
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        if bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self) { return text }
        if policy == .strict { throw .value("The content is not valid UTF-16") }
        let text = String(decoding: units, as: UTF16.self)
        return policy == .ignore ? text.filter { $0 != "\u{FFFD}" } : text
    }

    private static func encodeTable(
        _ text: String, _ policy: ErrorPolicy, _ byte: (Unicode.Scalar) -> UInt8?
    ) throws(NodeFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if let byte = byte(scalar) {
                bytes.append(byte)
                continue
            }
            let code = String(scalar.value, radix: 16)
            switch policy {
            case .strict: throw .value("The encoding has no character U+\(code.uppercased())")
            case .ignore: break
            case .replace: bytes.append(UInt8(ascii: "?"))
            case .xmlcharrefreplace: bytes += "&#\(scalar.value);".utf8
            case .backslashreplace:
                let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
                bytes += "\\\(letter)\(String(repeating: "0", count: width - code.count))\(code)".utf8
            }
        }
        return bytes
    }

    private static func encodeUTF16(_ text: String, isBigEndian: Bool) -> [UInt8] {
        text.utf16.flatMap { unit in
            let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
            return isBigEndian ? [high, low] : [low, high]
        }
    }

    /// What is put in place of bytes that are not text.
    private static func stand(for bytes: ArraySlice<UInt8>, _ policy: ErrorPolicy) throws(NodeFailure) -> String {
        switch policy {
        case .strict:
            throw .value(
                "The content is not valid text: byte 0x\(self.hexadecimal(bytes.first ?? 0)) fits no character")
        case .ignore: return ""
        case .replace: return "\u{FFFD}"
        case .backslashreplace: return bytes.map { "\\x\(self.hexadecimal($0))" }.joined()
        case .xmlcharrefreplace: throw .value("errors: xmlcharrefreplace is for writing only")
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
    }
}
