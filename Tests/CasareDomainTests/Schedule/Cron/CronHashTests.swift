import CasareDomain
import Testing

struct CronHashTests {
    /// The times of a day, as hours and minutes.
    private static func times(_ text: String, seed: String) throws -> [(hour: Int, minute: Int)] {
        let expression = try CronExpression(text, seed: seed)
        let start = CivilTime(year: 2026).wallSeconds
        var found: [(hour: Int, minute: Int)] = []
        var wall = start - 1
        while let next = expression.nextWallSeconds(after: wall), next < start + 86_400 {
            let civil = CivilTime(wallSeconds: next)
            found.append((civil.hour, civil.minute))
            wall = next
        }
        return found
    }

    @Test func `a name always chooses the same minute`() throws {
        // Schedules keep their times over restarts and upgrades: these figures never change.
        #expect(try Self.times("H H * * *", seed: "invoices").map { "\($0.hour):\($0.minute)" } == ["13:37"])
        #expect(try Self.times("H H * * *", seed: "payroll").map { "\($0.hour):\($0.minute)" } == ["2:59"])
        #expect(try Self.times("H H * * *", seed: "").map { "\($0.hour):\($0.minute)" } == ["2:58"])
    }

    @Test func `names are spread over the hour`() throws {
        var counts = [Int](repeating: 0, count: 60)
        for number in 0..<6000 {
            let minute = try #require(try Self.times("H 0 * * *", seed: "schedule-\(number)").first?.minute)
            counts[minute] += 1
        }
        // 100 each on average, with a deviation of 10: what lies six of them away is no chance.
        #expect(counts.allSatisfy { (40...160).contains($0) }, "\(counts)")
    }

    @Test func `a range bounds what is chosen`() throws {
        for number in 0..<200 {
            let times = try Self.times("H(10-19) H(0-7) * * *", seed: "s\(number)")
            #expect(times.count == 1)
            let time = try #require(times.first)
            #expect((10...19).contains(time.minute) && (0...7).contains(time.hour))
        }
    }

    @Test func `a step begins somewhere in its first part`() throws {
        var starts: Set<Int> = []
        for number in 0..<200 {
            let minutes = try Self.times("H/15 0 * * *", seed: "s\(number)").map(\.minute)
            #expect(minutes.count == 4)
            let first = try #require(minutes.first)
            #expect(minutes == [first, first + 15, first + 30, first + 45] && first < 15)
            starts.insert(first)
        }
        #expect(starts == Set(0..<15))
        let bounded = try Self.times("H(0-29)/10 0 * * *", seed: "s").map(\.minute)
        #expect(bounded.count == 3 && bounded.allSatisfy { $0 <= 29 })
        #expect(try Self.times("H/90 0 * * *", seed: "s").count == 1)
    }

    @Test func `a day is chosen that every month has`() throws {
        for number in 0..<100 {
            let expression = try CronExpression("0 0 H * *", seed: "s\(number)")
            var wall = CivilTime(year: 2026).wallSeconds - 1
            for month in 1...12 {
                let next = try #require(expression.nextWallSeconds(after: wall))
                let civil = CivilTime(wallSeconds: next)
                #expect(civil.month == month && civil.day <= 28)
                wall = next
            }
        }
    }

    @Test func `fields choose apart from each other`() throws {
        var pairs: Set<String> = []
        for number in 0..<500 {
            let time = try #require(try Self.times("H H * * *", seed: "s\(number)").first)
            pairs.insert("\(time.hour):\(time.minute)")
        }
        // Were hour and minute one choice, there would be at most 60 pairs.
        #expect(pairs.count > 300)
    }
}
