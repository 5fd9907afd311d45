/// How a pattern reads and matches.
struct PatternFlags: OptionSet {
    let rawValue: Int

    static let ignoreCase = PatternFlags(rawValue: 1)
    static let multiline = PatternFlags(rawValue: 2)
    static let dotAll = PatternFlags(rawValue: 4)
    static let verbose = PatternFlags(rawValue: 8)

    init(rawValue: Int) { self.rawValue = rawValue }

    init?(letter: Unicode.Scalar) {
        switch letter {
        case "i": self = .ignoreCase
        case "m": self = .multiline
        case "s": self = .dotAll
        case "x": self = .verbose
        default: return nil
        }
    }
}
