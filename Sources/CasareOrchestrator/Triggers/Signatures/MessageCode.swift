import Crypto
import FoundationEssentials

/// HMACs (RFC 2104), and the comparison that takes as long wherever the first difference is.
enum MessageCode {
    static func sha256(of content: [UInt8], key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: content, using: SymmetricKey(data: key)))
    }

    static func sha512(of content: [UInt8], key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA512>.authenticationCode(for: content, using: SymmetricKey(data: key)))
    }

    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(left, right) { difference |= a ^ b }
        return difference == 0
    }

    /// Bytes in hex of either case; `nil` for anything else.
    static func hex(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard !digits.isEmpty, digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for position in stride(from: 0, to: digits.count, by: 2) {
            guard let high = self.digit(digits[position]), let low = self.digit(digits[position + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// With or without padding; `nil` for anything else.
    static func base64(_ text: some StringProtocol) -> [UInt8]? {
        var padded = String(text)
        while padded.utf8.count % 4 != 0 { padded += "=" }
        return Data(base64Encoded: padded).map { Array($0) }
    }

    static func hexText(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

/// When a request says that it was signed, in Unix seconds.
struct SigningTime: Hashable, Sendable {
    let seconds: Int
    /// As it was written: it is a part of what was signed.
    let text: String

    /// - Throws: `.malformed`.
    init(_ text: some StringProtocol) throws(SignatureFault) {
        let text = String(text)
        guard text.utf8.count <= 15, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int(text)
        else { throw .malformed }
        self.seconds = seconds
        self.text = text
    }

    /// - Throws: `.tooOld` and `.tooNew`.
    func check(at now: Date, tolerance: Double) throws(SignatureFault) {
        let age = now.timeIntervalSince1970 - Double(self.seconds)
        if age > tolerance { throw .tooOld }
        if age < -tolerance { throw .tooNew }
    }
}
