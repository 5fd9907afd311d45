/// A length of time as people write it: `90`, `10s`, `1h30m`, `1.5h`, `250ms`, `2d`.
struct TimeSpan: Hashable, Sendable {
    /// Longer than anything that is meant seriously, and far from where numbers overflow.
    static let secondsMax = 366.0 * 86_400

    let seconds: Double

    var duration: Duration { .milliseconds(Int64((self.seconds * 1000).rounded())) }

    private static let units: [(name: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("min", 60), ("h", 3600), ("d", 86_400),
    ]

    init(seconds: Double) { self.seconds = seconds }

    /// Reads one or more numbers with units, in any order; a lone number is in seconds.
    init?(_ text: String) {
        if let seconds = Self.number(text[...]) {
            guard seconds <= Self.secondsMax else { return nil }
            self.seconds = seconds
            return
        }
        var total = 0.0
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
            guard let number = Self.number(digits),
                let size = Self.units.first(where: { $0.name == unit.lowercased() })?.seconds
            else { return nil }
            total += number * size
            rest = rest.dropFirst(digits.count + unit.count)
        }
        guard total <= Self.secondsMax else { return nil }
        self.seconds = total
    }

    /// A decimal number without sign or exponent, which `Double` alone would let through.
    private static func number(_ text: Substring) -> Double? {
        guard text.first?.isNumber == true, text.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }) else {
            return nil
        }
        return Double(text)
    }

    /// For people: `340 ms`, `1.2 s`, `2 min 5 s`, `3 h 20 min`.
    static func text(seconds: Double) -> String {
        if seconds < 0.9995 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 59.95 {
            let tenths = Int((seconds * 10).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
        }
        let whole = Int(min(seconds, 1e15).rounded())
        let (large, small, largeName, smallName) =
            if whole < 3600 {
                (whole / 60, whole % 60, "min", "s")
            } else if whole < 86_400 {
                (whole / 3600, whole % 3600 / 60, "h", "min")
            } else {
                (whole / 86_400, whole % 86_400 / 3600, "d", "h")
            }
        return small == 0 ? "\(large) \(largeName)" : "\(large) \(largeName) \(small) \(smallName)"
    }
}
