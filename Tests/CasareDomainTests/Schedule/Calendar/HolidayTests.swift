import CasareDomain
import Testing

struct HolidayTests {
    private static func days(_ calendar: BusinessCalendar, _ year: Int) -> [String] {
        calendar.holidays(of: year).map { String($0.day.description.dropFirst(5)) }
    }

    private static func days(_ holidays: Holiday..., in year: Int) -> [String] {
        self.days(BusinessCalendar(name: "c", holidays: holidays), year)
    }

    /// U.S. Office of Personnel Management, "Federal Holidays", opm.gov, the lists of 2020 to 2030.
    private static let federal: [(Int, String)] = [
        (2020, "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25"),
        (2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
        (2022, "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"),
        (2023, "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
        (2024, "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25"),
        (2025, "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25"),
        (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
        (2027, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
        (2028, "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
        (2029, "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25"),
        (2030, "01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25"),
    ]

    @Test(arguments: Self.federal)
    func `the holidays of the US government are on the days that its list has`(year: Int, days: String) {
        let calendar = BusinessCalendar(name: "us", preset: .usFederal)
        #expect(Self.days(calendar, year).joined(separator: " ") == days)
    }

    /// gov.uk/bank-holidays, England and Wales, 2020 to 2027; the years after by the act, with Easter on 16 April 2028, 1
    /// April 2029 and 21 April 2030.
    private static let bank: [(Int, String)] = [
        (2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28"),
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
        (2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"),
        (2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"),
        (2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"),
        (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
        (2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
        (2029, "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26"),
        (2030, "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26"),
    ]

    @Test(arguments: Self.bank)
    func `the bank holidays of England and Wales are on the days that their list has`(year: Int, days: String) {
        let calendar = BusinessCalendar(name: "uk", preset: .ukBank)
        #expect(Self.days(calendar, year).joined(separator: " ") == days)
    }

    @Test func `a holiday that is moved keeps its name`() {
        let names = BusinessCalendar(name: "uk", preset: .ukBank).holidays(of: 2022).map(\.name)
        #expect(names.suffix(2) == ["Boxing Day", "Christmas Day"])
        let first = BusinessCalendar(name: "us", preset: .usFederal).holidays(of: 2021).last
        #expect(first?.name == "New Year's Day" && first?.day == CalendarDay(year: 2021, month: 12, day: 31))
    }

    @Test func `nothing is closed for those that are always open`() {
        #expect(BusinessCalendar(name: "a", preset: .always).holidays(of: 2026).isEmpty)
        #expect(BusinessCalendar(name: "a", preset: .always).weekends)
    }

    /// U.S. Census Bureau, "Easter Dates from 1600 to 2099": the earliest, the latest, and some between.
    @Test(arguments: [
        (1818, "03-22"), (1943, "04-25"), (2000, "04-23"), (2008, "03-23"), (2016, "03-27"), (2024, "03-31"),
        (2025, "04-20"), (2026, "04-05"), (2027, "03-28"), (2038, "04-25"),
    ])
    func `Easter is where the church has it`(year: Int, day: String) {
        #expect(Self.days(Holiday("Easter", .easter(offset: 0)), in: year) == [day])
    }

    @Test func `days are counted from Easter, before and after it`() {
        let days = Self.days(
            Holiday("Good Friday", .easter(offset: -2)), Holiday("Whit Monday", .easter(offset: 50)), in: 2026)
        #expect(days == ["04-03", "05-25"])
    }

    @Test func `the weekday of a month is the first to the fifth, or the last`() {
        func day(_ nth: Int) -> [String] {
            Self.days(Holiday("h", .weekday(.friday, nth: nth, month: 5)), in: 2026)
        }
        #expect([1, 2, 5].map(day) == [["05-01"], ["05-08"], ["05-29"]])
        #expect(day(-1) == ["05-29"])
        // February 2026 has four of each.
        #expect(Self.days(Holiday("h", .weekday(.sunday, nth: 5, month: 2)), in: 2026).isEmpty)
        #expect(Self.days(Holiday("h", .weekday(.sunday, nth: -1, month: 2)), in: 2026) == ["02-22"])
    }

    @Test func `29 February is a holiday in leap years only`() {
        let leap = Holiday("h", .yearly(month: 2, day: 29, observed: .none))
        #expect(Self.days(leap, in: 2027).isEmpty)
        #expect(Self.days(leap, in: 2028) == ["02-29"])
    }

    /// 3 October 2026 is a Saturday, 4 October a Sunday.
    @Test(arguments: [
        (Holiday.Observance.none, "10-03", "10-04"), (.nearest, "10-02", "10-05"), (.nextMonday, "10-05", "10-05"),
        (.nextWeekday, "10-05", "10-05"),
    ])
    func `a holiday of the weekend is kept where its rule says`(
        observance: Holiday.Observance, saturday: String, sunday: String
    ) {
        #expect(Self.days(Holiday("h", .yearly(month: 10, day: 3, observed: observance)), in: 2026) == [saturday])
        #expect(Self.days(Holiday("h", .yearly(month: 10, day: 4, observed: observance)), in: 2026) == [sunday])
        // A Friday stays where it is.
        #expect(Self.days(Holiday("h", .yearly(month: 10, day: 2, observed: observance)), in: 2026) == ["10-02"])
    }

    @Test func `one that goes on to the next free weekday goes around all others, however they are named`() {
        let monday = Holiday("m", .weekday(.monday, nth: 1, month: 10))
        let saturday = Holiday("s", .yearly(month: 10, day: 3, observed: .nextWeekday))
        #expect(Self.days(saturday, monday, in: 2026) == ["10-05", "10-06"])
    }

    @Test func `a holiday has its first and its last year`() {
        let holiday = Holiday("h", .yearly(month: 5, day: 6, observed: .none), since: 2025, until: 2026)
        #expect([2024, 2025, 2026, 2027].map { Self.days(holiday, in: $0).count } == [0, 1, 1, 0])
    }

    @Test func `a day that is worked on is no holiday`() throws {
        let day = try #require(CalendarDay("2026-12-25"))
        let calendar = BusinessCalendar(
            name: "c", days: [BusinessCalendar.SpecialDay(day, isWorking: true)], preset: .ukBank)
        #expect(!Self.days(calendar, 2026).contains("12-25"))
    }

    @Test(arguments: [
        "2026-13-01", "2026-02-29", "2026-2-01", "26-02-01", "2026-02-01x", "+026-02-01", "", "0000-01-01",
    ])
    func `what no calendar has is no day`(text: String) { #expect(CalendarDay(text) == nil) }
}
