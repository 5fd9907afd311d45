import FoundationEssentials

/// Points in time as calendars write them: `2026-01-02T03:04:05Z`, with any offset, and with a fraction if need be.
enum InstantText {
    static func date(_ text: String) -> Date? {
        // Nothing but ASCII, so that offsets in bytes are offsets in characters.
        guard text.utf8.allSatisfy({ $0 < 0x80 }), text.utf8.count >= 20, let day = CalendarDay(Self.part(text, 0, 10)),
            ["T", "t", " "].contains(Self.part(text, 10, 11)), let minutes = DayHours.minutes(Self.part(text, 11, 16)),
            minutes < DayHours.minutesMax, Self.part(text, 16, 17) == ":",
            let second = Self.number(Self.part(text, 17, 19)[...]), second < 60
        else { return nil }
        var rest = text.dropFirst(19)
        var fraction = 0.0
        if rest.first == "." {
            let digits = rest.dropFirst().prefix { $0.isNumber }
            guard !digits.isEmpty, let value = Double("0.\(digits)") else { return nil }
            fraction = value
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = Self.offsetSeconds(rest) else { return nil }
        return Date(timeIntervalSince1970: Double(day.number * 86_400 + minutes * 60 + second - offset) + fraction)
    }

    /// In UTC, with microseconds only where there are some.
    static func text(_ date: Date) -> String {
        let seconds = date.timeIntervalSince1970
        let microseconds = Int((seconds * 1_000_000).rounded())
        let whole = Int((Double(microseconds) / 1_000_000).rounded(.down))
        return CivilTime(wallSeconds: whole, microsecond: microseconds - whole * 1_000_000).isoText + "Z"
    }

    private static func part(_ text: String, _ from: Int, _ to: Int) -> String {
        String(text.dropFirst(from).prefix(to - from))
    }

    private static func number(_ text: Substring) -> Int? {
        text.count == 2 && text.allSatisfy(\.isNumber) ? Int(text) : nil
    }

    private static func offsetSeconds(_ text: Substring) -> Int? {
        if text == "Z" || text == "z" { return 0 }
        guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
        let digits = text.dropFirst().filter { $0 != ":" }
        guard digits.count == 4, let hours = Self.number(digits.prefix(2)[...]),
            let minutes = Self.number(digits.suffix(2)[...]), hours < 24, minutes < 60
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
