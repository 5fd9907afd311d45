import CasareDomain
import Testing

@testable import CasareNodes

@Suite struct TimeZoneRulesTests {
    @Test(arguments: [
        ("Europe/Berlin", 1_774_745_999, 3600), ("Europe/Berlin", 1_774_746_000, 7200),
        ("Europe/Berlin", 4_102_444_800, 3600), ("Europe/Berlin", 4_118_083_200, 7200),
        ("America/New_York", 1_785_000_000, -14_400), ("Australia/Sydney", 1_767_225_600, 39_600),
        ("Australia/Sydney", 4_118_083_200, 36_000), ("Asia/Kathmandu", 1_700_000_000, 20_700),
        ("Asia/Kolkata", 0, 19_800), ("UTC", 0, 0), ("+02:00", 0, 7200), ("-0930", 0, -34_200),
    ])
    func `offsets follow the zone files, and their rules beyond them`(zone: String, seconds: Int, offset: Int) throws {
        let rules = try #require(TimeZoneRules(named: zone))
        #expect(rules.offset(at: seconds).seconds == offset)
    }

    @Test func `a clock time that comes twice means the first, one left out the offset before`() throws {
        let berlin = try #require(TimeZoneRules(named: "Europe/Berlin"))
        func seconds(_ text: String) throws -> Int {
            berlin.moment(of: try #require(DateTimeText.parseISO(text)).civil).seconds
        }
        #expect(try seconds("2026-03-29T01:59:59") == 1_774_745_999)
        #expect(try seconds("2026-03-29T02:30:00") == 1_774_747_800)
        #expect(try seconds("2026-03-29T03:00:00") == 1_774_746_000)
        #expect(try seconds("2026-10-25T02:30:00") == 1_792_888_200)
        #expect(try seconds("2026-10-25T03:00:00") == 1_792_893_600)
    }
}
