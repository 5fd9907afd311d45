import CasareDomain
import CasareWire
import FoundationEssentials

/// When an expression comes, asked of this program alone.
struct CronQuestion: Hashable, Sendable {
    var expression: String
    /// An IANA name.
    var zone: String
    /// Later than this.
    var from: Date
    var count: Int
    var dst: DSTRule
    /// What `H` is computed of.
    var seed: String

    /// - Returns: At most `count`; fewer when the expression does not come so often any more.
    /// - Throws: `.usage` for an expression or a zone that is none.
    func ticks(zones: ZoneCatalogue) throws(CommandFailure) -> [CronAnswer] {
        let expression: CronExpression
        do throws(CronError) {
            expression = try CronExpression(self.expression, seed: self.seed)
        } catch {
            throw CommandFailure(.usage, error.description)
        }
        guard let rules = zones.rules(self.zone) else {
            throw CommandFailure(
                .usage,
                "this machine knows no time zone '\(self.zone.prefix(100))': give an IANA name such as Europe/Berlin, "
                    + "and see that the package tzdata is installed")
        }
        let timetable = CronTimetable(expression, zone: rules, dst: self.dst)
        var ticks: [CronAnswer] = []
        var last = self.from
        while ticks.count < self.count, let tick = timetable.next(after: last) {
            ticks.append(CronAnswer(tick, in: rules))
            last = tick.at
        }
        return ticks
    }

    /// Answers one line of JSON with one; members that it leaves out are as in this question.
    func answer(toLine line: String, countMax: Int, zones: ZoneCatalogue) -> Value {
        var answer: Object = [:]
        do throws(CommandFailure) {
            let question = try self.question(ofLine: line, countMax: countMax)
            answer["expression"] = .string(question.expression)
            answer["zone"] = .string(question.zone)
            answer["ticks"] = .list(try question.ticks(zones: zones).map { .object($0.json) })
        } catch {
            answer["error"] = .string(error.message)
        }
        return .object(answer)
    }

    private func question(ofLine line: String, countMax: Int) throws(CommandFailure) -> CronQuestion {
        let value: Value
        do throws(JSONError) {
            value = try Value(parsingJSON: line)
        } catch {
            throw CommandFailure(.usage, "the line is not JSON: \(error.message) (column \(error.column))")
        }
        guard let object = value.object else { throw CommandFailure(.usage, "the line is no JSON object") }
        var question = self
        for (key, value) in object {
            switch key {
            case "expression": question.expression = try Self.text(value, key)
            case "zone": question.zone = try Self.text(value, key)
            case "seed": question.seed = try Self.text(value, key)
            case "from":
                guard let date = Timestamp.date(try Self.text(value, key)) else {
                    throw CommandFailure(.usage, "from: expected \(Moment.form)")
                }
                question.from = date
            case "count":
                guard let count = value.int, (1...countMax).contains(count) else {
                    throw CommandFailure(.usage, "count: expected a whole number from 1 to \(countMax)")
                }
                question.count = count
            case "dst":
                guard let rule = DSTRule(rawValue: try Self.text(value, key)) else {
                    let rules = DSTRule.allCases.map(\.rawValue).joined(separator: ", ")
                    throw CommandFailure(.usage, "dst: expected one of \(rules)")
                }
                question.dst = rule
            default:
                throw CommandFailure(
                    .usage, "there is no member '\(key.prefix(40))': use expression, zone, from, count, dst and seed")
            }
        }
        guard object["expression"] != nil else { throw CommandFailure(.usage, "expression: is missing") }
        return question
    }

    private static func text(_ value: Value, _ key: String) throws(CommandFailure) -> String {
        guard let text = value.string else {
            throw CommandFailure(.usage, "\(key): expected text, not \(value.kindName)")
        }
        return text
    }
}

/// One time of an expression, as a person in its zone sees it.
struct CronAnswer: Hashable, Sendable {
    let at: Date
    /// What the zone's clock shows, with its offset from UTC: `2026-03-29T03:00:00+02:00`.
    let local: String
    let oddity: ClockOddity?

    init(_ tick: CronTick, in zone: TimeZoneRules) {
        self.at = tick.at
        self.local = zone.isoText(at: tick.at)
        self.oddity = tick.oddity
    }

    static let columns: [Column<CronAnswer>] = [
        Column("local") { .text($0.local) },
        Column("at") { .time($0.at) },
        Column("oddity") { .text($0.oddity?.rawValue) },
    ]

    var json: Object {
        var json: Object = ["at": .string(Timestamp.text(self.at)), "local": .string(self.local)]
        if let oddity = self.oddity { json["oddity"] = .string(oddity.rawValue) }
        return json
    }
}
