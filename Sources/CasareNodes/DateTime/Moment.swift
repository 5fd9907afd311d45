import CasareDomain

/// A point in time: microseconds matter to formats, leap seconds do not exist (POSIX).
struct Moment: Hashable, Sendable, Comparable {
    /// Since 1970-01-01 00:00:00 UTC.
    var seconds: Int
    /// 0 to 999,999.
    var microseconds: Int

    init(seconds: Int, microseconds: Int = 0) {
        self.seconds = seconds
        self.microseconds = microseconds
    }

    /// - Returns: `nil` for what is no number of seconds within the years 1 to 9999.
    init?(secondsSince1970: Double) {
        guard CivilTime.secondsRange.contains(secondsSince1970) else { return nil }
        let total = (secondsSince1970 * 1_000_000).rounded(.toNearestOrEven)
        let whole = (total / 1_000_000).rounded(.down)
        self.init(seconds: Int(whole), microseconds: Int(total - whole * 1_000_000))
    }

    var secondsSince1970: Double { Double(self.seconds) + Double(self.microseconds) / 1_000_000 }

    static func < (left: Moment, right: Moment) -> Bool {
        (left.seconds, left.microseconds) < (right.seconds, right.microseconds)
    }
}
