/// A zone given by a rule that repeats every year, as in the variable `TZ` (POSIX.1-2017 §8.3, RFC 9636 §3.3.1).
package struct PosixZone: Sendable {
    private enum Day: Sendable {
        /// From 1, never counting 29 February.
        case julian(Int)
        /// From 0, counting 29 February.
        case ordinal(Int)
        /// Week 5 is the last; weekday 0 is Sunday.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    private struct Change: Sendable {
        var day: Day
        /// After midnight; may be negative or beyond the day.
        var seconds: Int
    }

    /// What holds outside of summer.
    package let standard: TimeZoneRules.Offset
    private let daylight: TimeZoneRules.Offset?
    private let begin: Change
    private let end: Change

    /// - Parameter text: Such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    package init?(_ text: String) {
        var rest = text[...]
        guard let name = Self.name(&rest), let offset = Self.time(&rest) else { return nil }
        self.standard = TimeZoneRules.Offset(seconds: -offset, abbreviation: name)
        let never = Change(day: .ordinal(0), seconds: 0)
        if rest.isEmpty {
            self.daylight = nil
            (self.begin, self.end) = (never, never)
            return
        }
        guard let summerName = Self.name(&rest) else { return nil }
        var summer = -offset + 3600
        if let first = rest.first, first != "," {
            guard let given = Self.time(&rest) else { return nil }
            summer = -given
        }
        self.daylight = TimeZoneRules.Offset(seconds: summer, abbreviation: summerName)
        guard let begin = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else { return nil }
        (self.begin, self.end) = (begin, end)
    }

    /// The offset that holds at a moment, in seconds after 1970-01-01 00:00:00 UTC.
    package func offset(at seconds: Int) -> TimeZoneRules.Offset {
        guard let daylight else { return self.standard }
        let year = CivilTime(wallSeconds: seconds + self.standard.seconds).year
        let begin = Self.wallSeconds(self.begin, year) - self.standard.seconds
        let end = Self.wallSeconds(self.end, year) - daylight.seconds
        // South of the equator summer lasts over the new year.
        let isSummer = begin < end ? begin <= seconds && seconds < end : seconds < end || begin <= seconds
        return isSummer ? daylight : self.standard
    }

    /// The next moment after this one at which summer begins or ends; `nil` for a zone without summer time.
    package func transition(after seconds: Int) -> Int? {
        guard let daylight else { return nil }
        let year = CivilTime(wallSeconds: seconds + self.standard.seconds).year
        // A change may lie days outside its year.
        let moments = (year - 1...year + 2).flatMap { year in
            [
                Self.wallSeconds(self.begin, year) - self.standard.seconds,
                Self.wallSeconds(self.end, year) - daylight.seconds,
            ]
        }
        return moments.filter { $0 > seconds }.min()
    }

    private static func wallSeconds(_ change: Change, _ year: Int) -> Int {
        let newYear = CivilTime(year: year).dayNumber
        let day: Int
        switch change.day {
        case .julian(let number):
            day = newYear + number - 1 + (CivilTime.isLeap(year) && number >= 60 ? 1 : 0)
        case .ordinal(let number):
            day = newYear + number
        case .weekday(let month, let week, let weekday):
            var first = CivilTime(year: year)
            first.month = month
            let length = CivilTime.days(inMonth: month, of: year)
            let firstMatch = (weekday - first.weekday % 7 + 7) % 7
            var offset = firstMatch + (week - 1) * 7
            while offset >= length { offset -= 7 }
            day = first.dayNumber + offset
        }
        return day * 86_400 + change.seconds
    }

    /// Letters, or anything between angle brackets.
    private static func name(_ rest: inout Substring) -> String? {
        if rest.hasPrefix("<"), let close = rest.firstIndex(of: ">") {
            defer { rest = rest[rest.index(after: close)...] }
            return String(rest.dropFirst()[..<close])
        }
        let name = rest.prefix(while: \.isLetter)
        rest = rest[name.endIndex...]
        return name.count >= 3 ? String(name) : nil
    }

    /// `[+-]h[h[h]][:mm[:ss]]` in seconds.
    private static func time(_ rest: inout Substring) -> Int? {
        let sign = rest.first == "-" ? -1 : 1
        if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
        guard var seconds = self.number(&rest).map({ $0 * 3600 }) else { return nil }
        for unit in [60, 1] where rest.first == ":" {
            rest = rest.dropFirst()
            guard let part = self.number(&rest) else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    private static func number(_ rest: inout Substring) -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest[digits.endIndex...]
        return digits.count <= 4 ? Int(digits) : nil
    }

    /// `,Mm.w.d[/time]`, `,Jn[/time]` or `,n[/time]`.
    private static func change(_ rest: inout Substring) -> Change? {
        guard rest.first == "," else { return nil }
        rest = rest.dropFirst()
        let day: Day
        switch rest.first {
        case "M":
            var parts: [Int] = []
            for _ in 0..<3 {
                rest = rest.dropFirst()
                guard let part = self.number(&rest) else { return nil }
                parts.append(part)
            }
            guard (1...12).contains(parts[0]), (1...5).contains(parts[1]), (0...6).contains(parts[2]) else {
                return nil
            }
            day = .weekday(month: parts[0], week: parts[1], weekday: parts[2])
        case "J":
            rest = rest.dropFirst()
            guard let number = self.number(&rest), (1...365).contains(number) else { return nil }
            day = .julian(number)
        default:
            guard let number = self.number(&rest), (0...365).contains(number) else { return nil }
            day = .ordinal(number)
        }
        var seconds = 7200
        if rest.first == "/" {
            rest = rest.dropFirst()
            guard let given = self.time(&rest) else { return nil }
            seconds = given
        }
        return Change(day: day, seconds: seconds)
    }
}
