import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct ClockReadingTests {
    @Test(
        arguments: [
            (0.0, 0, "1970-01-01", "00:00:00"), (951_782_399, 0, "2000-02-28", "23:59:59"),
            (951_782_400, 0, "2000-02-29", "00:00:00"), (1_709_164_800, 0, "2024-02-29", "00:00:00"),
            (1_772_323_200, 0, "2026-03-01", "00:00:00"), (-1, 0, "1969-12-31", "23:59:59"),
            (1_767_225_599.999, 0, "2025-12-31", "23:59:59"), (1_767_225_600, 3600, "2026-01-01", "01:00:00"),
            (1_767_225_600, -1, "2025-12-31", "23:59:59"), (4_107_542_400, 0, "2100-03-01", "00:00:00"),
            (-62_135_596_800, 0, "0001-01-01", "00:00:00"), (253_402_300_799, 0, "9999-12-31", "23:59:59"),
            (.infinity, 0, "9999-12-31", "23:59:59"), (.nan, 0, "0001-01-01", "00:00:00"),
        ] as [(Double, Int, String, String)])
    func `dates and times are local`(seconds: Double, offset: Int, date: String, time: String) {
        let reading = ClockReading(secondsSince1970: seconds, utcOffsetSeconds: offset)
        #expect(SystemVariable.currentDate.value(at: reading) == .string(date))
        #expect(SystemVariable.currentTime.value(at: reading) == .string(time))
        #expect(SystemVariable.currentDateTime.value(at: reading) == .string("\(date)T\(time)"))
    }

    @Test(arguments: [(1.9, 1), (-0.1, -1), (1_767_225_600.5, 1_767_225_600)])
    func `the timestamp is in whole seconds and knows no zone`(seconds: Double, expected: Int) {
        let reading = ClockReading(secondsSince1970: seconds, utcOffsetSeconds: 7200)
        #expect(SystemVariable.timestamp.value(at: reading) == .int(expected))
    }
}
