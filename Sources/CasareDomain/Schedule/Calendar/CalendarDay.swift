/// A day of the calendar, whatever the time zone.
public struct CalendarDay: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let year: Int
    /// From 1.
    public let month: Int
    /// From 1.
    public let day: Int

    /// - Returns: `nil` for what no calendar has, and for years other than 1 to 9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month),
            (1...CivilTime.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// - Parameter text: `2026-12-25`.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 == 0x2D || (0x30...0x39).contains($0) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// - Parameter number: days after 1970-01-01.
    init(number: Int) {
        let civil = CivilTime(dayNumber: number)
        self.year = civil.year
        self.month = civil.month
        self.day = civil.day
    }

    /// Days after 1970-01-01.
    var number: Int {
        var civil = CivilTime(year: self.year)
        civil.month = self.month
        civil.day = self.day
        return civil.dayNumber
    }

    public var weekday: Weekday { Weekday(dayNumber: self.number) }

    public var description: String {
        "\(CivilTime.padded(self.year, 4))-\(CivilTime.padded(self.month))-\(CivilTime.padded(self.day))"
    }

    public static func < (left: CalendarDay, right: CalendarDay) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

/// The raw values are the names that people and programs write.
public enum Weekday: String, Hashable, Sendable, Codable, CaseIterable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    /// - Parameter number: days after 1970-01-01, which was a Thursday.
    init(dayNumber number: Int) {
        let remainder = (number + 3) % 7
        self = Self.allCases[(remainder + 7) % 7]
    }

    /// From 1, as ISO 8601 counts: Monday is 1, Sunday 7.
    public var number: Int {
        switch self {
        case .monday: 1
        case .tuesday: 2
        case .wednesday: 3
        case .thursday: 4
        case .friday: 5
        case .saturday: 6
        case .sunday: 7
        }
    }

    public var isWeekend: Bool { self == .saturday || self == .sunday }

    /// As a sentence has it: "Saturday".
    public var displayName: String { self.rawValue.prefix(1).uppercased() + self.rawValue.dropFirst() }
}

/// Hours of a day by the clock on the wall, the first minute included and the last one not. Where `to` is not after
/// `from`, they go on past midnight, and belong to the day on which they begin.
public struct DayHours: Hashable, Sendable {
    /// 24:00.
    public static let minutesMax = 24 * 60

    /// Minutes after midnight, 0 to 1,439.
    public let from: Int
    /// Minutes after midnight, 1 to 1,440 where they end on the same day.
    public let to: Int

    /// The whole of a day.
    public static let wholeDay = DayHours(unchecked: 0, Self.minutesMax)

    private init(unchecked from: Int, _ to: Int) {
        self.from = from
        self.to = to
    }

    /// - Returns: `nil` where one is out of bounds, or both are the same.
    public init?(from: Int, to: Int) {
        guard (0..<Self.minutesMax).contains(from), (0...Self.minutesMax).contains(to), from != to else { return nil }
        self.init(unchecked: from, to)
    }

    public var passesMidnight: Bool { self.to <= self.from }

    /// "09:00–17:00".
    public var text: String { "\(Self.text(self.from))–\(Self.text(self.to))" }

    static func text(_ minutes: Int) -> String {
        "\(CivilTime.padded(minutes / 60)):\(CivilTime.padded(minutes % 60))"
    }

    /// - Parameter text: `09:00`, or `24:00`.
    /// - Returns: minutes after midnight.
    static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [2, 2], text.utf8.allSatisfy({ $0 == 0x3A || (0x30...0x39).contains($0) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= Self.minutesMax
        else { return nil }
        return hour * 60 + minute
    }

    /// Whether a minute of the day on which they begin is in them.
    func covers(sameDay minute: Double) -> Bool {
        minute >= Double(self.from) && (self.passesMidnight || minute < Double(self.to))
    }

    /// Whether a minute of the day after is in them.
    func covers(dayAfter minute: Double) -> Bool { self.passesMidnight && minute < Double(self.to) }
}
