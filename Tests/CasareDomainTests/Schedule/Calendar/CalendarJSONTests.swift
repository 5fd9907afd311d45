import CasareDomain
import FoundationEssentials
import Testing

struct CalendarJSONTests {
    private static let full: Value = [
        "name": "office", "zone": "Europe/Berlin", "weekends": true, "preset": "uk_bank",
        "working_hours": [
            "monday": [["from": "09:00", "to": "12:30"], ["from": "13:00", "to": "24:00"]],
            "saturday": [["from": "22:00", "to": "02:00"]],
        ],
        "holidays": [
            ["name": "Fair", "date": "2026-12-24"],
            ["name": "Unity", "month": 10, "day": 3, "observed": "next_weekday", "since_year": 1990],
            ["name": "Thanks", "month": 11, "weekday": "thursday", "nth": -1, "until_year": 2030],
            ["name": "Good Friday", "easter_offset": -2],
        ],
        "days": [
            ["date": "2026-11-21", "is_working": true, "name": "stock"], ["date": "2026-11-23", "is_working": false],
        ],
        "blackouts": [
            [
                "name": "close", "from": "2026-12-30T00:00:00Z", "to": "2027-01-02T12:30:00.500000Z",
                "workflows": ["pay"],
            ],
            ["recurring": ["weekdays": ["sunday"], "from": "22:00", "to": "02:00"], "zone": "UTC"],
            ["cron": "0 2 * * *", "seconds": 3600],
        ],
    ]

    @Test func `what is written is what is read`() throws {
        let calendar = try BusinessCalendar(json: Self.full)
        #expect(calendar.json == Self.full)
        #expect(calendar.holidays.count == 4 && calendar.days.count == 2 && calendar.blackouts.count == 3)
        #expect(calendar.workingHours?[.monday]?.map(\.text) == ["09:00–12:30", "13:00–24:00"])
    }

    @Test func `other coders take it over as it is`() throws {
        let calendar = try BusinessCalendar(json: Self.full)
        let bytes = try JSONEncoder().encode(calendar)
        #expect(try Value(parsingJSON: Array(bytes)) == Self.full)
        #expect(try JSONDecoder().decode(BusinessCalendar.self, from: bytes) == calendar)
    }

    @Test func `a decoder is told the way to the member at fault`() {
        let text = #"{"name": "c", "holidays": [{"name": "a", "date": "2026-01-01"}, {"name": "b", "month": 13}]}"#
        #expect {
            try JSONDecoder().decode(BusinessCalendar.self, from: Data(text.utf8))
        } throws: { error in
            guard case DecodingError.dataCorrupted(let context) = error else { return false }
            return context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue } == [
                "holidays", "1", "month",
            ]
                && context.debugDescription == "expected a whole number from 1 to 12, got 13"
        }
    }

    @Test func `what is left out is as the preset says, or UTC without weekends`() throws {
        let plain = try BusinessCalendar(json: [:], name: "plain")
        #expect(plain == BusinessCalendar(name: "plain"))
        #expect(plain.zone == "UTC" && !plain.weekends && plain.workingHours == nil)
        let federal = try BusinessCalendar(json: ["preset": "us_federal", "zone": nil], name: "us")
        #expect(federal.zone == "America/New_York" && !federal.weekends)
        #expect(try BusinessCalendar(json: ["preset": "always"], name: "a").weekends)
    }

    @Test(
        arguments: [
            (
                [],
                "it is a list; expected an object with name, zone, working_hours, weekends, holidays, days, blackouts, preset"
            ),
            (["name": "other"], "name: it is other, and the calendar's name is c; leave it out"),
            (["holiday": []], "holiday: there is no such member; did you mean holidays?"),
            (["preset": "us"], "preset: expected one of us_federal, uk_bank, always, got \"us\""),
            (["weekends": "no"], "weekends: expected true or false, got \"no\""),
            (["holidays": [:]], "holidays: expected a list, got an object"),
            (["holidays": [["date": "2026-01-01"]]], "holidays[0].name: is required"),
            (
                ["holidays": [["name": "h"]]],
                "holidays[0]: a holiday has one of: date; month and day; month, weekday and nth; easter_offset"
            ),
            (
                ["holidays": [["name": "h", "date": "2026-02-30"]]],
                "holidays[0].date: expected a day such as 2026-12-25, got \"2026-02-30\""
            ),
            (
                ["holidays": [["name": "h", "date": "2026-02-03", "month": 2]]],
                "holidays[0].month: it does not go with date; leave one of the two out"
            ),
            (
                ["holidays": [["name": "h", "month": 2, "day": 30]]],
                "holidays[0].day: expected a whole number from 1 to 29, got 30"
            ),
            (["holidays": [["name": "h", "month": 2, "weekday": "monday"]]], "holidays[0].nth: is required"),
            (
                ["holidays": [["name": "h", "month": 2, "weekday": "monday", "nth": 0]]],
                "holidays[0].nth: expected a whole number from 1 to 5, or -1, got 0"
            ),
            (
                ["holidays": [["name": "h", "easter_offset": 101]]],
                "holidays[0].easter_offset: expected a whole number from -100 to 100, got 101"
            ),
            (
                ["holidays": [["name": "h", "easter_offset": 1, "since_year": 2026, "until_year": 2025]]],
                "holidays[0].until_year: it is before since_year; no year would have the holiday"
            ),
            (["days": [["date": "2026-01-01"]]], "days[0].is_working: is required"),
            (
                ["days": [["date": "2026-01-01", "is_working": true], ["date": "2026-01-01", "is_working": false]]],
                "days[1].date: 2026-01-01 is there twice; leave one out"
            ),
            (
                ["working_hours": [:]],
                "working_hours: no day has hours, so it would never be open; leave it out for all hours"
            ),
            (
                ["working_hours": ["saturday": [["from": "09:00", "to": "12:00"]]]],
                "working_hours.saturday: Saturday has hours, and weekends are not worked on; set weekends to true, or leave it out"
            ),
            (
                ["working_hours": ["monday": [["from": "24:00", "to": "12:00"]]]],
                "working_hours.monday[0]: from 24:00 to 12:00 are no hours; for a whole day write 00:00 to 24:00"
            ),
            (
                ["blackouts": [["cron": "0 2 * * *", "seconds": 604_801]]],
                "blackouts[0].seconds: it is 604801.0; it must be from 1 to 604800, a week"
            ),
        ] as [(Value, String)])
    func `what is no calendar is refused, and the member at fault is named`(json: Value, message: String) {
        #expect {
            try BusinessCalendar(json: json, name: "c")
        } throws: {
            "\($0)" == message
        }
    }

    @Test func `a calendar has a name`() {
        #expect {
            try BusinessCalendar(json: [:])
        } throws: {
            "\($0)" == "name: is required"
        }
    }

    @Test func `lists are bounded`() throws {
        let days: [Value] = (0...BusinessCalendar.holidaysMax).map { _ in ["name": "h", "date": "2026-01-01"] }
        _ = try BusinessCalendar(json: ["holidays": .list(Array(days.dropLast()))], name: "c")
        #expect {
            try BusinessCalendar(json: ["holidays": .list(days)], name: "c")
        } throws: {
            "\($0)" == "holidays: it has 501 elements; at most 500 are allowed"
        }
    }
}
