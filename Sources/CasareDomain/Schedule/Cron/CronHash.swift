/// What `H` chooses, so that schedules which are all "once an hour" do not all run in the same minute.
enum CronHash {
    /// A value of a range that depends on the seed and the field alone: the same in every process and version.
    static func value(of seed: String, field: CronField, in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(self.hash("\(field.name)/\(seed)") % UInt64(range.count))
    }

    /// FNV-1a of 64 bits, mixed once more as splitmix64 does: FNV's low bits alone are too regular for short texts.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return hash ^ (hash >> 31)
    }
}
