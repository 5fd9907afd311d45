package import CasareDomain

/// A compiled expression (workflow format §6.1): Python's operators on the values of workflows.
///
/// Templates inside (`{{order.total}} > 100`) are operands, bound when the expression is evaluated; their values never
/// become part of its text. A template inside quotes (`'{{name}}'`) yields a text. Names that are not known are null,
/// and so are keys and positions that do not exist. There is nothing to call but the functions listed in
/// `ExpressionFunction` and the methods in `ExpressionMethod`.
///
/// Text that reads as a number, or as `true` or `false`, counts as that number where it is compared with a number or
/// boolean, or where arithmetic is done with it; only `+` of two texts joins them. Integers that outgrow 64 bits become
/// doubles, and a result that a double cannot hold is an error.
package struct Expression: Sendable {
    /// What one expression may use up.
    package enum Limits {
        package static let lengthMax = 10_000
        package static let depthMax = 50
        /// Nodes evaluated plus list elements made.
        package static let stepsMax = 1_000_000
        /// Bound of the base and the exponent of `**`.
        package static let powerOperandMax = 4_000_000.0
        /// Bytes of UTF-8 in a text that an operation makes.
        package static let textBytesMax = 100_000
        package static let shiftMax = 10_000
    }

    /// Uses `$timestamp`, `$currentDate` or the like: the run must supply the clock.
    package let readsClock: Bool
    private let root: ExpressionNode
    private let operations: ExpressionParser.Operations
    /// The paths of names and templates, in the order they are written.
    private let paths: [TemplatePath]

    /// - Throws: An error of kind `.syntax` that says where in the text, and what was expected.
    package init(parsing text: String) throws(ExpressionError) {
        if text.utf8.count > Limits.lengthMax, text.unicodeScalars.count > Limits.lengthMax {
            throw ExpressionError(.syntax, "longer than \(Limits.lengthMax) characters", at: Limits.lengthMax)
        }
        var parser = try ExpressionParser(text)
        self.root = try parser.wholeExpression()
        self.operations = parser.operations
        var paths: [TemplatePath] = []
        var readsClock = false
        self.root.visit { node in
            switch node {
            case .reference(let path): paths.append(path)
            case .percentReference(let reference): paths.append(reference.path)
            case .text(let template): readsClock = readsClock || template.readsClock
            default: break
            }
        }
        self.paths = paths
        self.readsClock = readsClock || paths.contains(where: \.readsClock)
    }

    /// Computes the value.
    ///
    /// - Parameters:
    ///   - clock: Needed when `readsClock`; without it the clock's variables are null.
    ///   - random: What `rand()` and `randint()` draw from.
    ///   - bindings: Names that hide variables and nodes, such as `x` and `i` in a filter.
    /// - Throws: An error of any kind but `.syntax`.
    package func evaluate(
        in variables: Variables, clock: ClockReading?, random: inout SeededRandom, bindings: [String: Value] = [:]
    ) throws(ExpressionError) -> Value {
        var evaluator = ExpressionEvaluator(variables: variables, clock: clock, random: random, bindings: bindings)
        defer { random = evaluator.random }
        return try evaluator.value(of: self.root)
    }

    /// What a path calls its value, such as `password` of `user.password`; `nil` for what is computed.
    var lastName: String? { self.root.lastName }

    /// The names and paths that evaluate to null because nothing has that name, for a warning.
    package func unknownNames(in variables: Variables, bindings: [String: Value] = [:]) -> [String] {
        var unknown: [String] = []
        for path in self.paths where bindings[path.root] == nil && path.systemVariable == nil {
            let name = path.description
            if path.value(in: variables) == nil, !unknown.contains(name) { unknown.append(name) }
        }
        return unknown
    }

    /// Whether a config `condition` is to be computed rather than taken as it is: it compares, combines or calculates.
    ///
    /// A comparison or `&&`, `||` outside quotes and templates is enough, so that a misspelt condition is an error and
    /// not silently true. Words and signs that occur in ordinary text (`and`, `in`, `-`) count only where all of the
    /// text parses.
    package static func looksLikeExpression(_ text: String) -> Bool {
        guard let parsed = try? Expression(parsing: text) else { return Self.hasUnmistakableOperator(text) }
        if parsed.operations.contains(.other) { return true }
        // `well-known` and `a/b` are words.
        let isSpaced = text.utf8.contains { PathScanner.isWhitespace($0) || $0 == UInt8(ascii: "{") }
        return parsed.operations.contains(.arithmetic) && isSpaced
    }

    /// For text that does not parse.
    private static func hasUnmistakableOperator(_ text: String) -> Bool {
        let unmistakable: Set<ExpressionToken.Symbol> = [
            .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .doubleAnd, .doubleOr,
        ]
        if let tokens = try? ExpressionTokenizer.tokens(of: text) {
            return tokens.contains { token in token.symbol.map(unmistakable.contains) ?? false }
        }
        return TemplateReference.parts(of: text).contains { part in
            guard case .text(let plain) = part else { return false }
            return unmistakable.contains { ExpressionText.position(of: $0.rawValue, in: plain) != nil }
        }
    }
}

extension TemplatePath: CustomStringConvertible {
    package var description: String {
        self.steps.reduce(into: self.root) { text, step in
            switch step {
            case .key(let key, _): text += ".\(key)"
            case .position(let position): text += "[\(position)]"
            }
        }
    }
}
