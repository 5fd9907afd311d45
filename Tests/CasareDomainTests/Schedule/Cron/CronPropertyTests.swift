import CasareDomain
import FoundationEssentials
import Testing

/// What holds for every expression, found by looking at each second or minute in turn.
struct CronPropertyTests {
    private static let count = 250

    @Test func `the next time is later, is one, and none lies between`() throws {
        var dice = CronDice(seed: 1)
        for _ in 0..<Self.count {
            let text = dice.expression()
            let expression = try CronExpression(text, seed: "property")
            let start = dice.moment()
            let next = try #require(expression.nextWallSeconds(after: start), "\(text)")
            #expect(next > start, "\(text)")
            #expect(expression.matches(CivilTime(wallSeconds: next)), "\(text)")
            // The last minutes before it, and the first after the start: every second.
            let near = [start + 1..<min(next, start + 300), max(start + 1, next - 300)..<next]
            for seconds in near {
                #expect(!seconds.contains { expression.matches(CivilTime(wallSeconds: $0)) }, "\(text) after \(start)")
            }
            // Between them every minute, for some days. Without seconds that is all.
            let first = (start / 60 + 1) * 60
            let minutes = stride(from: first, to: min(next, first + 5 * 86_400), by: 60)
            if !expression.hasSeconds {
                #expect(!minutes.contains { expression.matches(CivilTime(wallSeconds: $0)) }, "\(text) after \(start)")
            }
        }
    }

    @Test func `days without a time are passed over whole, and no others`() throws {
        var dice = CronDice(seed: 2)
        for _ in 0..<Self.count {
            let text = "0 0 " + dice.dayFields()
            guard let expression = try? CronExpression(text) else { continue }  // 30 February.
            var wall = dice.moment()
            for _ in 0..<3 {
                guard let next = expression.nextWallSeconds(after: wall) else { break }
                let first = (wall / 86_400 + 1) * 86_400
                let between = stride(from: first, to: min(next, first + 3000 * 86_400), by: 86_400)
                #expect(!between.contains { expression.matches(CivilTime(wallSeconds: $0)) }, "\(text) after \(wall)")
                #expect(next > wall && expression.matches(CivilTime(wallSeconds: next)), "\(text)")
                wall = next
            }
        }
    }

