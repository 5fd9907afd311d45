import CasareDomain
import Testing

struct PosixZoneTests {
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
}
