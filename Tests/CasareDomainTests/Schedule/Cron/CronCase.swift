import CasareDomain
import FoundationEssentials
import Testing

/// A line of a table of expressions and their times.
struct CronCase: Sendable, CustomTestStringConvertible {
    let expression: String
    /// An IANA name, or a rule as in the variable `TZ`.
    let zone: String
    let dst: DSTRule
    /// As it is written in the table.
    let from: String
    /// The next times, as `CronCase.text` writes them.
    let ticks: [String]

    var testDescription: String { "\(self.expression) in \(self.zone) after \(self.from)" }

    /// Lines of expression, moment and times, separated by semicolons.
    static func ofUTC(_ table: String) -> [CronCase] {
        table.split(separator: "\n").map { line in
            let parts = Self.parts(of: line, count: 3)
            return CronCase(
                expression: parts[0], zone: "UTC", dst: .automatic, from: parts[1] + "Z",
                ticks: parts[2].split(separator: " ").map { $0 == "never" ? "never" : "\($0)+00:00" })
        }
    }

    /// Lines of an expression and times, below lines that begin with `@` and give zone, rule and moment.
    static func ofZones(_ table: String) -> [CronCase] {
        var head: [String] = []
        var cases: [CronCase] = []
        for line in table.split(separator: "\n") {
            if line.hasPrefix("@") {
                head = line.split(separator: " ").dropFirst().map(String.init)
                continue
            }
            let parts = Self.parts(of: line, count: 2)
            guard head.count == 3, let dst = DSTRule(rawValue: head[1]) else {
                preconditionFailure("The table has no zone, rule and moment above: \(line)")
            }
            cases.append(
                CronCase(
                    expression: parts[0], zone: head[0], dst: dst, from: head[2],
                    ticks: parts[1].split(separator: " ").map(String.init)))
        }
        return cases
    }

    private static func parts(of line: Substring, count: Int) -> [String] {
        let parts = line.split(separator: ";").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        precondition(parts.count == count, "The table's line has \(parts.count) parts: \(line)")
        return parts
    }

    /// What the engine says, in the table's words; as many as the table has.
    func computed() throws -> [String] {
        let zone = try TestZones.rules(of: self.zone)
        let timetable = CronTimetable(try CronExpression(self.expression), zone: zone, dst: self.dst)
        var moment = try #require(TestClock.moment(self.from))
        var found: [String] = []
        while found.count < self.ticks.count {
            guard let tick = timetable.next(after: moment) else {
                found.append("never")
                break
            }
            found.append(TestClock.text(tick, in: zone))
            moment = tick.at
        }
        return found
    }
}

/// Moments as the tables write them.
enum TestClock {
    /// `2024-03-31T00:15Z` or `2024-03-31T02:15:30+02:00`.
    static func moment(_ text: String) -> Date? {
        let date = text.prefix(10).split(separator: "-").compactMap { Int($0) }
        let rest = text.dropFirst(11)
        let time = rest.prefix { $0.isNumber || $0 == ":" }
        let clock = time.split(separator: ":").compactMap { Int($0) }
        let zone = rest.dropFirst(time.count)
        let offset = zone.dropFirst().split(separator: ":").compactMap { Int($0) }
        guard date.count == 3, clock.count >= 2, zone == "Z" || offset.count == 2 else { return nil }
        var civil = CivilTime(year: date[0])
        (civil.month, civil.day, civil.hour, civil.minute) = (date[1], date[2], clock[0], clock[1])
        civil.second = clock.count > 2 ? clock[2] : 0
        let east = zone == "Z" ? 0 : (offset[0] * 60 + offset[1]) * (zone.first == "-" ? -60 : 60)
        return Date(timeIntervalSince1970: Double(civil.wallSeconds - east))
    }

    /// As the zone's clock shows it, with its offset, and without seconds where there are none.
    static func text(_ tick: CronTick, in zone: TimeZoneRules) -> String {
        let seconds = Int(tick.at.timeIntervalSince1970)
        let offset = zone.offset(at: seconds).seconds
        let civil = CivilTime(wallSeconds: seconds + offset)
        let clock = civil.second == 0 ? String(civil.isoText.dropLast(3)) : civil.isoText
        let east = (offset < 0 ? "-" : "+") + CivilTime.padded(abs(offset) / 3600)
        let mark =
            switch tick.oddity {
            case .gapMoved: "!gap"
            case .repeatSkipped: "!repeat"
            case nil: ""
            }
        return "\(clock)\(east):\(CivilTime.padded(abs(offset) / 60 % 60))\(mark)"
    }
}

/// Time zones of this machine.
enum TestZones {
    /// - Parameter name: An IANA name, `UTC`, or a rule as in the variable `TZ`.
    static func rules(of name: String) throws -> TimeZoneRules {
        if name == "UTC" { return .utc }
        if name.contains(",") { return TimeZoneRules(posix: try #require(PosixZone(name))) }
        let content = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
        return try #require(TimeZoneRules(file: Array(content)))
    }
}
