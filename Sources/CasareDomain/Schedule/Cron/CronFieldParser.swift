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

    /// A number, and how it was written.
    private struct Written {
        var value: Int
        var text: String
        var isName: Bool
    }

    private let kind: CronField
    private let seed: String
    private let text: [Character]
    /// Where the field begins in the expression.
    private let start: Int
    private var index = 0
    private var field = Field()
    private var days: CronDays

    /// - Throws: `CronError.malformed` with the place of the fault.
    static func parse(
        _ word: CronParser.Word, _ kind: CronField, seed: String, days: inout CronDays
    ) throws(CronError) -> Field {
        var parser = CronFieldParser(kind: kind, seed: seed, text: word.text, start: word.position, days: days)
        try parser.run()
        days = parser.days
        return parser.field
    }

    private init(kind: CronField, seed: String, text: [Character], start: Int, days: CronDays) {
        self.kind = kind
        self.seed = seed
        self.text = text
        self.start = start
        self.days = days
    }

    private var next: Character? { self.index < self.text.count ? self.text[self.index] : nil }

    private mutating func take(_ character: Character) -> Bool {
        guard self.next == character else { return false }
        self.index += 1
        return true
    }

    private func fault(at index: Int? = nil, _ message: String) -> CronError {
        CronError(.malformed, field: self.kind.name, position: self.start + (index ?? self.index), message)
    }

    private mutating func run() throws(CronError) {
        if self.kind == .dayOfWeek { self.field.isConjunction = self.take("+") }
        self.field.beginsWithWildcard = self.next == "*" || self.next == "?"
        repeat { try self.item() } while self.take(",")
        guard self.index == self.text.count else { throw self.unexpected() }
        if self.kind == .dayOfMonth {
            self.days.days = self.field.values.reduce(0) { $0 | 1 << UInt32($1) }
        } else if self.kind == .dayOfWeek {
            self.days.weekdays = self.field.values.reduce(0) { $0 | 1 << UInt8($1) }
        }
    }

    private mutating func item() throws(CronError) {
        switch self.next {
        case "*":
            self.index += 1
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
        guard self.take("/") else { return nil }
        let position = self.index
        guard let step = try self.number() else {
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
        guard self.text.allSatisfy({ $0 == "?" || $0 == "+" }), self.index == self.text.count - 1 else {
            throw self.fault("? stands alone in its field: write * to go on from it")
        }
        self.index += 1
        try self.add(self.kind.wholeRange, isWildcard: true)
    }

    /// `H`, `H(0-29)`, `H/15` or `H(0-29)/10`.
    private mutating func hashed() throws(CronError) {
        self.index += 1
        var range = self.kind.hashRange
        if self.take("(") {
            let position = self.index
            guard let low = try self.value(), self.take("-"), let high = try self.value(), self.take(")") else {
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
        self.index += 1
        if self.next == "W" {
            try self.requireAlone("LW")
            self.index += 1
            self.days.hasLastWorkday = true
            return
        }
        guard self.take("-") else {
            self.days.daysBeforeLast |= 1
            return
        }
        let position = self.index
        guard let count = try self.number() else {
            throw self.fault("L- is followed by how many days before the last, such as L-3")
        }
        guard count <= 30 else { throw self.fault(at: position, "L-\(count) is in no month: write L-0 to L-30") }
        self.days.daysBeforeLast |= 1 << UInt32(count)
    }

    private mutating func valueOrRange() throws(CronError) {
        let position = self.index
        guard let low = try self.value() else { throw self.unexpected() }
        switch (self.kind, self.next) {
        case (_, "-"):
            self.index += 1
            guard let high = try self.value() else {
                let example = "\(low.text)-\(self.last(low.isName))"
                throw self.fault("a range ends in \(self.kind.allowed), such as in \(example)")
            }
            try self.add(try self.range(low, high, at: position))
        case (_, "/"):
            throw self.fault("a step follows * or a range: write \(self.stepped(from: low))")
        case (.dayOfMonth, "W"):
            try self.requireAlone("\(low.text)W")
            self.index += 1
            self.days.nearestWorkday = low.value
        case (.dayOfWeek, "L"):
            self.index += 1
            self.days.lastWeekdays |= 1 << UInt8(low.value % 7)
        case (.dayOfWeek, "#"):
            self.index += 1
            try self.nth(of: low)
        default:
            self.insert(low.value)
        }
    }

    /// `5#3` or `5#L`.
    private mutating func nth(of weekday: Written) throws(CronError) {
        if self.take("L") {
            self.days.lastWeekdays |= 1 << UInt8(weekday.value % 7)
            return
        }
        let position = self.index
        guard let count = try self.number(), (1...5).contains(count) else {
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
        let step = String(self.text[self.index...].prefix { $0 != "," })
        return "\(low.text)-\(self.last(low.isName))\(step)"
    }

    /// `W` is for a single day (OCPS 1.3 §4.3).
    private func requireAlone(_ what: String) throws(CronError) {
        guard !self.text.contains(","), !self.text.contains("-") else {
            throw self.fault("\(what) stands alone in its field: W goes with one day, not with lists or ranges")
        }
    }

    /// A number or a name within the field's range; `nil` when neither comes next.
    private mutating func value() throws(CronError) -> Written? {
        let position = self.index
        if let number = try self.number() {
            guard self.kind.range.contains(number) else {
                throw self.fault(at: position, "\(number) is not \(self.kind.allowed)")
            }
            return Written(value: number, text: String(number), isName: false)
        }
        var letters = self.text[self.index...].prefix { $0.isASCII && $0.isLetter }
        // A single letter is no name, but L or W in a wrong place.
        guard letters.count > 1, !self.kind.names.isEmpty else { return nil }
        // FRIL: the last Friday.
        if self.kind == .dayOfWeek, letters.count == 4, letters.last == "L" { letters = letters.dropLast() }
        let name = String(letters).uppercased()
        guard let found = self.kind.names.firstIndex(of: name) else {
            let near = self.kind.names.first { $0 == name.prefix(3) }
            let advice = near.map { "write \($0)" } ?? "it is \(self.kind.allowed)"
            throw self.fault(at: position, "'\(String(letters).prefix(20))' is no \(self.kind.name): \(advice)")
        }
        self.index += letters.count
        return Written(value: found + self.kind.range.lowerBound, text: name, isName: true)
    }

    /// Digits; `nil` when none comes next.
    private mutating func number() throws(CronError) -> Int? {
        let digits = self.text[self.index...].prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        guard digits.count <= 4, let number = Int(String(digits)) else {
            throw self.fault("\(String(digits).prefix(20)) is too large: it is \(self.kind.allowed)")
        }
        self.index += digits.count
        return number
    }

    private func unexpected() -> CronError {
        guard let character = self.next else {
            let reason = self.index == 0 ? "it is empty" : "it ends where a value should come"
            return self.fault("\(reason): write \(self.kind.allowed), or *")
        }
        let advice: String
        switch character {
        case "+": advice = "+ stands only at the beginning of the day of week"
        case "l", "w", "h": advice = "\(character.uppercased()) is written as a capital letter"
        case "W": advice = "W goes with one day of the month, such as 15W, not with a range"
        case "L":
            advice =
                self.kind == .dayOfWeek
                ? "L goes with a day of the week, such as 5L or FRI#L for the last Friday"
                : "L goes with the day of month and the day of week"
        case "#": advice = "# goes with the day of week, such as 5#3 or FRI#3 for the third Friday"
        case "~": advice = "a value chosen by the schedule's name is written H"
        default: advice = "write \(self.kind.allowed), *, or several with commas"
        }
        let shown = character.isWhitespace ? "white space other than spaces and tabs" : "'\(character)'"
        return self.fault("\(shown) does not belong here: \(advice)")
    }
}
