package import FoundationEssentials

extension Schedule.ID {
    /// How much later than its time a tick fires, in seconds: spread evenly over `seconds`, and always the same for one
    /// tick of one schedule, whoever computes it.
    ///
    /// - Parameter seconds: the longest delay; 0 or less is none.
    /// - Returns: less than `seconds`, in whole milliseconds.
    package func jitter(ofTickAt tick: Date, within seconds: Double) -> Double {
        guard seconds > 0 else { return 0 }
        // FNV-1a, 64 bits: stable across processes, which Swift's own hashing is not.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        withUnsafeBytes(of: self.rawValue.uuid) { $0.forEach(add) }
        withUnsafeBytes(of: Int64(tick.timeIntervalSince1970).littleEndian) { $0.forEach(add) }
        // Its high bits hardly feel the last bytes: the finalizer of SplitMix64 spreads them.
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        hash ^= hash >> 31
        let share = Double(hash >> 11) / 9_007_199_254_740_992  // 2⁵³
        return (share * seconds * 1000).rounded(.down) / 1000
    }
}
