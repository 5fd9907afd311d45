import CasareDomain
import CasareEngine

/// A regular expression as workflow documents write them: Python's syntax and meaning, on Unicode scalars.
///
/// Swift's `Regex` is not used: it knows no look-behind, reads `$`, `[[]` and `[a&&b]` in another way, and has no bound
/// on its work: `(a+)+$` on 25 letters holds a robot's slot for minutes.
struct TextPattern {
    static let textLengthMax = 100_000
    static let patternLengthMax = 1000

    static let flagParameters: [NodeType.Parameter] = [
        .init("ignore_case", .boolean, default: false, "Do not tell capital letters from small ones."),
        .init("multiline", .boolean, default: false, "Let ^ and $ match at every line."),
        .init("dotall", .boolean, default: false, "Let . match line feeds too."),
    ]

    struct Match {
        let text: String
        /// The captured groups; null for one that took no part.
        let groups: [Value]
    }

    private let program: PatternProgram
    private let groupNames: [String: Int]

    init(_ pattern: String, flags: PatternFlags = []) throws(NodeFailure) {
        guard pattern.unicodeScalars.count <= Self.patternLengthMax else {
            throw .value("The pattern is longer than \(Self.patternLengthMax) characters")
        }
        do {
            var parser = PatternParser(pattern, flags: flags)
            let syntax = try parser.wholePattern()
            self.program = try PatternProgram(syntax, groupCount: parser.groupCount)
            self.groupNames = parser.groupNames
        } catch {
            throw .value("Invalid regular expression: \(error)")
        }
    }

    /// With the flags that a node's parameters set.
    init(_ pattern: String, flagsFrom inputs: Inputs) throws(NodeFailure) {
        var flags: PatternFlags = []
        if inputs.bool("ignore_case") { flags.insert(.ignoreCase) }
        if inputs.bool("multiline") { flags.insert(.multiline) }
        if inputs.bool("dotall") { flags.insert(.dotAll) }
        try self.init(pattern, flags: flags)
    }

    /// - Parameter limit: `nil`: all.
    func matches(in text: String, limit: Int? = nil) throws(NodeFailure) -> [Match] {
        let scalars = Array(text.unicodeScalars)
        return try self.ranges(in: scalars, limit: limit).map { ranges in
            Match(
                text: ranges[0].map { ScalarText(scalars[$0]).string } ?? "",
                groups: ranges.dropFirst().map { $0.map { .string(ScalarText(scalars[$0]).string) } ?? .null })
        }
    }

    func matchesStart(of text: String) throws(NodeFailure) -> Bool {
        try !self.ranges(in: Array(text.unicodeScalars), limit: 1, anchored: true).isEmpty
    }

    /// - Parameters:
    ///   - replacement: May refer to groups as `\1`, `\g<1>` and `\g<name>`.
    ///   - limit: `nil`: all.
    /// - Throws: Also when the result would be longer than texts may get.
    func replacing(
        in text: String, with replacement: String, limit: Int?
    ) throws(NodeFailure) -> (text: String, count: Int) {
        let template = try PatternReplacement(replacement, groupCount: self.program.groupCount, names: self.groupNames)
        let scalars = Array(text.unicodeScalars)
        var result: [Unicode.Scalar] = []
        let given = text.utf8.count
        var (copied, count, bytes) = (0, 0, given)
        let matches = try self.ranges(in: scalars, limit: limit)
        guard matches.count * template.partCount <= TextLimit.bytesMax else {
            throw .value("The replacement refers to groups too often for \(matches.count) matches")
        }
        for ranges in matches {
            guard let whole = ranges[0] else { continue }
            bytes += template.utf8Count(scalars, ranges) - scalars[whole].utf8Count
            try TextLimit.check(bytes, madeFrom: given)
            result += scalars[copied..<whole.lowerBound]
            template.append(to: &result, scalars, ranges)
            copied = whole.upperBound
            count += 1
        }
        result += scalars[copied...]
        return (ScalarText(result).string, count)
    }

    /// Matches that do not overlap. As in Python, an empty one may follow another match directly, and a longer one may
    /// begin where an empty one was.
    private func ranges(
        in scalars: [Unicode.Scalar], limit: Int?, anchored: Bool = false
    ) throws(NodeFailure) -> [[Range<Int>?]] {
        guard scalars.count <= Self.textLengthMax else {
            throw .value("The text is longer than \(Self.textLengthMax) characters")
        }
        var matcher = PatternMatcher(self.program, text: scalars)
        var (found, start): ([[Range<Int>?]], Int) = ([], 0)
        do {
            var isOccupied = false
            while limit.map({ found.count < $0 }) ?? true,
                let match = try matcher.firstMatch(from: start, isOccupied: isOccupied, anchored: anchored),
                let whole = match[0]
            {
                found.append(match)
                start = whole.upperBound
                isOccupied = whole.isEmpty
            }
        } catch {
            throw .value("The pattern needs too many steps on this text: make it less ambiguous")
        }
        return found
    }
}
