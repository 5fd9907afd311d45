import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@testable import CasareNodes

@Suite struct DateTimeTests {
    private let folder = RunFolder(path: "/tmp")

    /// 2026-03-29 00:30:00.25 UTC, half an hour before summer time begins in Berlin.
    private var night: RunFolder {
        var folder = self.folder
        folder.now = { Date(timeIntervalSince1970: 1_774_744_200.25) }
        return folder
    }

    @Test func `now is told in the zone that is named`() async throws {
        let berlin = try await self.night.perform("GetCurrentDateTimeNode", ["timezone": "Europe/Berlin"])
        #expect(berlin["datetime"] == "2026-03-29T01:30:00.250000+01:00")
        #expect(berlin["timestamp"] == 1_774_744_200.25)
        #expect(berlin["day_of_week"] == "Sunday")
        #expect(berlin["hour"] == 1)
        let format: Object = ["timezone": "America/New_York", "format": "%A %d %B %Y, %I:%M %p %Z (%z) day %j"]
        let newYork = try await self.night.perform("GetCurrentDateTimeNode", format)
        #expect(newYork["datetime"] == "Saturday 28 March 2026, 08:30 PM EDT (-0400) day 087")
        let fixed = try await self.night.perform("GetCurrentDateTimeNode", ["timezone": "+05:30"])
        #expect(fixed["datetime"] == "2026-03-29T06:00:00.250000+05:30")
    }

    @Test(arguments: ["Nowhere/Land", "../etc/passwd", "/etc/passwd"])
    func `an unknown zone gives local time and a warning`(zone: String) async throws {
        let told = try await self.night.perform("GetCurrentDateTimeNode", ["timezone": .string(zone)])
        #expect(told["warning"] == .string("Unknown time zone \(zone): local time is used"))
        let local = try await self.night.perform("GetCurrentDateTimeNode")
        #expect(told["datetime"] == local["datetime"])
        #expect(local["warning"] == nil)
    }

    @Test func `timestamps are seconds, or whole milliseconds`() async throws {
        #expect(try await self.night.perform("GetTimestampNode")["timestamp"] == 1_774_744_200.25)
        let milliseconds = try await self.night.perform("GetTimestampNode", ["milliseconds": true])["timestamp"]
        guard case .int(1_774_744_200_250) = milliseconds else {
            Issue.record("\(String(describing: milliseconds)) is not the integer")
            return
        }
    }

    @Test(arguments: [
        ("2026-01-31 10:20:30", "31.01.2026 10:20"), ("2026-01-31T10:20:30", "31.01.2026 10:20"),
        ("2026-01-31", "31.01.2026 00:00"), ("05/06/2026", "05.06.2026 00:00"), ("05/16/2026", "16.05.2026 00:00"),
        ("2026-01-31T10:20:30.5Z", "31.01.2026 10:20"), ("20260131T102030+0200", "31.01.2026 10:20"),
    ])
    func `common formats are recognised, day before month`(text: String, expected: String) async throws {
        let inputs: Object = ["datetime": .string(text), "format": "%d.%m.%Y %H:%M"]
        #expect(try await self.folder.perform("FormatDateTimeNode", inputs)["result"] == .string(expected))
    }

    @Test func `a format reads what it writes`() async throws {
        let format = "%a, %d %b %Y %I:%M:%S.%f %p %z"
        let inputs: Object = [
            "datetime_string": "Tue, 03 Feb 2026 12:05:09.000120 AM +0530", "format": .string(format),
        ]
        let parsed = try await self.folder.perform("ParseDateTimeNode", inputs)
        #expect(parsed["iso_format"] == "2026-02-03T00:05:09.000120+05:30")
        #expect(parsed["timestamp"] == 1_770_057_309.00012)
        #expect(parsed["minute"] == 5)
        let back: Object = ["datetime": parsed["iso_format"] ?? nil, "format": .string(format)]
        #expect(try await self.folder.perform("FormatDateTimeNode", back)["result"] == inputs["datetime_string"])
    }

    @Test(arguments: ["", "yesterday", "2026-02-30", "2026-13-01", "2026-01-01T25:00", "2026-01-01T10:00:00 x", "1/2"])
    func `what is no date fails with success false`(text: String) async throws {
        let failure = try await self.folder.failure("ParseDateTimeNode", ["datetime_string": .string(text)])
        #expect(failure.type == "ValueError")
        #expect(failure.outputs["success"] == false)
    }

    @Test func `a format with an unknown field fails`() async throws {
        for format in ["%Q", "100%"] {
            let inputs: Object = ["datetime": 0, "format": .string(format)]
            #expect(try await self.folder.failure("FormatDateTimeNode", inputs).type == "ValueError")
        }
    }

    @Test(
        arguments: [
            ("2026-01-31T12:00:00Z", ["months": 1], "2026-02-28T12:00:00+00:00"),
            ("2024-02-29T12:00:00Z", ["years": 1], "2025-02-28T12:00:00+00:00"),
            ("2026-01-01T00:00:00Z", ["months": -13, "days": -1], "2024-11-30T00:00:00+00:00"),
            (
                "2026-01-01T00:00:00+02:00", ["weeks": 1, "hours": 25, "minutes": -1, "seconds": 30],
                "2026-01-09T00:59:30+02:00"
            ),
            ("2026-01-01T00:00:00Z", ["days": "2", "hours": "junk"], "2026-01-03T00:00:00+00:00"),
        ] as [(String, Object, String)])
    func `adding follows the calendar`(start: String, amounts: Object, expected: String) async throws {
        let inputs = amounts.merging(["datetime": .string(start)])
        #expect(try await self.folder.perform("DateTimeAddNode", inputs)["result"] == .string(expected))
    }

    @Test func `adding to nothing adds to now, and too much fails`() async throws {
        let soon = try await self.night.perform("DateTimeAddNode", ["seconds": 10])
        #expect(soon["timestamp"] == 1_774_744_210.25)
        for amount in [9_000, -3_000, 1e18] {
            let failure = try await self.night.failure("DateTimeAddNode", ["years": .double(amount)])
            #expect(failure.message == "The result is not between the years 1 and 9999")
        }
        #expect(try await self.folder.failure("DateTimeAddNode", ["datetime": true]).type == "ValueError")
    }

    @Test func `differences are signed totals and a decomposition`() async throws {
        let inputs: Object = ["datetime_1": "2026-01-03T01:02:03Z", "datetime_2": "2026-01-01T01:00:00+01:00"]
        let difference = try await self.folder.perform("DateTimeDiffNode", inputs)
        #expect(difference["total_seconds"] == -176_523)
        #expect(difference["total_hours"]?.double == -176_523.0 / 3600)
        #expect(difference["days"] == -2)
        #expect(difference["hours"] == 1)
        #expect(difference["minutes"] == 2)
        #expect(difference["seconds"] == 3)
    }

    @Test func `times compare by moment, also across offsets`() async throws {
        let equal: Object = ["datetime_1": "2026-01-01T12:00:00+02:00", "datetime_2": 1_767_261_600]
        #expect(try await self.folder.perform("DateTimeCompareNode", equal)["is_equal"] == true)
        let before: Object = ["datetime_1": "2026-01-01T12:00:00Z", "datetime_2": "2026-01-01T12:00:00.000001Z"]
        #expect(
            try await self.folder.perform("DateTimeCompareNode", before)
                == ["is_before": true, "is_after": false, "is_equal": false, "comparison": -1])
        #expect(
            try await self.folder.failure("DateTimeCompareNode", ["datetime_1": "x", "datetime_2": 1]).message
                == "datetime_1 is not an ISO date and time: x")
    }
}
