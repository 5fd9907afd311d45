/// Reads the characters of a cron expression's field one after the other: numbers, names, and what is wrong with them.
struct CronFieldReader {
    /// A number, and how it was written.
    struct Written {
        var value: Int
        var text: String
        var isName: Bool
    }

    let kind: CronField
    let text: [Character]
    /// Where the field begins in the expression.
    private let start: Int
    private(set) var index = 0

    init(_ word: CronParser.Word, _ kind: CronField) {
        self.kind = kind
        self.text = word.text
        self.start = word.position
    }

    var next: Character? { self.index < self.text.count ? self.text[self.index] : nil }
    var isAtEnd: Bool { self.index == self.text.count }
    /// What is not read yet.
    var rest: ArraySlice<Character> { self.text[self.index...] }

    /// Passes over the next character, which is there.
    mutating func skip() { self.index += 1 }

    /// Passes over the next character where it is this one.
    mutating func take(_ character: Character) -> Bool {
        guard self.next == character else { return false }
        self.index += 1
        return true
    }

    /// - Parameter index: where the fault is; `nil`: at the next character.
    func fault(at index: Int? = nil, _ message: String) -> CronError {
        CronError(.malformed, field: self.kind.name, position: self.start + (index ?? self.index), message)
    }

    /// A number or a name within the field's range; `nil` when neither comes next.
    mutating func value() throws(CronError) -> Written? {
        let position = self.index
        if let number = try self.number() {
            guard self.kind.range.contains(number) else {
                throw self.fault(at: position, "\(number) is not \(self.kind.allowed)")
            }
            return Written(value: number, text: String(number), isName: false)
        }
        var letters = self.rest.prefix { $0.isASCII && $0.isLetter }
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
    mutating func number() throws(CronError) -> Int? {
        let digits = self.rest.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        guard digits.count <= 4, let number = Int(String(digits)) else {
            throw self.fault("\(String(digits).prefix(20)) is too large: it is \(self.kind.allowed)")
        }
        self.index += digits.count
        return number
    }

    /// What is wrong with the next character, or with the end.
    func unexpected() -> CronError {
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
