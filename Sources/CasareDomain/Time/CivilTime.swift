/// What a calendar and a clock on the wall show: the proleptic Gregorian calendar of ISO 8601.
package struct CivilTime: Hashable, Sendable {
    package var year: Int
    package var month = 1
    package var day = 1
    package var hour = 0
    package var minute = 0
    package var second = 0
    package var microsecond = 0

    /// Of the years 1 to 9999.
    package static let secondsRange = -62_135_596_800.0..<253_402_300_800.0
    /// In English, from Monday.
    package static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    /// In English, from January.
    package static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// The first moment of a year.
    package init(year: Int) { self.year = year }

    /// What a clock that runs `seconds` after 1970-01-01 00:00:00 of its own zone shows.
    package init(wallSeconds seconds: Int, microsecond: Int = 0) {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = seconds - days * 86_400
        self.init(dayNumber: days)
        self.hour = rest / 3600
        self.minute = rest / 60 % 60
        self.second = rest % 60
        self.microsecond = microsecond
    }

    /// The day that lies so many days after 1970-01-01.
    ///
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years begin in March, so that
    /// the leap day is the last, and 400 of them (146,097 days) repeat.
    package init(dayNumber: Int) {
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0))
        self.month = month
        self.day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    }

    /// Days after 1970-01-01 (`days_from_civil` of the same source).
    package var dayNumber: Int {
        let year = self.month <= 2 ? self.year - 1 : self.year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (self.month > 2 ? self.month - 3 : self.month + 9) + 2) / 5 + self.day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// What a clock that shows this has run since it showed 1970-01-01 00:00:00.
    package var wallSeconds: Int { self.dayNumber * 86_400 + self.hour * 3600 + self.minute * 60 + self.second }

    /// From 1, as ISO 8601 counts: Monday is 1, Sunday 7.
    package var weekday: Int {
        let remainder = (self.dayNumber + 3) % 7  // 1970-01-01 was a Thursday.
        return (remainder + 7) % 7 + 1
    }

    /// From 1.
    package var dayOfYear: Int { self.dayNumber - CivilTime(year: self.year).dayNumber + 1 }

    /// By the Gregorian rule, which is kept to before 1582 as well.
    package static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    /// 28 to 31.
    package static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: self.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Whether every field is within its bounds, with years 1 to 9999.
    package var isValid: Bool {
        (1...9999).contains(self.year) && (1...12).contains(self.month)
            && (1...Self.days(inMonth: self.month, of: self.year)).contains(self.day)
            && (0...23).contains(self.hour) && (0...59).contains(self.minute) && (0...59).contains(self.second)
            && (0...999_999).contains(self.microsecond)
    }

    /// The same day of another month, or that month's last day where it has no such day.
    package func adding(months: Int) -> CivilTime {
        let total = self.year * 12 + self.month - 1 + months
        var moved = self
        moved.year = total >= 0 ? total / 12 : (total - 11) / 12
        moved.month = total - moved.year * 12 + 1
        moved.day = min(self.day, Self.days(inMonth: moved.month, of: moved.year))
        return moved
    }

    /// ISO 8601, with microseconds only where there are some.
    package var isoText: String {
        let fraction = self.microsecond == 0 ? "" : "." + Self.padded(self.microsecond, 6)
        return "\(Self.padded(self.year, 4))-\(Self.padded(self.month))-\(Self.padded(self.day))"
            + "T\(Self.padded(self.hour)):\(Self.padded(self.minute)):\(Self.padded(self.second))\(fraction)"
    }

    /// With zeros in front up to a number of digits.
    package static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(abs(number))
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}
