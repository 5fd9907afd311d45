/// A regular expression as a tree.
indirect enum PatternSyntax {
    case sequence([PatternSyntax])
    case alternatives([PatternSyntax])
    case scalar(Unicode.Scalar, ignoringCase: Bool)
    case set(ScalarSet)
    case group(PatternSyntax, number: Int)
    case repeated(PatternSyntax, min: Int, max: Int?, Greed)
    case assertion(Assertion)
    case backReference(Int, ignoringCase: Bool)
    case look(PatternSyntax, isBehind: Bool, isNegative: Bool)
    case atomic(PatternSyntax)

    enum Greed { case greedy, lazy, possessive }

    /// A condition on a place between two scalars.
    enum Assertion {
        case textStart, textEnd, lineStart, lineEnd
        /// The end, or before a line feed that is the last scalar.
        case textEndOrLastLineFeed
        case wordBoundary, notWordBoundary
    }

    /// How many scalars it can match; no upper bound: `nil`. Back references count as any number.
    var width: (min: Int, max: Int?) {
        switch self {
        case .scalar, .set: return (1, 1)
        case .assertion, .look: return (0, 0)
        case .backReference: return (0, nil)
        case .group(let inner, _), .atomic(let inner): return inner.width
        case .sequence(let parts):
            return parts.map(\.width).reduce((0, 0)) { sum, part in
                (Self.sum(sum.min, part.min) ?? .max, sum.max.flatMap { max in part.max.flatMap { Self.sum(max, $0) } })
            }
        case .alternatives(let parts):
            let widths = parts.map(\.width)
            let maxima = widths.compactMap(\.max)
            return (widths.map(\.min).min() ?? 0, maxima.count == widths.count ? maxima.max() : nil)
        case .repeated(let inner, let min, let max, _):
            let width = inner.width
            let most = width.max == 0 ? 0 : max.flatMap { max in width.max.flatMap { Self.product($0, max) } }
            return (Self.product(width.min, min) ?? .max, most)
        }
    }

    private static func sum(_ a: Int, _ b: Int) -> Int? {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : sum
    }

    private static func product(_ a: Int, _ b: Int) -> Int? {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow ? nil : product
    }
}

/// What is wrong with a regular expression.
struct PatternError: Error, CustomStringConvertible {
    let message: String
    /// Scalars before it in the pattern.
    let position: Int

    var description: String { "\(self.message) at position \(self.position)" }
}
