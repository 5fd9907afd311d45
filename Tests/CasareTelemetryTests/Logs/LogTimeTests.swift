@testable import CasareTelemetry
import Testing

struct LogTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (999_999, "1970-01-01T00:00:00.000Z"),
            (1_000_000, "1970-01-01T00:00:00.001Z"),
            (1_767_323_045_678_901_234, "2026-01-02T03:04:05.678Z"),
            (1_709_251_199_999_999_999, "2024-02-29T23:59:59.999Z"),
        ] as [(UInt64, String)])
    func `times are in UTC, with milliseconds`(nanoseconds: UInt64, text: String) {
        #expect(LogTime(nanoseconds: nanoseconds).utcText == text)
    }

    @Test func `for people they are in the machine's zone, with its distance from UTC`() throws {
        let pattern = #/\d{4}-\d\d-\d\dT(\d\d):(\d\d):05([+-])(\d\d)(\d\d)/#
        let (_, hour, minute, sign, hours, minutes) = try #require(
            LogCapture.time.localText.wholeMatch(of: pattern)
        ).output
        func inMinutes(_ hours: Substring, _ minutes: Substring) throws -> Int {
            let (hours, minutes) = (try #require(Int(hours)), try #require(Int(minutes)))
            return hours * 60 + minutes
        }
        let distance = try inMinutes(hours, minutes) * (sign == "-" ? -1 : 1)
        // 03:04 in UTC.
        let inUTC = (try inMinutes(hour, minute) - distance + 2880) % 1440
        #expect(inUTC == 184)
    }
}
