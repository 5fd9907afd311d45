import FoundationEssentials

extension SpanID {
    /// The ID of the span that a robot runs a leased job in. It follows from the lease, so that whoever knows that one
    /// can name the span: the next attempt and a replay link to it, although nothing was stored of it.
    ///
    /// Leases have tokens of their own, which makes the IDs differ within a job's trace: three rounds of SplitMix64
    /// (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014) spread them as random ones are.
    public init(of lease: Lease) {
        let id = lease.job.rawValue.uuid
        let high = [id.0, id.1, id.2, id.3, id.4, id.5, id.6, id.7].reduce(0) { $0 << 8 | UInt64($1) }
        let low = [id.8, id.9, id.10, id.11, id.12, id.13, id.14, id.15].reduce(0) { $0 << 8 | UInt64($1) }
        let bits = [high, low, UInt64(bitPattern: lease.token.rawValue)].reduce(0) { Self.mixed($0 ^ $1) }
        // One value in 2^64 is no ID.
        self = SpanID(bits: bits) ?? SpanID(bits: 1)!
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
