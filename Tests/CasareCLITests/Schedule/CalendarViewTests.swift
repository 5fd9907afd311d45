import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct CalendarViewTests {
    /// 20 November 2026.
    private static let now = Date(timeIntervalSince1970: 1_795_132_800)
    private static let zones = ZoneCatalogue { $0 == "UTC" || $0 == "Europe/London" ? .utc : nil }

    private static func render(_ arguments: [String], _ presentation: Presentation) throws -> String {
        try OutputOptions.parse(arguments).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    private static func info(_ calendar: BusinessCalendar) -> CalendarInfo {
        CalendarInfo(
            name: calendar.name, spec: calendar, createdAt: Self.now, createdBy: "ann", updatedAt: Self.now,
            updatedBy: "bob")
    }

    private static let office: Value = [
        "zone": "UTC", "preset": "uk_bank",
        "working_hours": [
            "monday": [["from": "09:00", "to": "12:00"], ["from": "13:00", "to": "17:00"]],
            "friday": [["from": "09:00", "to": "15:00"]],
        ],
        "holidays": [["name": "Fair", "date": "2027-03-01"]],
        "days": [["date": "2026-11-21", "is_working": true, "name": "stock"]],
        "blackouts": [["name": "close", "cron": "0 2 1 * *", "seconds": 60, "workflows": ["pay"]]],
    ]

    @Test func `a calendar is shown with its hours, and its holidays of this year and the next`() throws {
        let calendar = try BusinessCalendar(json: Self.office, name: "office")
        let text = try Self.render([], try Self.info(calendar).presentation(now: Self.now))
        let summary = "working hours on Monday, Friday; holidays of uk_bank; 1 holiday; 1 special day; 1 blackout"
        #expect(text.hasPrefix("office: \(summary)\n"), "\(text)")
        for part in [
            "Monday     09:00–12:00, 13:00–17:00\n", "Tuesday    closed\n", "Holidays of 2026 and 2027\n",
            "2026-12-28  Monday    Boxing Day\n", "2027-03-01  Monday    Fair\n", "2026-11-21 worked: stock\n",
            "blackout close (only pay)\n", "preset      uk_bank\n",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(!text.contains("2025-") && !text.contains("2028-"), "\(text)")
    }

    @Test func `who changes one is told what it says, and nothing more`() throws {
        let calendar = BusinessCalendar(name: "plain")
        let text = try Self.render(
            [], try Self.info(calendar).presentation(saying: "saved calendar plain", now: Self.now))
        #expect(text == "saved calendar plain\n")
    }

    @Test func `lists have a line for each`() throws {
        let calendars = [BusinessCalendar(name: "a"), BusinessCalendar(name: "b", preset: .always)].map(Self.info)
        let list = try Presentation(
            list: calendars, columns: CalendarInfo.columns, name: \.name, json: { try ValueEncoder.encode($0) })
        #expect(
            try Self.render(["--no-headers", "-o", "csv", "--columns", "name,zone,open,preset"], list)
                == "a,UTC,Monday to Friday,\nb,UTC,all days,always\n")
        #expect(try Self.render(["-o", "name"], list) == "a\nb\n")
    }

    @Test func `programs are given what the file would be`() throws {
        let calendar = try BusinessCalendar(json: Self.office, name: "office")
        let text = try Self.render(["-o", "json"], try Self.info(calendar).presentation(now: Self.now))
        let json = try Value(parsingJSON: text)
        #expect(json["spec"] == calendar.json && json["updated_by"] == "bob")
        let read = try CalendarFile.parse(text, named: "office.json", calendar: "office", zones: Self.zones)
        #expect(read == calendar)
    }

    @Test func `a check says whether it is open, why not, and until when`() throws {
        func check(_ isOpen: Bool, opensAt: Date?) throws -> String {
            let info = CalendarCheckInfo(
                calendar: "office", at: Self.now, localTime: "2026-11-20T00:00:00+00:00", isOpen: isOpen,
                closedBy: isOpen ? nil : .hours, reason: isOpen ? nil : "outside of the working hours",
                opensAt: opensAt)
            return try Self.render([], try info.presentation())
        }
        #expect(try check(true, opensAt: nil) == "office is open at 2026-11-20T00:00:00+00:00\n")
        let closed = try check(false, opensAt: Self.now.addingTimeInterval(3600))
        #expect(
            closed.hasPrefix(
                "office is closed at 2026-11-20T00:00:00+00:00: outside of the working hours\n"
                    + "opens  2026-11-20T01:00:00.000Z"))
        #expect(try check(false, opensAt: nil).hasSuffix("opens  not within 370 days\n"))
    }

    // MARK: Files

    @Test func `a file may be YAML, and its day and times are text there, too`() throws {
        let text = """
            preset: uk_bank
            working_hours:
              monday:
                - {from: 09:00, to: "17:00"}
            holidays:
              - {name: Fair, date: 2027-03-01}
              - name: Good Friday
                easter_offset: -2
            """
        let calendar = try CalendarFile.parse(text, named: "office.yaml", calendar: "office", zones: Self.zones)
        #expect(calendar.name == "office" && calendar.zone == "Europe/London")
        #expect(calendar.workingHours?[.monday]?.map(\.text) == ["09:00–17:00"])
        #expect(calendar.holidays.map(\.name) == ["Fair", "Good Friday"])
    }

    @Test(arguments: [
        ("{\"zone\": \"Mars/Olympus\"}", "f.json: zone: there is no time zone \"Mars/Olympus\""),
        ("{\"holiday\": []}", "f.json: holiday: there is no such member; did you mean holidays?"),
        ("{\"name\": \"other\"}", "f.json: name: it is other, and the calendar's name is office; leave it out"),
        ("{\"kind\": \"Schedule\", \"spec\": {}}", "f.json: kind: expected Calendar, got Schedule"),
        ("{\"owner\": \"x\", \"spec\": {}}", "f.json: owner: there is no such member beside spec"),
    ])
    func `what is no calendar is refused before a server is asked`(text: String, message: String) {
        #expect {
            try CalendarFile.parse(text, named: "f.json", calendar: "office", zones: Self.zones)
        } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.status == .usage && failure.message.hasPrefix(message)
        }
    }

    @Test func `commands take what they need`() throws {
        let set = try #require(
            try Casarectl.parseAsRoot(["calendar", "set", "office", "-f", "-", "--dry-run"]) as? CalendarCommand.Set)
        #expect(set.name == "office" && set.file == "-" && set.bulk.dryRun)
        let check = try #require(
            try Casarectl.parseAsRoot(["calendar", "check", "office", "--at", "2026-11-20T00:00:00Z"])
                as? CalendarCommand.Check)
        #expect(check.at?.date == Self.now)
        #expect(throws: (any Error).self) { try Casarectl.parseAsRoot(["calendar", "set", "office"]) }
        #expect(throws: (any Error).self) {
            try Casarectl.parseAsRoot(["calendar", "check", "office", "--at", "soon"])
        }
    }
}
