extension TimeZoneRules {
    /// A stretch of a clock's times that it never shows, because it is put forward over them.
    package struct Gap: Hashable, Sendable {
        /// The first moment after it, in seconds after 1970-01-01 00:00:00 UTC.
        package let endsAt: Int
        /// The times left out.
        package let wallSeconds: Range<Int>
    }

    /// No zone is so far from UTC (RFC 9636 §3.2 asks for less than 26 hours).
    private static let offsetSecondsMax = 26 * 3600

    /// When the clock shows a time: never in a gap, twice where it is put back, else once; ascending.
    package func moments(ofWallSeconds wall: Int) -> [Int] {
        var found: [Int] = []
        var from = wall - Self.offsetSecondsMax
        let end = wall + Self.offsetSecondsMax
        while from <= end {
            let moment = wall - self.offset(at: from).seconds
            let until = self.transition(after: from) ?? Int.max
            if moment >= from && moment < until { found.append(moment) }
            from = until
        }
        return found
    }

    /// The gap in which a clock's time lies; `nil` for a time that the clock does show.
    package func gap(atWallSeconds wall: Int) -> Gap? {
        var moment = wall - Self.offsetSecondsMax
        let end = wall + Self.offsetSecondsMax
        while let next = self.transition(after: moment), next <= end {
            let left = (next + self.offset(at: next - 1).seconds)
            let right = (next + self.offset(at: next).seconds)
            if left <= wall && wall < right { return Gap(endsAt: next, wallSeconds: left..<right) }
            moment = next
        }
        return nil
    }

    /// Of a moment at which the clock goes through times a second time: the first time that is new again.
    func endOfRepeat(at moment: Int) -> Int? {
        let wall = moment + self.offset(at: moment).seconds
        var end: Int?
        var from = moment - Self.offsetSecondsMax
        while let next = self.transition(after: from), next <= moment {
            let shown = next + self.offset(at: next - 1).seconds
            if shown > wall { end = max(end ?? shown, shown) }
            from = next
        }
        return end
    }
}
