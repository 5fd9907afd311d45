/// Reads one field of an expression: items separated by commas, each a value, a range or a wildcard, with a step or
/// without; of days also what only a calendar can tell.
struct CronFieldParser {
    /// What a field means.
    struct Field {
        /// The numbers themselves, with Sunday as 0; what only a calendar can tell stands in `CronDays`.
        var values: Set<Int> = []
        /// Whether an item is `*` or has a step.
        var isIntervalLike = false
        /// Whether it begins with `*`, or is `?`: such a day field restricts, but never adds days (Vixie cron).
        var beginsWithWildcard = false
        /// Whether it begins with `+`: days must satisfy both day fields (OCPS 1.4 §4.1.2).
        var isConjunction = false
    }

    private typealias Written = CronFieldReader.Written

    private let seed: String
    private var reader: CronFieldReader
    private var field = Field()
    private var days: CronDays

    /// - Throws: `CronError.malformed` with the place of the fault.
    static func parse(
        _ word: CronParser.Word, _ kind: CronField, seed: String, days: inout CronDays
    ) throws(CronError) -> Field {
        var parser = CronFieldParser(seed: seed, reader: CronFieldReader(word, kind), days: days)
        try parser.run()
        days = parser.days
        return parser.field
    }

    private init(seed: String, reader: CronFieldReader, days: CronDays) {
        self.seed = seed
        self.reader = reader
        self.days = days
    }

    private var kind: CronField { self.reader.kind }

    private func fault(at index: Int? = nil, _ message: String) -> CronError { self.reader.fault(at: index, message) }

    private mutating func run() throws(CronError) {
        if self.kind == .dayOfWeek { self.field.isConjunction = self.reader.take("+") }
        self.field.beginsWithWildcard = self.reader.next == "*" || self.reader.next == "?"
        repeat { try self.item() } while self.reader.take(",")
        guard self.reader.isAtEnd else { throw self.reader.unexpected() }
        if self.kind == .dayOfMonth {
            self.days.days = self.field.values.reduce(0) { $0 | 1 << UInt32($1) }
        } else if self.kind == .dayOfWeek {
            self.days.weekdays = self.field.values.reduce(0) { $0 | 1 << UInt8($1) }
        }
    }

    private mutating func item() throws(CronError) {
        switch self.reader.next {
        case "*":
            self.reader.skip()
            try self.add(self.kind.wholeRange, isWildcard: true)
        case "?": try self.questionMark()
        case "H" where self.kind != .year: try self.hashed()
        case "L" where self.kind == .dayOfMonth: try self.lastDay()
        default: try self.valueOrRange()
        }
    }

    /// Adds what a range and the step behind it choose.
    private mutating func add(_ range: ClosedRange<Int>, isWildcard: Bool = false) throws(CronError) {
        let step = try self.step()
        if step != nil || isWildcard { self.field.isIntervalLike = true }
        for value in stride(from: range.lowerBound, through: range.upperBound, by: step ?? 1) { self.insert(value) }
    }

    private mutating func insert(_ value: Int) {
        self.field.values.insert(self.kind == .dayOfWeek ? value % 7 : value)
    }

    private mutating func step() throws(CronError) -> Int? {
        guard self.reader.take("/") else { return nil }
        let position = self.reader.index
        guard let step = try self.reader.number() else {
            throw self.fault("a step is a whole number above 0, such as in */15")
        }
        guard step > 0 else { throw self.fault(at: position, "a step is above 0: with 0 it would never go on") }
        return step
    }

    /// `?` alone: the same as `*` (OCPS 1.4 §4.2).
    private mutating func questionMark() throws(CronError) {
        guard self.kind == .dayOfMonth || self.kind == .dayOfWeek else {
            throw self.fault("? stands only for the day of month or the day of week: write *")
        }
        let text = self.reader.text
        guard text.allSatisfy({ $0 == "?" || $0 == "+" }), self.reader.index == text.count - 1 else {
            throw self.fault("? stands alone in its field: write * to go on from it")
        }
        self.reader.skip()
        try self.add(self.kind.wholeRange, isWildcard: true)
    }

    /// `H`, `H(0-29)`, `H/15` or `H(0-29)/10`.
    private mutating func hashed() throws(CronError) {
        self.reader.skip()
        var range = self.kind.hashRange
        if self.reader.take("(") {
            let position = self.reader.index
            guard let low = try self.reader.value(), self.reader.take("-"),
                let high = try self.reader.value(), self.reader.take(")")
            else {
                throw self.fault("H takes a range in parentheses, such as H(\(range.lowerBound)-\(range.upperBound))")
            }
            guard low.value <= high.value else {
                throw self.fault(at: position, "the range \(low.text)-\(high.text) goes downwards: swap its ends")
            }
            range = low.value...high.value
        }
        guard let step = try self.step() else {
            self.insert(CronHash.value(of: self.seed, field: self.kind, in: range))
            return
        }
        self.field.isIntervalLike = true
        let starts = range.lowerBound...(range.lowerBound + min(step, range.count) - 1)
        let first = CronHash.value(of: self.seed, field: self.kind, in: starts)
        for value in stride(from: first, through: range.upperBound, by: step) { self.insert(value) }
    }

