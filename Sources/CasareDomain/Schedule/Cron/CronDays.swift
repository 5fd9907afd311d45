/// Which days an expression means: the fields day of month and day of week, and how they go together.
struct CronDays: Hashable, Sendable {
    /// Bit 1 is the first of the month.
    var days: UInt32 = 0
    /// So many days before the last: bit 0 is `L`, bit 3 `L-3`.
    var daysBeforeLast: UInt32 = 0
    /// `15W`: the working day nearest to the 15th, in the same month.
    var nearestWorkday: Int?
    /// `LW`: the last day of the month from Monday to Friday.
    var hasLastWorkday = false
    /// Bit 0 is Sunday.
    var weekdays: UInt8 = 0
    /// `5#3`: bit `weekday * 8 + 3`.
    var nthWeekdays: UInt64 = 0
    /// `5L`: bit 0 is the last Sunday of the month.
    var lastWeekdays: UInt8 = 0
    /// A day must satisfy both fields; else one of them is enough.
    var needsBoth = true

    /// The days that are meant of a month; bit 1 is the first.
    func mask(year: Int, month: Int) -> UInt32 {
        var first = CivilTime(year: year)
        first.month = month
        let length = CivilTime.days(inMonth: month, of: year)
        // Sunday is 0.
        let firstWeekday = first.weekday % 7
        let ofMonth = self.daysOfMonth(length: length, firstWeekday: firstWeekday)
        let ofWeek = self.daysOfWeek(length: length, firstWeekday: firstWeekday)
        let wholeMonth = (UInt32.max >> (31 - UInt32(length))) & ~1
        return (self.needsBoth ? ofMonth & ofWeek : ofMonth | ofWeek) & wholeMonth
    }

    private func daysOfMonth(length: Int, firstWeekday: Int) -> UInt32 {
        var mask = self.days
        for count in 0..<length where self.daysBeforeLast & (1 << UInt32(count)) != 0 {
            mask |= 1 << UInt32(length - count)
        }
        if let day = self.nearestWorkday, day <= length {
            mask |= 1 << UInt32(Self.workday(nearestTo: day, length: length, firstWeekday: firstWeekday))
        }
        if self.hasLastWorkday {
            mask |= 1 << UInt32(Self.workday(nearestTo: length, length: length, firstWeekday: firstWeekday))
        }
        return mask
    }

    private func daysOfWeek(length: Int, firstWeekday: Int) -> UInt32 {
        var mask: UInt32 = 0
        for weekday in 0..<7 {
            let bit: UInt8 = 1 << UInt8(weekday)
            var (day, count) = (1 + (weekday - firstWeekday + 7) % 7, 1)
            while day <= length {
                let isMeant =
                    self.weekdays & bit != 0 || self.nthWeekdays & (1 << UInt64(weekday * 8 + count)) != 0
                    || self.lastWeekdays & bit != 0 && day + 7 > length
                if isMeant { mask |= 1 << UInt32(day) }
                (day, count) = (day + 7, count + 1)
            }
        }
        return mask
    }

    /// A Saturday goes to the Friday before, a Sunday to the Monday after, unless that is in another month: then to the
    /// nearest on the other side (OCPS 1.3 §4.3).
    private static func workday(nearestTo day: Int, length: Int, firstWeekday: Int) -> Int {
        switch (firstWeekday + day - 1) % 7 {
        case 6: day == 1 ? 3 : day - 1
        case 0: day == length ? day - 2 : day + 1
        default: day
        }
    }
}
