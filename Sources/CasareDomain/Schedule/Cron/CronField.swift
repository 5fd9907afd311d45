/// A place in a cron expression.
enum CronField: Hashable, Sendable, CaseIterable {
    case second, minute, hour, dayOfMonth, month, dayOfWeek, year

    /// What messages call it.
    var name: String {
        switch self {
        case .second: "second"
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        case .year: "year"
        }
    }

    /// What may be written in it. Sunday is 0, and 7 as well.
    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        case .year: CronYears.range
        }
    }

    /// What `*` stands for.
    var wholeRange: ClosedRange<Int> { self == .dayOfWeek ? 0...6 : self.range }

    /// What `H` chooses from: the days that every month has.
    var hashRange: ClosedRange<Int> { self == .dayOfMonth ? 1...28 : self.wholeRange }

    /// In the order of their numbers, the first of which is that of the range.
    var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        case .second, .minute, .hour, .dayOfMonth, .year: []
        }
    }

    /// For messages: what a value may be.
    var allowed: String {
        let numbers = "a number from \(self.range.lowerBound) to \(self.range.upperBound)"
        switch self {
        case .second, .minute, .hour, .dayOfMonth, .year: return numbers
        case .month: return "\(numbers), or a name from JAN to DEC"
        case .dayOfWeek: return "\(numbers) (0 and 7 are Sunday), or a name from SUN to SAT"
        }
    }
}

/// The years of an expression with seven fields (OCPS 1.2 §4.2).
struct CronYears: Hashable, Sendable {
    /// Of the standard, and not extended: `*/2` begins with the first.
    static let range = 1970...2199
    /// The last year of an expression that names none.
    static let yearMax = 9999

    /// `nil` where the expression has no such field.
    let values: Set<Int>?

    func contains(_ year: Int) -> Bool { self.values?.contains(year) ?? (year <= Self.yearMax) }

    /// The first that is not before `year`.
    func first(from year: Int) -> Int? {
        guard let values else { return year <= Self.yearMax ? year : nil }
        return values.filter { $0 >= year }.min()
    }
}
