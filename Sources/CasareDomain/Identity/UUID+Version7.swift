public import FoundationEssentials

extension UUID {
    /// A version 7 UUID (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits.
    ///
    /// - Parameters:
    ///   - milliseconds: Unix time in milliseconds; its low 48 bits are used.
    ///   - generator: where the random bits come from.
    public static func version7(
        atMilliseconds milliseconds: Int64, using generator: inout some RandomNumberGenerator
    ) -> UUID {
        let time = UInt64(bitPattern: milliseconds) & 0xFFFF_FFFF_FFFF
        let high = time << 16 | 0x7000 | (generator.next() as UInt64) & 0x0FFF
        let low = 0x8000_0000_0000_0000 | (generator.next() as UInt64) & 0x3FFF_FFFF_FFFF_FFFF
        func byte(_ word: UInt64, _ position: Int) -> UInt8 {
            UInt8(truncatingIfNeeded: word >> (56 - 8 * position))
        }
        return UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5),
                byte(high, 6), byte(high, 7), byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4),
                byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }
}
