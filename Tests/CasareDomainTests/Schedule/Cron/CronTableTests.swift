import CasareDomain
import FoundationEssentials
import Testing

struct CronTableTests {
    private static let all =
        CronTable.values + CronTable.secondsAndYears + CronTable.monthEnds + CronTable.weekdaysOfMonth
        + CronTable.bothDays + CronClockTable.cases

    @Test(arguments: Self.all)
    func `an expression comes when the table says`(line: CronCase) throws {
        #expect(try line.computed() == line.ticks)
    }

    @Test func `the tables have three hundred lines, and zones with every kind of change`() {
        #expect(Self.all.count >= 300)
        #expect(Set(CronClockTable.cases.map(\.zone)).count >= 12)
        for mark in ["!gap", "!repeat"] {
            #expect(CronClockTable.cases.count { line in line.ticks.contains { $0.hasSuffix(mark) } } >= 20)
        }
    }

    @Test func `spaces and tabs separate fields, in any number`() throws {
        let plain = try CronExpression("0 0 1 * *")
        for text in [" 0 0 1 * *", "0 0 1 * * ", "0\t0\t1\t*\t*", "  0   0 \t 1 * *\t"] {
            let written = try CronExpression(text)
            #expect(written == plain)
            #expect(written.description == "0 0 1 * *")
        }
    }

    @Test(arguments: [
        ("* * * * *", true), ("*/5 * * * *", true), ("0 * * * *", true), ("0 */6 * * *", true), ("* 9 * * *", true),
        ("0-30/10 9 * * *", true), ("0 9-17/2 * * *", true), ("H/15 9 * * *", true), ("* 0 9 * * *", true),
        ("*/10 0 9 * * *", true), ("H * * * *", true), ("@hourly", true), ("@every_5_minutes", true),
        ("0 9 * * *", false), ("0,30 9 * * *", false), ("0-5 9-17 * * *", false), ("H H * * *", false),
        ("0 9 */2 * *", false), ("0 9 * */3 MON", false), ("0 0 9 * * *", false), ("@daily", false),
        ("@business_hours", false),
    ])
    func `an expression with a wildcard or a step in its time is like an interval`(text: String, is like: Bool) throws {
        #expect(try CronExpression(text).isIntervalLike == like)
    }

    @Test func `seconds are known by the number of fields`() throws {
        #expect(try CronExpression("0 0 * * *").hasSeconds == false)
        #expect(try CronExpression("0 0 0 * * *").hasSeconds)
        #expect(try CronExpression("0 0 0 * * * 2030").hasSeconds)
        #expect(try CronExpression("@daily").hasSeconds == false)
    }
}