    @Test(arguments: [
        ("Europe/Berlin", "2024-03-30T12:00Z"), ("Europe/Berlin", "2024-10-26T12:00Z"),
        ("Australia/Lord_Howe", "2024-10-05T12:00Z"), ("Australia/Lord_Howe", "2024-04-06T12:00Z"),
        ("Antarctica/Troll", "2024-03-30T12:00Z"), ("Antarctica/Troll", "2024-10-26T12:00Z"),
        ("America/Sao_Paulo", "2018-11-03T12:00Z"), ("America/Sao_Paulo", "2018-02-17T12:00Z"),
        ("Pacific/Apia", "2011-12-29T06:00Z"), ("America/St_Johns", "2006-10-28T12:00Z"),
        ("Pacific/Chatham", "2024-04-06T06:00Z"), ("Europe/Dublin", "2024-03-30T12:00Z"),
    ])
    func `around a change of the clock the ticks are those that the rule means`(name: String, from: String) throws {
        let zone = try TestZones.rules(of: name)
        let start = Int(try #require(TestClock.moment(from)).timeIntervalSince1970)
        let end = start + 2 * 86_400
        var dice = CronDice(seed: UInt64(start))
        for _ in 0..<12 {
            let text = dice.timeFields() + " * * *"
            let expression = try CronExpression(text)
            for (rule, expected) in [
                (DSTRule.elapsed, Self.elapsed(expression, zone, start, end)),
                (DSTRule.fixed, Self.fixed(expression, zone, start, end)),
            ] {
                let timetable = CronTimetable(expression, zone: zone, dst: rule)
                var found: [Int] = []
                var moment = Date(timeIntervalSince1970: Double(start))
                while let tick = timetable.next(after: moment), tick.at.timeIntervalSince1970 < Double(end) {
                    found.append(Int(tick.at.timeIntervalSince1970))
                    moment = tick.at
                }
                #expect(found == expected, "\(text) \(rule)")
                // Asked from anywhere, the next tick is the first of those that are later.
                for _ in 0..<20 {
                    let moment = Int.random(in: start..<end, using: &dice)
                    let next = timetable.next(after: Date(timeIntervalSince1970: Double(moment) + 0.5))
                    if let first = expected.first(where: { $0 > moment }) {
                        #expect(next?.at.timeIntervalSince1970 == Double(first), "\(text) \(rule) after \(moment)")
                    }
                }
            }
        }
    }

    /// Each minute at which the clock shows one of the expression's times.
    private static func elapsed(
        _ expression: CronExpression, _ zone: TimeZoneRules, _ start: Int, _ end: Int
    ) -> [Int] {
        stride(from: start + 60, to: end, by: 60).filter { moment in
            expression.matches(CivilTime(wallSeconds: moment + zone.offset(at: moment).seconds))
        }
    }

    /// Each minute at which the clock shows, or has jumped over, one of the expression's times for the first time.
    private static func fixed(
        _ expression: CronExpression, _ zone: TimeZoneRules, _ start: Int, _ end: Int
    ) -> [Int] {
        var latest = start + zone.offset(at: start).seconds
        return stride(from: start + 60, to: end, by: 60).filter { moment in
            let wall = moment + zone.offset(at: moment).seconds
            defer { latest = max(latest, wall) }
            return stride(from: latest + 60, through: wall, by: 60).contains { time in
                expression.matches(CivilTime(wallSeconds: time))
            }
        }
    }
}

/// Random expressions; the same for the same seed.
struct CronDice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    /// splitmix64.
    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A clock's time of the years 1990 to 2090.
    mutating func moment() -> Int { Int.random(in: 631_152_000..<3_786_912_000, using: &self) }

    mutating func expression() -> String {
        let time = Bool.random(using: &self) ? "" : self.field(0...59) + " "
        // A day that every month has, so that every expression comes.
        let days = Bool.random(using: &self) ? self.field(1...28) : "*"
        let weekdays = Bool.random(using: &self) ? self.field(0...6) : "*"
        return time + self.timeFields() + " \(days) \(self.field(1...12)) \(weekdays)"
    }

    /// Minute and hour.
    mutating func timeFields() -> String { self.field(0...59) + " " + self.field(0...23) }

    /// Day of month, month and day of week, with all that only a calendar can tell.
    mutating func dayFields() -> String {
        let days = ["L", "LW", "L-2", "1,L", "15W", "1W", "31W", "29", "30,31", "*/2", "?", "*", self.field(1...31)]
        let weekdays = [
            "MON#1", "5#L", "FRIL", "3#5", "SUN#2,TUE#4", "+1-5", "+6#L", "*", "?", "*/3", self.field(0...7),
        ]
        let months = Bool.random(using: &self) ? "*" : self.field(1...12)
        let day = days[Int.random(in: 0..<days.count, using: &self)]
        return "\(day) \(months) \(weekdays[Int.random(in: 0..<weekdays.count, using: &self)])"
    }

    private mutating func field(_ range: ClosedRange<Int>) -> String {
        let count = Int.random(in: 1...2, using: &self)
        return (0..<count).map { _ in self.item(range) }.joined(separator: ",")
    }

    private mutating func item(_ range: ClosedRange<Int>) -> String {
        let one = Int.random(in: range, using: &self)
        let other = Int.random(in: range, using: &self)
        let step = Int.random(in: 1...range.count, using: &self)
        switch Int.random(in: 0..<6, using: &self) {
        case 0: return "*"
        case 1: return "*/\(step)"
        case 2: return "\(min(one, other))-\(max(one, other))"
        case 3: return "\(min(one, other))-\(max(one, other))/\(step)"
        default: return String(one)
        }
    }
}
