import CasareWire
import FoundationEssentials
import Testing

struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_767_322_987.678, "2026-01-02T03:03:07.678Z"),
        (951_782_399.999, "2000-02-28T23:59:59.999Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        (-0.001, "1969-12-31T23:59:59.999Z"),
        (-86_400, "1969-12-31T00:00:00.000Z"),
    ])
    func `a time is written in UTC with milliseconds and read back`(seconds: Double, text: String) throws {
        #expect(Timestamp.text(Date(timeIntervalSince1970: seconds)) == text)
        let date = try #require(Timestamp.date(text))
        #expect(abs(date.timeIntervalSince1970 - seconds) < 0.0005)
    }

    @Test(arguments: [
        ("2026-01-02T03:04:05Z", 1_767_323_045.0),
        ("2026-01-02T03:04:05.5Z", 1_767_323_045.5),
        ("2026-01-02 03:04:05z", 1_767_323_045.0),
        ("2026-01-02T05:04:05+02:00", 1_767_323_045.0),
        ("2026-01-01T22:34:05-0430", 1_767_323_045.0),
    ])
    func `other usual forms are read too`(text: String, seconds: Double) {
        #expect(Timestamp.date(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: [
        "", "now", "2026-01-02", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z",
        "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05Zx",
        "2026-01-02T03:04:05+2:00", "1767323045",
    ])
    func `what is not a time is refused`(text: String) {
        #expect(Timestamp.date(text) == nil)
    }
}
