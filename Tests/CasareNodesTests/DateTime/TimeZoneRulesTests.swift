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

    @Test(arguments: [
        "", "X", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0/3", "CET-1CEST,J0,J1",
    ])
    func `a rule that is incomplete is none`(text: String) {
        #expect(PosixZone(text) == nil)
    }

    @Test func `days of a rule are counted three ways`() throws {
        // Both rules begin summer on 1 March at 02:00, in a leap year too.
        let julian = try #require(PosixZone("AAA0BBB,J60,J300"))
        let week = try #require(PosixZone("AAA0BBB,M3.1.0,M10.5.0"))
        let ordinal = try #require(PosixZone("<+00>0<+01>,59/2,299"))
        let march = { (year: Int) in CivilTime(year: year).adding(months: 2).wallSeconds + 7200 }
        for year in [2023, 2024] {
            #expect(julian.offset(at: march(year) - 1).seconds == 0)
            #expect(julian.offset(at: march(year)).seconds == 3600)
        }
        #expect(ordinal.offset(at: march(2023)).abbreviation == "+01")
        #expect(ordinal.offset(at: march(2023) - 1).abbreviation == "+00")
        // Sunday, 3 March 2024.
        #expect(week.offset(at: march(2024) + 2 * 86_400 - 1).seconds == 0)
        #expect(week.offset(at: march(2024) + 2 * 86_400).seconds == 3600)
    }

    @Test func `the calendar turns days into dates and back`() {
        for day in stride(from: -719_162, through: 2_932_896, by: 97) {
            let civil = CivilTime(dayNumber: day)
            #expect(civil.isValid)
            #expect(civil.dayNumber == day)
        }
        #expect(CivilTime(dayNumber: 0).isoText == "1970-01-01T00:00:00")
        #expect(CivilTime(wallSeconds: -1).isoText == "1969-12-31T23:59:59")
        #expect(CivilTime(dayNumber: 0).weekday == 4)
    }
}
