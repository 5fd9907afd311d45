extension CronExpression {
    /// From the first second of the year 1.
    private static let wallSecondsMin = Int(CivilTime.secondsRange.lowerBound)
    /// To the end of the year 9999.
    private static let wallSecondsMax = Int(CivilTime.secondsRange.upperBound)

    /// Whether a clock that shows this time is at one of the expression's times; microseconds do not count.
    package func matches(_ civil: CivilTime) -> Bool {
        self.seconds & (1 << UInt64(civil.second)) != 0 && self.minutes & (1 << UInt64(civil.minute)) != 0
            && self.hours & (1 << UInt64(civil.hour)) != 0 && self.months & (1 << UInt64(civil.month)) != 0
            && self.years.contains(civil.year)
            && self.days.mask(year: civil.year, month: civil.month) & (1 << UInt32(civil.day)) != 0
    }

    /// The expression's first time later than this one, both in seconds that a clock shows after its 1970-01-01
    /// 00:00:00; `nil` when there is none up to the last year.
    package func nextWallSeconds(after wall: Int) -> Int? {
        guard wall < Self.wallSecondsMax else { return nil }
        let start = max(wall + 1, Self.wallSecondsMin)
        let civil = CivilTime(wallSeconds: start)
        var (year, month) = (civil.year, civil.month)
        // The first day to look at, and what is left of it.
        var (firstDay, firstSecond) = (civil.day, start - civil.dayNumber * 86_400)
        while let following = self.years.first(from: year) {
            if following > year { (year, month, firstDay, firstSecond) = (following, 1, 1, 0) }
            while month <= 12 {
                if let found = self.next(in: month, of: year, fromDay: firstDay, second: firstSecond) { return found }
                (month, firstDay, firstSecond) = (month + 1, 1, 0)
            }
            (year, month) = (year + 1, 1)
        }
        return nil
    }

    private func next(in month: Int, of year: Int, fromDay firstDay: Int, second firstSecond: Int) -> Int? {
        guard self.months & (1 << UInt64(month)) != 0 else { return nil }
        var days = self.days.mask(year: year, month: month) & (UInt32.max << UInt32(firstDay))
        guard days != 0 else { return nil }
        var first = CivilTime(year: year)
        first.month = month
        let dayBeforeMonth = first.dayNumber - 1
        while days != 0 {
            let day = days.trailingZeroBitCount
            if let second = self.secondOfDay(from: day == firstDay ? firstSecond : 0) {
                return (dayBeforeMonth + day) * 86_400 + second
            }
            days &= days - 1
        }
        return nil
    }

    /// The first time of day that is not before this second of the day.
    private func secondOfDay(from start: Int) -> Int? {
        let (hour, minute, second) = (start / 3600, start / 60 % 60, start % 60)
        if self.hours & (1 << UInt64(hour)) != 0 {
            if self.minutes & (1 << UInt64(minute)) != 0, let found = Self.first(in: self.seconds, from: second) {
                return hour * 3600 + minute * 60 + found
            }
            if let found = Self.first(in: self.minutes, from: minute + 1) {
                return hour * 3600 + found * 60 + self.seconds.trailingZeroBitCount
            }
        }
        guard let found = Self.first(in: self.hours, from: hour + 1) else { return nil }
        return found * 3600 + self.minutes.trailingZeroBitCount * 60 + self.seconds.trailingZeroBitCount
    }

    /// The lowest bit that is set from this one on.
    private static func first(in mask: UInt64, from bit: Int) -> Int? {
        let rest = mask & (UInt64.max << UInt64(bit))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }
}
