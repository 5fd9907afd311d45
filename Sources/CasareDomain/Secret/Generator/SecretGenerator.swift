/// How a new value of a secret is made up: `password`, `password:32,classes=lower+digits,exclude=0O1l`, `words:6`,
/// `uuid`, `hex:32`, `base64:32` or `base64url:32`.
///
/// What it makes is uniform over all values of its form, so that `entropyBits` is what it says.
public enum SecretGenerator: Hashable, Sendable {
    case password(Characters)
    case words(Words)
    /// Version 4: 122 random bits.
    case uuid
    /// So many random bytes, two digits each.
    case hex(bytes: Int)
    /// The same with padding.
    case base64(bytes: Int)
    /// The same with the alphabet of RFC 4648 §5 and without padding.
    case base64URL(bytes: Int)

    /// Of `hex`, `base64` and `base64url`.
    public static let bytesRange = 8...1024
    public static let bytesDefault = 32

    /// What is weaker can be guessed by who has a copy of what it protects: casarectl says so, and makes it all the
    /// same.
    public static let entropyBitsAdvised = 80.0

    /// Why a text is no policy: a sentence for whoever wrote it.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String

        init(_ description: String) { self.description = description }
    }

    /// A value of the form.
    ///
    /// - Parameter random: must be fit for keys, as `SystemRandomNumberGenerator` is.
    public func value(using random: inout some RandomNumberGenerator) -> String {
        switch self {
        case .password(let characters): return characters.value(using: &random)
        case .words(let words): return words.value(using: &random)
        case .uuid: return Self.uuid(using: &random)
        case .hex(let bytes): return Self.bytes(bytes, using: &random).map(Self.hexText).joined()
        case .base64(let bytes): return Base64Text.padded(Self.bytes(bytes, using: &random))
        case .base64URL(let bytes): return Base64Text.forURLs(Self.bytes(bytes, using: &random))
        }
    }

    /// The binary logarithm of how many values there are, each as likely as the others.
    public var entropyBits: Double {
        switch self {
        case .password(let characters): characters.entropyBits
        case .words(let words): words.entropyBits
        case .uuid: 122
        case .hex(let bytes), .base64(let bytes), .base64URL(let bytes): Double(8 * bytes)
        }
    }

    private static func bytes(_ count: Int, using random: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    private static func hexText(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    /// RFC 9562 §5.4.
    private static func uuid(using random: inout some RandomNumberGenerator) -> String {
        var bytes = self.bytes(16, using: &random)
        bytes[6] = 0x40 | bytes[6] & 0x0F
        bytes[8] = 0x80 | bytes[8] & 0x3F
        let digits = bytes.map(self.hexText)
        return [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
            .map { $0.joined() }.joined(separator: "-")
    }
}

/// RFC 4648 §4 and §5, of bytes that are few.
private enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    static func padded(_ bytes: [UInt8]) -> String {
        var text = self.text(bytes, last: (UInt8(ascii: "+"), UInt8(ascii: "/")))
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    static func forURLs(_ bytes: [UInt8]) -> String {
        String(decoding: self.text(bytes, last: (UInt8(ascii: "-"), UInt8(ascii: "_"))), as: UTF8.self)
    }

    private static func text(_ bytes: [UInt8], last: (UInt8, UInt8)) -> [UInt8] {
        let alphabet = self.alphabet + [last.0, last.1]
        var text: [UInt8] = []
        var bits = 0
        var count = 0
        for byte in bytes {
            bits = (bits << 8 | Int(byte)) & 0x3FFF
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[bits >> count & 0x3F])
            }
        }
        if count > 0 { text.append(alphabet[bits << (6 - count) & 0x3F]) }
        return text
    }
}
