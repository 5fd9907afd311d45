import CasareDomain
import FoundationEssentials
import Testing

struct BlackoutTests {
    private static func calendar(_ json: Value, zone: String = "UTC") throws -> BusinessCalendar {
        .always(zone: zone, blackouts: [try Blackout(json: json)])
    }

    @Test(arguments: [
        ("2026-11-20T09:59:59Z", "open"), ("2026-11-20T10:00:00Z", "blackout"), ("2026-11-20T11:59:59Z", "blackout"),
        ("2026-11-20T12:00:00Z", "open"),
    ])
    func `one that comes once begins at from and ends at to`(time: String, verdict: String) throws {
        let calendar = try Self.calendar(["from": "2026-11-20T11:00:00+01:00", "to": "2026-11-20T12:00:00Z"])
        #expect(try CalendarScene.verdict(calendar, time) == verdict)
    }

    /// 20 November 2026 is a Friday.
    @Test(arguments: [
        ("2026-11-20T21:59:59Z", "open", ""), ("2026-11-20T22:00:00Z", "blackout", "2026-11-21T02:00:00Z"),
        ("2026-11-21T01:59:59Z", "blackout", "2026-11-21T02:00:00Z"), ("2026-11-21T02:00:00Z", "open", ""),
        ("2026-11-21T22:00:00Z", "open", ""),
    ])
    func `one of every week may pass midnight`(time: String, verdict: String, opening: String) throws {
        let calendar = try Self.calendar(["recurring": ["weekdays": ["friday"], "from": "22:00", "to": "02:00"]])
        #expect(try CalendarScene.verdict(calendar, time) == verdict)
        if verdict == "blackout" { #expect(try CalendarScene.opening(calendar, time) == opening) }
    }

    @Test func `without weekdays it is one of every day, by the clock of its zone`() throws {
        let json: Value = ["recurring": ["from": "22:00", "to": "23:00"]]
        let berlin = try Self.calendar(json, zone: "Europe/Berlin")
        #expect(try CalendarScene.verdict(berlin, "2026-07-01T20:30:00Z") == "blackout")
        #expect(try CalendarScene.verdict(berlin, "2026-01-01T20:30:00Z") == "open")
        // Its own zone counts before the calendar's.
        let own = try Self.calendar(json.object?.merging(["zone": "UTC"]).asValue ?? json, zone: "Europe/Berlin")
        #expect(try CalendarScene.verdict(own, "2026-07-01T20:30:00Z") == "open")
        #expect(try CalendarScene.verdict(own, "2026-07-01T22:30:00Z") == "blackout")
    }

    @Test(arguments: [
        ("2026-11-01T01:59:59Z", "open"), ("2026-11-01T02:00:00Z", "blackout"), ("2026-11-01T03:29:59Z", "blackout"),
        ("2026-11-01T03:30:00Z", "open"), ("2026-11-02T02:00:00Z", "open"),
    ])
    func `one by a cron expression goes on for so many seconds`(time: String, verdict: String) throws {
        let calendar = try Self.calendar(["cron": "0 2 1 * *", "seconds": 5400])
        #expect(try CalendarScene.verdict(calendar, time) == verdict)
        if verdict == "blackout" {
            #expect(try CalendarScene.opening(calendar, time) == "2026-11-01T03:30:00Z")
        }
    }

    @Test func `blackouts that overlap hold until the last one ends`() throws {
        let calendar = BusinessCalendar.always(
            zone: "UTC",
            blackouts: [
                try Blackout(json: ["cron": "0 2 * * *", "seconds": 3600]),
                try Blackout(json: ["recurring": ["from": "02:30", "to": "04:00"]]),
            ])
        #expect(try CalendarScene.opening(calendar, "2026-11-01T02:10:00Z") == "2026-11-01T04:00:00Z")
        let always = try Self.calendar(["cron": "* * * * *", "seconds": 60])
        #expect(try CalendarScene.opening(always, "2026-11-01T02:10:00Z") == "never")
    }

    @Test func `one for some workflows holds up no others`() throws {
        let calendar = try Self.calendar([
            "cron": "0 2 * * *", "seconds": 3600, "workflows": ["invoices", "mail"],
        ])
        let time = "2026-11-01T02:10:00Z"
        #expect(try CalendarScene.verdict(calendar, time, workflow: "mail") == "blackout")
        #expect(try CalendarScene.verdict(calendar, time, workflow: "other") == "open")
        #expect(try CalendarScene.verdict(calendar, time) == "open")
    }

    @Test func `a schedule's own stand beside those of its calendar`() throws {
        let blackout = try Blackout(json: ["cron": "0 2 * * *", "seconds": 3600])
        let calendar = BusinessCalendar(name: "c", preset: .always).adding([blackout])
        #expect(try CalendarScene.verdict(calendar, "2026-11-01T02:10:00Z") == "blackout")
    }

    @Test(
        arguments: [
            (["name": "x"], "a blackout has one of: from and to; recurring; cron and seconds"),
            (["from": "2026-01-01T00:00:00Z"], "to: is required"),
            (
                ["from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"],
                "to: it is not after from, so the blackout would cover nothing"
            ),
            (
                ["from": "2026-01-01", "to": "2026-01-02"],
                "from: expected a time such as 2026-01-02T03:04:05Z, got \"2026-01-01\""
            ),
            (
                ["cron": "0 2 * * *", "seconds": 60, "recurring": ["from": "01:00", "to": "02:00"]],
                "a blackout has one of: from and to; recurring; cron and seconds"
            ),
            (["cron": "0 2 * * *"], "seconds: is required"),
            (["cron": "0 2 * * *", "seconds": 0], "seconds: it is 0.0; it must be from 1 to 604800, a week"),
            (
                ["recurring": ["weekdays": [], "from": "01:00", "to": "02:00"]],
                "recurring.weekdays: it is empty, so the blackout would cover nothing; name one day or more"
            ),
            (
                ["recurring": ["weekdays": ["Monday"], "from": "01:00", "to": "02:00"]],
                "recurring.weekdays[0]: expected one of monday, tuesday, wednesday, thursday, friday, saturday, sunday"
            ),
            (
                ["recurring": ["from": "01:00", "to": "01:00"]],
                "recurring: from 01:00 to 01:00 are no hours; for a whole day write 00:00 to 24:00"
            ),
            (
                ["recurring": ["from": "1:00", "to": "02:00"]],
                "recurring.from: expected a time of day such as 09:00, up to 24:00, got \"1:00\""
            ),
            (["workflow": "a"], "workflow: there is no such member; did you mean workflows?"),
            (
                ["cron": "0 2 * * *", "seconds": 60, "workflows": []],
                "workflows: it names 0 workflows; name 1 to 100, or leave it out for all"
            ),
        ] as [(Value, String)])
    func `what is no blackout is refused, and the member at fault is named`(json: Value, message: String) {
        #expect {
            try Blackout(json: json)
        } throws: {
            "\($0)" == message
        }
    }

    @Test func `an expression that cannot be read is refused`() {
        #expect {
            try Blackout(json: ["cron": "0 25 * * *", "seconds": 60])
        } throws: {
            "\($0)".hasPrefix("cron: ")
        }
    }
}

extension Object {
    fileprivate var asValue: Value { .object(self) }
}
