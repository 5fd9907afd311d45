import CasareDomain
import FoundationEssentials
import Testing

struct TimeZoneTextTests {
    /// 2026-03-29, when Berlin's clock goes forward at 01:00 UTC.
    private static let forward = Date(timeIntervalSince1970: 1_774_746_000)

    @Test func `a moment shows as the zone's clock does, with its offset`() throws {
        let berlin = TimeZoneRules(posix: try #require(PosixZone("CET-1CEST,M3.5.0,M10.5.0/3")))
        #expect(berlin.isoText(at: Self.forward) == "2026-03-29T03:00:00+02:00")
        #expect(berlin.isoText(at: Self.forward.addingTimeInterval(-1)) == "2026-03-29T01:59:59+01:00")
        #expect(TimeZoneRules.utc.isoText(at: Self.forward) == "2026-03-29T01:00:00+00:00")
    }

    @Test(arguments: [
        ("NST3:30", "2026-03-28T21:30:00-03:30"), ("NPT-5:45", "2026-03-29T06:45:00+05:45"),
        ("XXX0:30", "2026-03-29T00:30:00-00:30"),
    ])
    func `offsets have minutes, and a sign of their own`(zone: String, text: String) throws {
        let rules = TimeZoneRules(posix: try #require(PosixZone(zone)))
        #expect(rules.isoText(at: Self.forward) == text)
        #expect(rules.isoText(at: Self.forward.addingTimeInterval(0.9)) == text)
    }

    @Test func `before 1970 the second is the one that has begun`() {
        #expect(TimeZoneRules.utc.isoText(at: Date(timeIntervalSince1970: -0.5)) == "1969-12-31T23:59:59+00:00")
    }
}
