import FoundationEssentials
import Testing

@testable import CasareNodes

/// Dates as mails carry them.
@Suite struct MailDateTests {
    private static let dates: [(String, String)] = [
        ("Fri, 2 Jan 2026 03:04:05 +0100 (CET)", "2026-01-02T03:04:05+01:00"),
        ("02 January 2026 03:04:05 -0930", "2026-01-02T03:04:05-09:30"),
        ("2 Jan 2026 03:04 +0000", "2026-01-02T03:04:00+00:00"), ("2 Jan 2026 03:04:05", "2026-01-02T03:04:05+00:00"),
        ("Fri, 2 jan 26 03:04:05 EST", "2026-01-02T03:04:05-05:00"),
        ("2 Jan 99 03:04:05 GMT", "1999-01-02T03:04:05+00:00"), ("2 Jan 2026 00:00:00 Z", "2026-01-02T00:00:00+00:00"),
        ("29 Feb 2024 23:59:59 +0000", "2024-02-29T23:59:59+00:00"),
        // A leap second.
        ("31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
    ]

    @Test(arguments: Self.dates)
    func `a mail's date is given in ISO 8601, with its offset`(text: String, iso: String) {
        #expect(MailDate.isoText(text) == iso)
    }

    @Test(arguments: [
        "10:20:61", "10:20:99", "10:20:-1", "10:20:zz", "10:20:", "10:20:5x", "10:20:00:00", "10:60:00", "24:00:00",
        "10:", ":20", "10", "now",
    ])
    func `an impossible time is no date`(time: String) {
        #expect(MailDate.isoText("Fri, 2 Jan 2026 \(time) +0000") == nil)
    }

    @Test(arguments: [
        "", "yesterday", "2 Jan 2026", "30 Feb 2026 10:20:00 +0000", "29 Feb 2026 10:20:00 +0000",
        "0 Jan 2026 10:20:00 +0000", "2 Foo 2026 10:20:00 +0000", "2 Jan 2026 10:20:00 +01",
        "2 Jan 2026 10:20:00 +0x00",
    ])
    func `what is no date is none`(text: String) {
        #expect(MailDate.isoText(text) == nil)
    }

    @Test(arguments: [
        (1_795_241_930.0, "Sat, 21 Nov 2026 06:18:50 +0000"), (0.0, "Thu, 1 Jan 1970 00:00:00 +0000"),
        (0.9, "Thu, 1 Jan 1970 00:00:00 +0000"), (-0.5, "Wed, 31 Dec 1969 23:59:59 +0000"),
    ])
    func `a date is written as mails have it`(seconds: Double, text: String) {
        #expect(MailDate.text(Date(timeIntervalSince1970: seconds)) == text)
    }
}
