import CasareDomain
import CasareEngine

/// Dates and times as text.
enum DateTimeText {
    /// Tried in this order where no format is given: day before month, as in most of the world.
    static let commonFormats = [
        "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S.%f",
        "%Y-%m-%dT%H:%M:%S.%f", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d-%m-%Y", "%Y/%m/%d",
    ]

    static func parseCommon(_ text: String) -> DateTimeValue? {
        for format in self.commonFormats {
            if let parsed = try? DateTimeFormat(format).parse(text) { return parsed }
        }
        return self.parseISO(text)
    }

    /// ISO 8601 as Python's `fromisoformat` reads it: `2026-01-31`, `2026-01-31T12:30:00.25+02:00`, `20260131T123000Z`.
    static func parseISO(_ text: String) -> DateTimeValue? {
        var scanner = DigitScanner(text)
        var civil = CivilTime(year: 0)
        guard let year = scanner.number(4) else { return nil }
        let isExtended = scanner.take("-")
        guard let month = scanner.number(2), isExtended == scanner.take("-"), let day = scanner.number(2) else {
            return nil
        }
        (civil.year, civil.month, civil.day) = (year, month, day)
        if scanner.isAtEnd { return civil.isValid ? DateTimeValue(civil: civil, offset: nil) : nil }
        guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let hour = scanner.number(2) else {
            return nil
        }
        civil.hour = hour
        if scanner.take(":") || scanner.isAtDigit {
            guard let minute = scanner.number(2) else { return nil }
            civil.minute = minute
            if scanner.take(":") || scanner.isAtDigit {
                guard let second = scanner.number(2) else { return nil }
                civil.second = second
                if scanner.take(".") || scanner.take(",") {
                    guard let fraction = scanner.fraction() else { return nil }
                    civil.microsecond = fraction
                }
            }
        }
        guard civil.isValid else { return nil }
        if scanner.isAtEnd { return DateTimeValue(civil: civil, offset: nil) }
        guard let (offset, count) = self.parseOffset(scanner.rest), count == scanner.rest.count else { return nil }
        return DateTimeValue(
            civil: civil, offset: TimeZoneRules.Offset(seconds: offset, abbreviation: self.name(offset)))
    }

    /// `Z`, `+02`, `+0200`, `+02:00` or `+02:00:30` at the start of a text, and how long it is.
    static func parseOffset(_ text: Substring) -> (seconds: Int, count: Int)? {
        if text.hasPrefix("Z") || text.hasPrefix("z") { return (0, 1) }
        guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
        var scanner = DigitScanner(text.dropFirst())
        guard let hours = scanner.number(2) else { return nil }
        var seconds = hours * 3600
        for unit in [60, 1] {
            guard scanner.take(":") || scanner.isAtDigit else { break }
            guard let part = scanner.number(2), part < 60 else { return nil }
            seconds += part * unit
        }
        guard seconds < 86_400 else { return nil }
        return (sign == "-" ? -seconds : seconds, text.count - scanner.rest.count)
    }

    /// `+0200`, or with a separator `+02:00`; seconds only where there are some.
    static func offsetText(_ seconds: Int, _ separator: String) -> String {
        let size = abs(seconds)
        let text =
            (seconds < 0 ? "-" : "+") + CivilTime.padded(size / 3600) + separator
            + CivilTime.padded(size / 60 % 60)
        return size % 60 == 0 ? text : text + separator + CivilTime.padded(size % 60)
    }

    static func name(_ offset: Int) -> String { offset == 0 ? "UTC" : "UTC" + self.offsetText(offset, ":") }
}

/// Reads numbers of fixed width from a text.
struct DigitScanner {
    private(set) var rest: Substring

    init(_ text: some StringProtocol) { self.rest = Substring(text) }

    var isAtEnd: Bool { self.rest.isEmpty }
    var isAtDigit: Bool { self.rest.first.map { $0.isASCII && $0.isNumber } ?? false }

    mutating func take(_ mark: Character) -> Bool {
        guard self.rest.first == mark else { return false }
        self.rest = self.rest.dropFirst()
        return true
    }

    /// Exactly so many digits.
    mutating func number(_ width: Int) -> Int? { self.number(widths: width...width) }

    mutating func number(widths: ClosedRange<Int>) -> Int? {
        let digits = self.rest.prefix(widths.upperBound).prefix { $0.isASCII && $0.isNumber }
        guard digits.count >= widths.lowerBound else { return nil }
        self.rest = self.rest[digits.endIndex...]
        return Int(digits)
    }

    /// Digits of a fraction of a second, as microseconds; more than six are cut off.
    mutating func fraction() -> Int? {
        let digits = self.rest.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        self.rest = self.rest[digits.endIndex...]
        let six = digits.prefix(6) + String(repeating: "0", count: max(6 - digits.count, 0))
        return Int(six)
    }

    /// The position among names of the one that comes next, whatever its case; longer names are tried first.
    mutating func name(of names: [String]) -> Int? {
        let lowered = self.rest.lowercased()
        let candidates = names.indices.sorted { names[$0].count > names[$1].count }
        guard let found = candidates.first(where: { lowered.hasPrefix(names[$0].lowercased()) }) else { return nil }
        self.rest = self.rest.dropFirst(names[found].count)
        return found
    }

    mutating func skipBlanks() { self.rest = self.rest.drop(while: \.isWhitespace) }

    mutating func take(offset count: Int) { self.rest = self.rest.dropFirst(count) }

    /// The letters that come next.
    mutating func letters() -> String {
        let letters = self.rest.prefix(while: \.isLetter)
        self.rest = self.rest[letters.endIndex...]
        return String(letters)
    }
}
