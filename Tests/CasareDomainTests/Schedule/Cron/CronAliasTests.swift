import CasareDomain
import Testing

struct CronAliasTests {
    @Test(arguments: CronAlias.all.map(\.name))
    func `an alias is what it stands for, in any case`(name: String) throws {
        let meaning = try #require(CronAlias.all.first { $0.name == name }?.expression)
        let plain = try CronExpression(meaning)
        for text in [name, name.uppercased(), "  \(name) "] {
            let alias = try CronExpression(text)
            #expect(alias.isIntervalLike == plain.isIntervalLike && alias.hasSeconds == plain.hasSeconds)
            var wall = CivilTime(year: 2026).wallSeconds
            for _ in 0..<50 {
                let next = try #require(plain.nextWallSeconds(after: wall))
                #expect(alias.nextWallSeconds(after: wall) == next)
                wall = next
            }
        }
    }

    @Test func `an alias is shown as it was written`() throws {
        #expect(try CronExpression(" @Daily ").description == "@Daily")
    }

    @Test(arguments: [
        ("@yearly", "2027-01-01T00:00:00"), ("@monthly", "2026-02-01T00:00:00"), ("@weekly", "2026-01-04T00:00:00"),
        ("@daily", "2026-01-02T00:00:00"), ("@hourly", "2026-01-01T01:00:00"), ("@every_minute", "2026-01-01T00:01:00"),
        ("@every_15_minutes", "2026-01-01T00:15:00"), ("@business_hours", "2026-01-01T09:00:00"),
        ("@weekdays", "2026-01-01T09:00:00"), ("@weekends", "2026-01-03T09:00:00"),
        ("@end_of_month", "2026-01-31T00:00:00"), ("@first_monday", "2026-01-05T09:00:00"),
        ("@last_friday", "2026-01-30T17:00:00"),
    ])
    func `an alias comes when its name says`(name: String, next: String) throws {
        let found = try CronExpression(name).nextWallSeconds(after: CivilTime(year: 2026).wallSeconds)
        #expect(found.map { CivilTime(wallSeconds: $0).isoText } == next)
    }
}
