/// A regular expression over the texts of events, on Unicode scalars.
///
/// It knows literals, `.`, classes such as `[a-z]` and `[^,]`, `\d`, `\w` and `\s` with their opposites, `^` and `$` for
/// the ends of the text, groups, `|`, `*`, `+`, `?` and `{2,5}`, and `(?i)` in front for any case. It has no references
/// back and looks neither ahead nor behind: so all ways through it are followed at once (Ken Thompson, "Regular
/// Expression Search Algorithm", 1968), and no text takes more than its length times the length of the pattern.
public struct DetailPattern: Sendable {
    /// Why a text is no such pattern.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public static let charactersMax = 200
    /// Of a longer text only the beginning is looked at.
    public static let textCharactersMax = 4000
    /// A counted repetition is written out as often as it counts.
    static let stepsMax = 2000

    private let steps: [PatternStep]
    private let ignoresCase: Bool

    /// - Throws: where it is not written as a pattern is, and where it is too long.
    public init(_ text: String) throws(Invalid) {
        guard text.unicodeScalars.count <= Self.charactersMax else {
            throw Invalid(description: "is longer than \(Self.charactersMax) characters")
        }
        self.ignoresCase = text.hasPrefix("(?i)")
        var reader = PatternReader(self.ignoresCase ? String(text.dropFirst(4)) : text)
        var steps: [PatternStep] = []
        try reader.whole().write(to: &steps)
        steps.append(.found)
        self.steps = steps
    }

    /// Whether a part of the text matches.
    public func isFound(in text: String) -> Bool {
        let scalars = Array(text.unicodeScalars.prefix(Self.textCharactersMax))
        var current: [Int] = []
        // By step, the position at which it was reached last.
        var reached = [Int](repeating: -1, count: self.steps.count)
        for position in 0...scalars.count {
            // A match may begin at every position.
            var open = current + [0]
            current = []
            while let step = open.popLast() {
                guard reached[step] != position else { continue }
                reached[step] = position
                switch self.steps[step] {
                case .found: return true
                case .jump(let target): open.append(target)
                case .either(let first, let second): open += [second, first]
                case .start: if position == 0 { open.append(step + 1) }
                case .end: if position == scalars.count { open.append(step + 1) }
                case .scalar(let set):
                    if position < scalars.count, set.contains(scalars[position], inAnyCase: self.ignoresCase) {
                        current.append(step + 1)
                    }
                }
            }
        }
        return false
    }
}

/// What a pattern is made of, one after the other.
enum PatternStep: Sendable {
    case scalar(PatternScalars)
    case start, end
    case jump(Int)
    case either(Int, Int)
    case found
}

/// Which characters may stand at one place.
struct PatternScalars: Sendable {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var isInverted = false

    static let digits = PatternScalars(ranges: ["0"..."9"])
    static let wordParts = PatternScalars(ranges: ["0"..."9", "A"..."Z", "a"..."z", "_"..."_"])
    static let spaces = PatternScalars(ranges: ["\t"..."\r", " "..." ", "\u{A0}"..."\u{A0}"])
    /// `.`: all but a line feed.
    static let anything = PatternScalars(ranges: ["\n"..."\n"], isInverted: true)

    var inverted: PatternScalars { PatternScalars(ranges: self.ranges, isInverted: !self.isInverted) }

    func contains(_ scalar: Unicode.Scalar, inAnyCase: Bool) -> Bool {
        var forms = [scalar]
        if inAnyCase {
            // Of a letter that becomes several in the other case the first is compared.
            forms += scalar.properties.lowercaseMapping.unicodeScalars.prefix(1)
            forms += scalar.properties.uppercaseMapping.unicodeScalars.prefix(1)
        }
        return forms.contains { form in self.ranges.contains { $0.contains(form) } } != self.isInverted
    }
}

/// A pattern as it is read.
indirect enum PatternSyntax {
    case nothing
    case scalar(PatternScalars)
    case start, end
    case sequence([PatternSyntax])
    case either(PatternSyntax, PatternSyntax)
    /// `max`: `nil` is any number.
    case repeated(PatternSyntax, min: Int, max: Int?)

    /// - Throws: when there would be more than `DetailPattern.stepsMax` steps.
    func write(to steps: inout [PatternStep]) throws(DetailPattern.Invalid) {
        guard steps.count < DetailPattern.stepsMax else {
            throw DetailPattern.Invalid(description: "repeats too much; count less far")
        }
        switch self {
        case .nothing: break
        case .scalar(let set): steps.append(.scalar(set))
        case .start: steps.append(.start)
        case .end: steps.append(.end)
        case .sequence(let parts):
            for part in parts {
                try part.write(to: &steps)
            }
        case .either(let first, let second):
            let fork = steps.count
            steps.append(.found)  // Known once the first is written.
            try first.write(to: &steps)
            let leave = steps.count
            steps.append(.found)
            steps[fork] = .either(fork + 1, steps.count)
            try second.write(to: &steps)
            steps[leave] = .jump(steps.count)
        case .repeated(let part, let min, let max):
            for _ in 0..<min {
                let before = steps.count
                try part.write(to: &steps)
                if steps.count == before { break }  // Nothing, however often.
            }
            guard let max else {
                let fork = steps.count
                steps.append(.found)
                try part.write(to: &steps)
                steps.append(.jump(fork))
                steps[fork] = .either(fork + 1, steps.count)
                return
            }
            var forks: [Int] = []
            for _ in min..<Swift.max(min, max) {
                forks.append(steps.count)
                steps.append(.found)
                try part.write(to: &steps)
            }
            for fork in forks {
                steps[fork] = .either(fork + 1, steps.count)
            }
        }
    }
}
