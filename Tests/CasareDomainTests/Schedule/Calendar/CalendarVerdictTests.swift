import CasareDomain
import FoundationEssentials
import Testing

struct CalendarVerdictTests {
    private static let office = BusinessCalendar(
        name: "office", zone: "Europe/Berlin", workingHours: CalendarScene.officeHours,
        holidays: [Holiday("Christmas", .yearly(month: 12, day: 25, observed: .none))])

    /// 20 November 2026 is a Friday; Berlin is one hour ahead of UTC then.
    @Test(arguments: [
        ("2026-11-20T07:59:59Z", "hours"), ("2026-11-20T08:00:00Z", "open"), ("2026-11-20T15:59:59Z", "open"),
        ("2026-11-20T16:00:00Z", "hours"), ("2026-11-20T22:59:59Z", "hours"), ("2026-11-20T23:00:00Z", "weekend"),
        ("2026-11-22T22:59:59Z", "weekend"), ("2026-11-22T23:00:00Z", "hours"), ("2026-11-23T08:00:00Z", "open"),
        // In summer two hours ahead.
        ("2026-07-03T06:59:59Z", "hours"), ("2026-07-03T07:00:00Z", "open"), ("2026-12-25T10:00:00Z", "holiday"),
    ])
    func `hours, weekends and holidays are those of the clock on the wall`(time: String, verdict: String) throws {
        #expect(try CalendarScene.verdict(Self.office, time) == verdict)
    }

    @Test(arguments: [
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"), ("2026-11-20T05:00:00Z", "2026-11-20T08:00:00Z"),
        ("2026-11-20T16:00:00Z", "2026-11-23T08:00:00Z"), ("2026-12-24T18:00:00Z", "2026-12-28T08:00:00Z"),
        // Over the night in which the clock is put forward, and the one in which it is put back.
        ("2026-03-27T17:00:00Z", "2026-03-30T07:00:00Z"), ("2026-10-23T17:00:00Z", "2026-10-26T08:00:00Z"),
    ])
    func `it opens with the next hours of a day that is worked on`(time: String, opening: String) throws {
        #expect(try CalendarScene.opening(Self.office, time) == opening)
    }

    @Test func `the first rule that closes is the answer, in their order`() throws {
        let christmas = try #require(CalendarDay("2027-12-25"))
        var calendar = BusinessCalendar(name: "c", workingHours: CalendarScene.officeHours)
        // A Saturday, in the middle of the night.
        let time = "2027-12-25T03:00:00Z"
        #expect(try CalendarScene.verdict(calendar, time) == "weekend")
        calendar.weekends = true
        #expect(try CalendarScene.verdict(calendar, time) == "hours")
        calendar.weekends = false
        calendar.days = [BusinessCalendar.SpecialDay(christmas, isWorking: false, name: "stocktaking")]
        #expect(try CalendarScene.verdict(calendar, time) == "day")
        calendar.holidays = [Holiday("Christmas", .date(christmas))]
        #expect(try CalendarScene.verdict(calendar, time) == "holiday")
        calendar.blackouts = [
            try Blackout(
                .once(
                    from: try CalendarScene.date("2027-12-25T00:00:00Z"),
                    to: try CalendarScene.date("2027-12-26T00:00:00Z")))
        ]
        #expect(try CalendarScene.verdict(calendar, time) == "blackout")
        #expect(try CalendarScene.verdict(calendar, "2027-12-26T00:00:00Z") == "weekend")
    }

    @Test func `what closes it is said for people`() throws {
        func text(_ time: String) throws -> String {
            let moment = try CalendarScene.date(time)
            guard
                case .closed(let closure) = Self.office.verdict(
                    at: moment, workflow: nil, zones: CalendarScene.zones)
            else { return "open" }
            return "\(closure)"
        }
        #expect(try text("2026-12-25T10:00:00Z") == "holiday Christmas")
        #expect(try text("2026-11-21T10:00:00Z") == "weekend, Saturday")
        #expect(try text("2026-11-20T20:00:00Z") == "outside of the working hours, Friday 09:00–17:00")
    }

    @Test func `a day that is worked on is open for the hours of its weekday, or all day where that has none`() throws {
        let saturday = try #require(CalendarDay("2026-11-21"))
        let holiday = try #require(CalendarDay("2026-12-25"))
        var calendar = Self.office
        calendar.days = [saturday, holiday].map { BusinessCalendar.SpecialDay($0, isWorking: true) }
        #expect(try CalendarScene.verdict(calendar, "2026-11-21T02:00:00Z") == "open")
        // A Friday.
        #expect(try CalendarScene.verdict(calendar, "2026-12-25T10:00:00Z") == "open")
        #expect(try CalendarScene.verdict(calendar, "2026-12-25T02:00:00Z") == "hours")
        #expect(try CalendarScene.verdict(calendar, "2026-11-22T10:00:00Z") == "weekend")
    }

