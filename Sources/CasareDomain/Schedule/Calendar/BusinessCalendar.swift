/// When work is done: hours, holidays, single days, and times in which nothing is started.
public struct BusinessCalendar: Hashable, Sendable {
    /// A day that is not like others of its weekday.
    public struct SpecialDay: Hashable, Sendable {
        public let date: CalendarDay
        /// It is worked on though it is a holiday or of the weekend; otherwise it is not, whatever day it is.
        public let isWorking: Bool
        public let name: String?

        public init(_ date: CalendarDay, isWorking: Bool, name: String? = nil) {
            self.date = date
            self.isWorking = isWorking
            self.name = name
        }
    }

    /// Why it is closed: the first of these that says so, in this order. The raw values are what programs read.
    public enum Rule: String, Hashable, Sendable, Codable, CaseIterable {
        /// Its zone is not known where this is asked, so nothing can be said.
        case unknownZone = "unknown_zone"
        case blackout, holiday, day, weekend, hours
    }

    /// Why the calendar is closed at some time.
    public struct Closure: Hashable, Sendable, CustomStringConvertible {
        public let rule: Rule
        /// For people: "holiday Christmas Day".
        public let text: String

        public init(_ rule: Rule, _ text: String) {
            self.rule = rule
            self.text = text
        }

        public var description: String { self.text }
    }

    /// What the calendar says of one moment.
    public enum Verdict: Hashable, Sendable {
        case open
        case closed(Closure)
    }

    public static let nameCharactersMax = 120
    public static let zoneDefault = "UTC"
    public static let holidaysMax = 500
    public static let daysMax = 2000
    public static let blackoutsMax = 200
    /// For one day of the week.
    public static let hoursMax = 24

    public var name: String
    /// An IANA name such as `Europe/Berlin`.
    public var zone: String
    /// A day of the week that is not named is closed; `nil`: all hours of all days.
    public var workingHours: [Weekday: [DayHours]]?
    /// Whether Saturday and Sunday are days like all others.
    public var weekends: Bool
    /// Beside those of the preset.
    public var holidays: [Holiday]
    public var days: [SpecialDay]
    public var blackouts: [Blackout]
    public var preset: CalendarPreset?

    /// Nothing is checked here; `check` does that.
    ///
    /// - Parameters:
    ///   - zone: `nil` stands for the preset's, or UTC.
    ///   - weekends: `nil` stands for what the preset says, or false.
    public init(
        name: String, zone: String? = nil, workingHours: [Weekday: [DayHours]]? = nil, weekends: Bool? = nil,
        holidays: [Holiday] = [], days: [SpecialDay] = [], blackouts: [Blackout] = [], preset: CalendarPreset? = nil
    ) {
        self.name = name
        self.zone = zone ?? preset?.zone ?? Self.zoneDefault
        self.workingHours = workingHours
        self.weekends = weekends ?? preset?.hasOpenWeekends ?? false
        self.holidays = holidays
        self.days = days
        self.blackouts = blackouts
        self.preset = preset
    }

    /// Always open but for these blackouts: what a schedule has that names no calendar.
    public static func always(zone: String, blackouts: [Blackout] = []) -> BusinessCalendar {
        BusinessCalendar(name: "always", zone: zone, blackouts: blackouts, preset: .always)
    }

    /// The same calendar with the blackouts of a schedule beside its own.
    public func adding(_ blackouts: [Blackout]) -> BusinessCalendar {
        var calendar = self
        calendar.blackouts += blackouts
        return calendar
    }

    /// All holidays, its own first.
    public var allHolidays: [Holiday] { self.holidays + (self.preset?.holidays ?? []) }

    /// The holidays of a year by day, where they are kept, without those that are worked on.
    public func holidays(of year: Int) -> [(day: CalendarDay, name: String)] {
        let worked = Set(self.days.filter(\.isWorking).map(\.date.number))
        return self.allHolidays.observed(in: year).filter { !worked.contains($0.key) }
            .sorted { $0.key < $1.key }
            .map { (CalendarDay(number: $0.key), $0.value) }
    }
}
