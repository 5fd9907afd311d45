/// Holidays that are known by name. A calendar that names a preset has them beside its own.
public enum CalendarPreset: String, Hashable, Sendable, Codable, CaseIterable {
    /// The holidays of the federal government of the United States, 5 U.S.C. 6103, on the days on which they are kept
    /// (Executive Order 11582). Inauguration Day, which counts in and around Washington only, and days that the
    /// president gives for once are not among them.
    case usFederal = "us_federal"
    /// The bank holidays of England and Wales: Banking and Financial Dealings Act 1971, schedule 1, and from 2020 on the
    /// days that were proclaimed for once.
    case ukBank = "uk_bank"
    /// Nothing is closed: all hours of all days.
    case always

    /// The zone of a calendar that does not name one.
    public var zone: String {
        switch self {
        case .usFederal: "America/New_York"
        case .ukBank: "Europe/London"
        case .always: "UTC"
        }
    }

    /// Whether Saturday and Sunday are days like all others where the calendar does not say.
    public var hasOpenWeekends: Bool {
        switch self {
        case .usFederal, .ukBank: false
        case .always: true
        }
    }

    public var holidays: [Holiday] {
        switch self {
        case .usFederal: Self.usFederalHolidays
        case .ukBank: Self.ukBankHolidays
        case .always: []
        }
    }

    private static let usFederalHolidays = [
        Holiday("New Year's Day", .yearly(month: 1, day: 1, observed: .nearest)),
        Holiday("Birthday of Martin Luther King, Jr.", .weekday(.monday, nth: 3, month: 1), since: 1986),
        Holiday("Washington's Birthday", .weekday(.monday, nth: 3, month: 2)),
        Holiday("Memorial Day", .weekday(.monday, nth: -1, month: 5)),
        Holiday("Juneteenth National Independence Day", .yearly(month: 6, day: 19, observed: .nearest), since: 2021),
        Holiday("Independence Day", .yearly(month: 7, day: 4, observed: .nearest)),
        Holiday("Labor Day", .weekday(.monday, nth: 1, month: 9)),
        Holiday("Columbus Day", .weekday(.monday, nth: 2, month: 10)),
        Holiday("Veterans Day", .yearly(month: 11, day: 11, observed: .nearest)),
        Holiday("Thanksgiving Day", .weekday(.thursday, nth: 4, month: 11)),
        Holiday("Christmas Day", .yearly(month: 12, day: 25, observed: .nearest)),
    ]

    private static let ukBankHolidays =
        [
            Holiday("New Year's Day", .yearly(month: 1, day: 1, observed: .nextWeekday)),
            Holiday("Good Friday", .easter(offset: -2)),
            Holiday("Easter Monday", .easter(offset: 1)),
            // In 2020 it was moved for the 75th anniversary of VE Day.
            Holiday("Early May bank holiday", .weekday(.monday, nth: 1, month: 5), until: 2019),
            Holiday("Early May bank holiday", .weekday(.monday, nth: 1, month: 5), since: 2021),
            // In 2022 it was moved to stand beside the jubilee's.
            Holiday("Spring bank holiday", .weekday(.monday, nth: -1, month: 5), until: 2021),
            Holiday("Spring bank holiday", .weekday(.monday, nth: -1, month: 5), since: 2023),
            Holiday("Summer bank holiday", .weekday(.monday, nth: -1, month: 8)),
            Holiday("Christmas Day", .yearly(month: 12, day: 25, observed: .nextWeekday)),
            Holiday("Boxing Day", .yearly(month: 12, day: 26, observed: .nextWeekday)),
        ]
        + [
            ("Early May bank holiday (VE Day)", 2020, 5, 8),
            ("Spring bank holiday", 2022, 6, 2),
            ("Platinum Jubilee bank holiday", 2022, 6, 3),
            ("Bank Holiday for the State Funeral of Queen Elizabeth II", 2022, 9, 19),
            ("Bank holiday for the coronation of King Charles III", 2023, 5, 8),
        ].compactMap { name, year, month, day in
            CalendarDay(year: year, month: month, day: day).map { Holiday(name, .date($0)) }
        }
}
