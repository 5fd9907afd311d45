/// The rule for numbers that have bounds, and what is said of one that lies outside. Where none is given, none is checked.
enum NumberBounds {
    static func check(
        _ number: Int?, in range: ClosedRange<Int>, _ path: [any CodingKey]
    ) throws(WireDecodingError) {
        guard let number, !range.contains(number) else { return }
        throw WireDecodingError(
            path, "expected a number from \(range.lowerBound) to \(range.upperBound), got \(number)")
    }

    /// - Parameter range: of whole seconds.
    static func check(
        seconds: Double?, in range: ClosedRange<Double>, _ path: [any CodingKey]
    ) throws(WireDecodingError) {
        guard let seconds, !range.contains(seconds) else { return }
        throw WireDecodingError(
            path, "expected seconds from \(Int(range.lowerBound)) to \(Int(range.upperBound)), got \(seconds)")
    }

    /// - Parameter largest: a whole number.
    static func check(
        _ number: Double?, above0UpTo largest: Double, _ path: [any CodingKey]
    ) throws(WireDecodingError) {
        guard let number, !(number > 0 && number <= largest) else { return }
        throw WireDecodingError(path, "expected a number above 0, up to \(Int(largest))")
    }
}
