import CasareDomain
import Testing

struct CivilTimeTests {
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