    /// `L`, `L-3` or `LW`.
    private mutating func lastDay() throws(CronError) {
        self.reader.skip()
        if self.reader.next == "W" {
            try self.requireAlone("LW")
            self.reader.skip()
            self.days.hasLastWorkday = true
            return
        }
        guard self.reader.take("-") else {
            self.days.daysBeforeLast |= 1
            return
        }
        let position = self.reader.index
        guard let count = try self.reader.number() else {
            throw self.fault("L- is followed by how many days before the last, such as L-3")
        }
        guard count <= 30 else { throw self.fault(at: position, "L-\(count) is in no month: write L-0 to L-30") }
        self.days.daysBeforeLast |= 1 << UInt32(count)
    }

    private mutating func valueOrRange() throws(CronError) {
        let position = self.reader.index
        guard let low = try self.reader.value() else { throw self.reader.unexpected() }
        switch (self.kind, self.reader.next) {
        case (_, "-"):
            self.reader.skip()
            guard let high = try self.reader.value() else {
                let example = "\(low.text)-\(self.last(low.isName))"
                throw self.fault("a range ends in \(self.kind.allowed), such as in \(example)")
            }
            try self.add(try self.range(low, high, at: position))
        case (_, "/"):
            throw self.fault("a step follows * or a range: write \(self.stepped(from: low))")
        case (.dayOfMonth, "W"):
            try self.requireAlone("\(low.text)W")
            self.reader.skip()
            self.days.nearestWorkday = low.value
        case (.dayOfWeek, "L"):
            self.reader.skip()
            self.days.lastWeekdays |= 1 << UInt8(low.value % 7)
        case (.dayOfWeek, "#"):
            self.reader.skip()
            try self.nth(of: low)
        default:
            self.insert(low.value)
        }
    }

    /// `5#3` or `5#L`.
    private mutating func nth(of weekday: Written) throws(CronError) {
        if self.reader.take("L") {
            self.days.lastWeekdays |= 1 << UInt8(weekday.value % 7)
            return
        }
        let position = self.reader.index
        guard let count = try self.reader.number(), (1...5).contains(count) else {
            throw self.fault(
                at: position,
                "# is followed by which one of the month, 1 to 5, or L for the last, such as \(weekday.text)#1")
        }
        self.days.nthWeekdays |= 1 << UInt64(weekday.value % 7 * 8 + count)
    }

    private func range(_ low: Written, _ high: Written, at position: Int) throws(CronError) -> ClosedRange<Int> {
        // The week ends in a Sunday as well.
        let end = self.kind == .dayOfWeek && high.isName && high.value == 0 && low.value > 0 ? 7 : high.value
        guard low.value <= end else {
            let toTheEnd = low.value == self.kind.wholeRange.upperBound ? "" : "-\(self.last(low.isName))"
            let fromTheFirst = end == self.kind.wholeRange.lowerBound ? "" : "\(self.first(high.isName))-"
            let advice =
                if self.kind == .dayOfWeek && end == 0 {
                    "\(low.text)-7"
                } else {
                    "\(low.text)\(toTheEnd),\(fromTheFirst)\(high.text)"
                }
            throw self.fault(at: position, "the range \(low.text)-\(high.text) goes downwards: write \(advice)")
        }
        return low.value...end
    }

    /// The first value of the field, and the last, for advice.
    private func first(_ asName: Bool) -> String {
        asName ? self.kind.names[0] : String(self.kind.wholeRange.lowerBound)
    }
    private func last(_ asName: Bool) -> String {
        asName ? self.kind.names[self.kind.names.count - 1] : String(self.kind.wholeRange.upperBound)
    }

    /// What is probably meant by `5/15`: from 5 to the end.
    private func stepped(from low: Written) -> String {
        if low.value >= self.kind.wholeRange.upperBound { return "\(low.text) alone" }
        let step = String(self.reader.rest.prefix { $0 != "," })
        return "\(low.text)-\(self.last(low.isName))\(step)"
    }

    /// `W` is for a single day (OCPS 1.3 §4.3).
    private func requireAlone(_ what: String) throws(CronError) {
        guard !self.reader.text.contains(","), !self.reader.text.contains("-") else {
            throw self.fault("\(what) stands alone in its field: W goes with one day, not with lists or ranges")
        }
    }
}
