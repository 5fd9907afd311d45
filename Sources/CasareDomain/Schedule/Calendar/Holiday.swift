/// A day, or one of every year, on which nobody works.
public struct Holiday: Hashable, Sendable {
    /// What becomes of a holiday that falls on a Saturday or Sunday.
    public enum Observance: String, Hashable, Sendable, Codable, CaseIterable {
        /// It stays where it is.
        case none
        /// A Saturday's is kept on the Friday before, a Sunday's on the Monday after.
        case nearest
        /// It is kept on the Monday after.
        case nextMonday = "next_monday"
        /// It is kept on the next day that is neither of the weekend nor another holiday.
        case nextWeekday = "next_weekday"
    }

    /// On which day of each year it is.
    public enum Rule: Hashable, Sendable {
        /// Once.
        case date(CalendarDay)
        /// On the same day of each year; on 29 February, only in years that have one.
        case yearly(month: Int, day: Int, observed: Observance)
        /// `nth` from 1 to 5, or -1 for the last one of the month.
        case weekday(Weekday, nth: Int, month: Int)
        /// So many days after Easter Sunday of the Gregorian calendar, or before it.
        case easter(offset: Int)
    }

    public static let easterOffsetRange = -100...100
    public static let nthRange = 1...5

    public let name: String
    public let rule: Rule
    /// The first year that has it; `nil`: all before, too.
    public let since: Int?
    /// The last year that has it; `nil`: all after, too.
    public let until: Int?

    /// Nothing is checked here; `BusinessCalendar.check` does that.
    public init(_ name: String, _ rule: Rule, since: Int? = nil, until: Int? = nil) {
        self.name = name
        self.rule = rule
        self.since = since
        self.until = until
    }

    /// Where it falls in a year, before anything is moved.
    ///
    /// - Returns: days after 1970-01-01; `nil`: that year does not have it.
    func dayNumber(in year: Int) -> Int? {
        if let since, year < since { return nil }
        if let until, year > until { return nil }
        switch self.rule {
        case .date(let day):
            return day.year == year ? day.number : nil
        case .yearly(let month, let day, _):
            return CalendarDay(year: year, month: month, day: day)?.number
        case .weekday(let weekday, let nth, let month):
            return Self.dayNumber(of: weekday, nth: nth, month: month, year: year)
        case .easter(let offset):
            return Self.easterSunday(of: year).map { $0 + offset }
        }
    }

    var observance: Observance {
        switch self.rule {
        case .yearly(_, _, let observed): observed
        case .date, .weekday, .easter: .none
        }
    }

    /// Whether it is always kept in the year that it belongs to.
    fileprivate var staysInYear: Bool {
        switch self.rule {
        case .date, .weekday: true
        case .yearly(let month, _, let observed): observed == .none || (2...11).contains(month)
        case .easter(let offset): (-80...200).contains(offset)
        }
    }

    private static func dayNumber(of weekday: Weekday, nth: Int, month: Int, year: Int) -> Int? {
        guard let first = CalendarDay(year: year, month: month, day: 1) else { return nil }
        let days = CivilTime.days(inMonth: month, of: year)
        let ahead = (weekday.number - first.weekday.number + 7) % 7
        let day = nth > 0 ? 1 + ahead + (nth - 1) * 7 : 1 + ahead + (days - 1 - ahead) / 7 * 7
        return day <= days ? first.number + day - 1 : nil
    }

    /// "Anonymous Gregorian algorithm", Nature 13 (1876), p. 487, as J. Meeus gives it in Astronomical Algorithms, ch. 8.
    ///
    /// - Returns: days after 1970-01-01.
    static func easterSunday(of year: Int) -> Int? {
        let a = year % 19
        let (b, c) = (year / 100, year % 100)
        let (d, e) = (b / 4, b % 4)
        let f = (b + 8) / 25
        let g = (b - f + 1) / 3
        let h = (19 * a + b - d - g + 15) % 30
        let (i, k) = (c / 4, c % 4)
        let l = (32 + 2 * e + 2 * i - h - k) % 7
        let m = (a + 11 * h + 22 * l) / 451
        let sum = h + l - 7 * m + 114
        return CalendarDay(year: year, month: sum / 31, day: sum % 31 + 1)?.number
    }
}

extension Sequence<Holiday> {
    /// The days of one year that are holidays, with those that were moved into it from the years beside it.
    ///
    /// - Returns: names by days after 1970-01-01. Of two holidays on one day, the one that is named first.
    func observed(in year: Int) -> [Int: String] {
        var names: [Int: String] = [:]
        var moved: [(from: Int, name: String, observance: Holiday.Observance)] = []
        for holiday in self {
            for year in holiday.staysInYear ? year...year : (year - 1)...(year + 1) {
                guard let day = holiday.dayNumber(in: year) else { continue }
                let weekday = Weekday(dayNumber: day)
                if weekday.isWeekend, holiday.observance != .none {
                    moved.append((day, holiday.name, holiday.observance))
                } else if names[day] == nil {
                    names[day] = holiday.name
                }
            }
        }
        // What stays where it is has been there first: a day that is moved goes around it.
        for (day, name, observance) in moved.sorted(by: { $0.from < $1.from }) {
            let target = Self.target(of: day, observance, taken: names)
            if names[target] == nil { names[target] = name }
        }
        return names.filter { CalendarDay(number: $0.key).year == year }
    }

    private static func target(of day: Int, _ observance: Holiday.Observance, taken: [Int: String]) -> Int {
        let isSaturday = Weekday(dayNumber: day) == .saturday
        switch observance {
        case .none: return day
        case .nearest: return isSaturday ? day - 1 : day + 1
        case .nextMonday: return isSaturday ? day + 2 : day + 1
        case .nextWeekday:
            var target = isSaturday ? day + 2 : day + 1
            // There are at most a few hundred holidays: a free day comes.
            while taken[target] != nil || Weekday(dayNumber: target).isWeekend { target += 1 }
            return target
        }
    }
}
