public import FoundationEssentials

extension UUIDIdentifier {
    /// A new ID for what comes into being at the given time.
    ///
    /// The 12 bits after the milliseconds hold the time's fraction of a millisecond (RFC 9562 §6.2, method 3), so that
    /// IDs made one after the other compare in that order.
    public static func new(at time: Date, using generator: inout some RandomNumberGenerator) -> Self {
        let milliseconds = time.unixMilliseconds
        let fraction = time.timeIntervalSince1970 * 1000 - Double(milliseconds)
        let bits = UInt16(min(max(fraction, 0) * 4096, 4095))
        var bytes = UUID.version7(atMilliseconds: milliseconds, using: &generator).uuid
        bytes.6 = 0x70 | UInt8(bits >> 8)
        bytes.7 = UInt8(truncatingIfNeeded: bits)
        return Self(rawValue: UUID(uuid: bytes))
    }

    public static func new(at time: Date) -> Self {
        var generator = SystemRandomNumberGenerator()
        return self.new(at: time, using: &generator)
    }
}

extension Date {
    /// Within the 48 bits that a version 7 UUID has for it: the years 1970 to 10889.
    var unixMilliseconds: Int64 {
        Int64(min(max(self.timeIntervalSince1970 * 1000, 0), 281_474_976_710_655).rounded(.down))
    }
}
