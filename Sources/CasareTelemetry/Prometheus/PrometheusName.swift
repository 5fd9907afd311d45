/// What Prometheus calls what OpenTelemetry calls otherwise ("Prometheus and OpenMetrics Compatibility" of its
/// specification). This is the only translation: dashboards and alerts are written against it.
package enum PrometheusName {
    /// The name of a family, as OpenMetrics writes it: a counter without `_total`.
    package static func family(of instrument: Instrument) -> String {
        var name = self.cleaned(instrument.name, isAllowed: { $0 == UInt8(ascii: ":") })
        if instrument.kind == .counter, name.hasSuffix("_total") { name.removeLast("_total".count) }
        if let unit = self.unit(of: instrument), !name.hasSuffix("_" + unit), name != unit { name += "_" + unit }
        if let first = name.utf8.first, self.isDigit(first) { name = "_" + name }
        return name
    }

    /// The name under which queries find its values; of a histogram with `_bucket`, `_sum` or `_count` behind it.
    package static func series(of instrument: Instrument) -> String {
        switch instrument.kind {
        case .counter: self.family(of: instrument) + "_total"
        case .upDownCounter, .gauge, .histogram: self.family(of: instrument)
        }
    }

    package static func label(_ key: AttributeKey) -> String {
        let name = self.cleaned(key.rawValue, isAllowed: { _ in false })
        guard let first = name.utf8.first, self.isDigit(first) else { return name }
        return "key_" + name
    }

    /// The word for a unit; `nil` for a thing in braces, which has none.
    package static func unit(of instrument: Instrument) -> String? {
        if instrument.unit == "1" { return instrument.kind == .gauge ? "ratio" : nil }
        let parts = self.withoutBraces(instrument.unit).split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first else { return nil }
        let thing = self.words[String(first)] ?? String(first)
        let per = parts.dropFirst().map { self.perWords[String($0)] ?? String($0) }.filter { !$0.isEmpty }
        let word = self.cleaned(
            ([thing].filter { !$0.isEmpty } + per.map { "per_" + $0 }).joined(separator: "_"),
            isAllowed: { _ in false })
        return word.isEmpty ? nil : word
    }

    private static let words = [
        "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
        "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
        "TiBy": "tibibytes", "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes",
        "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams", "Cel": "celsius",
        "Hz": "hertz", "%": "percent", "1": "",
    ]

    private static let perWords = [
        "s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month",
        "y": "year",
    ]

    /// `{job}` is nothing, `{packet}/s` is `/s`.
    private static func withoutBraces(_ unit: String) -> String {
        var depth = 0
        var kept = ""
        for character in unit {
            switch character {
            case "{": depth += 1
            case "}": depth = max(0, depth - 1)
            default: if depth == 0 { kept.append(character) }
            }
        }
        return kept
    }

    /// Letters, digits and `_`, never two of those in a row.
    private static func cleaned(_ name: String, isAllowed: (UInt8) -> Bool) -> String {
        var bytes: [UInt8] = []
        // One `_` for a character, however many bytes it has.
        for scalar in name.unicodeScalars {
            let byte = scalar.isASCII ? UInt8(scalar.value) : UInt8(ascii: "_")
            let kept = self.isLetter(byte) || self.isDigit(byte) || isAllowed(byte) ? byte : UInt8(ascii: "_")
            if kept == UInt8(ascii: "_"), bytes.last == kept { continue }
            bytes.append(kept)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