    @Test func `hours that pass midnight belong to the day on which they begin`() throws {
        let night = try #require(DayHours(from: 22 * 60, to: 6 * 60))
        let calendar = BusinessCalendar(name: "n", workingHours: [.thursday: [night]])
        for (time, verdict) in [
            ("2026-11-19T21:59:00Z", "hours"), ("2026-11-19T22:00:00Z", "open"), ("2026-11-20T05:59:59Z", "open"),
            ("2026-11-20T06:00:00Z", "hours"), ("2026-11-20T22:00:00Z", "hours"),
        ] {
            #expect(try CalendarScene.verdict(calendar, time) == verdict, "\(time)")
        }
        #expect(try CalendarScene.opening(calendar, "2026-11-20T06:00:00Z") == "2026-11-26T22:00:00Z")
    }

    @Test func `a day on which nothing is said to be worked is closed`() throws {
        let calendar = BusinessCalendar(name: "c", workingHours: [.monday: [.wholeDay]])
        #expect(try CalendarScene.verdict(calendar, "2026-11-17T10:00:00Z") == "hours")
        #expect(try CalendarScene.verdict(calendar, "2026-11-16T23:59:59Z") == "open")
    }

    @Test func `a midnight that the clock leaves out is passed all the same`() throws {
        // On Sunday 29 March 2026 the day of Beirut begins at 01:00, which is 22:00 of Saturday in UTC.
        let calendar = BusinessCalendar(
            name: "b", zone: "Asia/Beirut", workingHours: [.sunday: [.wholeDay]], weekends: true)
        #expect(try CalendarScene.opening(calendar, "2026-03-28T12:00:00Z") == "2026-03-28T22:00:00Z")
    }

    @Test func `a midnight that comes twice is not gone back to`() throws {
        // In the night to Sunday 25 October 2026 the last hour of Saturday comes twice.
        let calendar = BusinessCalendar(
            name: "b", zone: "Asia/Beirut", workingHours: [.sunday: [.wholeDay]], weekends: true)
        #expect(try CalendarScene.opening(calendar, "2026-10-24T20:30:00Z") == "2026-10-24T22:00:00Z")
        #expect(try CalendarScene.opening(calendar, "2026-10-24T21:30:00Z") == "2026-10-24T22:00:00Z")
    }

    @Test func `who is closed for more than 370 days does not open`() throws {
        let from = try CalendarScene.date("2026-01-01T00:00:00Z")
        func calendar(days: Double) throws -> BusinessCalendar {
            .always(
                zone: "UTC", blackouts: [try Blackout(.once(from: from, to: from.addingTimeInterval(days * 86_400)))])
        }
        #expect(try CalendarScene.opening(try calendar(days: 370), "2026-01-01T00:00:00Z") == "2027-01-06T00:00:00Z")
        #expect(try CalendarScene.opening(try calendar(days: 370.1), "2026-01-01T00:00:00Z") == "never")
    }

    @Test func `a zone that is not known closes, and is named when the calendar is checked`() throws {
        let calendar = BusinessCalendar(name: "c", zone: "Mars/Olympus")
        #expect(try CalendarScene.verdict(calendar, "2026-11-20T10:00:00Z") == "unknown_zone")
        #expect(try CalendarScene.opening(calendar, "2026-11-20T10:00:00Z") == "never")
        #expect {
            try calendar.check(zones: CalendarScene.zones)
        } throws: {
            "\($0)".hasPrefix("zone: there is no time zone \"Mars/Olympus\"")
        }
    }

    @Test func `all of a year is open or closed as the next opening says`() throws {
        // What opens next is open, and nothing before it is: asked every 53 minutes, which meets all hours.
        let calendar = BusinessCalendar(
            name: "c", zone: "Europe/Berlin", workingHours: CalendarScene.officeHours,
            blackouts: [try Blackout(.weekly([.tuesday], try #require(DayHours(from: 10 * 60, to: 11 * 60))))],
            preset: .ukBank)
        var moment = try CalendarScene.date("2026-01-01T00:00:00Z")
        let end = try CalendarScene.date("2026-12-31T00:00:00Z")
        var opening: Date?
        var faults = 0
        while moment < end {
            let isOpen = calendar.verdict(at: moment, workflow: nil, zones: CalendarScene.zones) == .open
            if let opening, isOpen != (moment >= opening) { faults += 1 }
            if isOpen {
                opening = nil
            } else if opening == nil {
                opening = calendar.nextOpen(after: moment, workflow: nil, zones: CalendarScene.zones)
                #expect(opening != nil)
            }
            moment.addTimeInterval(53 * 60)
        }
        #expect(faults == 0)
    }
}
