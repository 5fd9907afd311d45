/// Names a trace: everything that one request set off, in whatever process. 16 bytes, not all zero.
public struct TraceID: Hashable, Sendable, LosslessStringConvertible {
    /// The first 8 bytes, the most significant one first.
    package let high: UInt64
    /// The other 8. The last 7 of them are random where the trace's flags say that the ID is.
    package let low: UInt64

    /// `nil` for zero, which names nothing.
    package init?(high: UInt64, low: UInt64) {
        guard high | low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    public init(using generator: inout some RandomNumberGenerator) {
        self.high = generator.next()
        self.low = .random(in: 1 ... .max, using: &generator)
    }

    /// Parses 32 hexadecimal digits in small letters, of which one at least is not 0.
    public init?(_ description: String) { self.init(hex: description.utf8[...]) }

    init?(hex: Substring.UTF8View) {
        guard hex.count == 32, let high = UInt64(lowerCaseHex: hex.prefix(16)),
            let low = UInt64(lowerCaseHex: hex.suffix(16))
        else { return nil }
        self.init(high: high, low: low)
    }

    /// 32 hexadecimal digits.
    public var description: String { self.high.hexDigits + self.low.hexDigits }
}

/// Names one piece of work within a trace. 8 bytes, not all zero.
public struct SpanID: Hashable, Sendable, LosslessStringConvertible {
    /// Its 8 bytes, the most significant one first.
    package let bits: UInt64

    /// `nil` for zero, which names nothing.
    package init?(bits: UInt64) {
        guard bits != 0 else { return nil }
        self.bits = bits
    }

    public init(using generator: inout some RandomNumberGenerator) {
        self.bits = .random(in: 1 ... .max, using: &generator)
    }

    /// Parses 16 hexadecimal digits in small letters, of which one at least is not 0.
    public init?(_ description: String) { self.init(hex: description.utf8[...]) }

    init?(hex: Substring.UTF8View) {
        guard hex.count == 16, let bits = UInt64(lowerCaseHex: hex) else { return nil }
        self.init(bits: bits)
    }

    /// 16 hexadecimal digits.
    public var description: String { self.bits.hexDigits }
}

extension UInt64 {
    /// Up to 16 digits. Capital letters are refused, as the specification of trace context wants it.
    fileprivate init?(lowerCaseHex digits: Substring.UTF8View) {
        guard digits.count <= 16 else { return nil }
        self = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = self << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): self = self << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
    }

    fileprivate var hexDigits: String {
        let text = String(self, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

extension UInt8 {
    /// Two digits, without capital letters.
    init?(lowerCaseHex digits: Substring.UTF8View) {
        guard digits.count == 2, let value = UInt64(lowerCaseHex: digits) else { return nil }
        self = UInt8(value)
    }
}
