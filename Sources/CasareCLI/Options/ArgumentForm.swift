/// A value read from the command line whose errors say what it looks like.
///
/// Its commands take it with `transform: TheType.parse`: `ExpressibleByArgument` alone can only say that a text is
/// wrong.
protocol ArgumentForm: Sendable {
    /// What is expected, behind that word: "a robot's ID: …".
    static var form: String { get }

    init?(argument: String)
}

extension ArgumentForm {
    @Sendable static func parse(_ text: String) throws -> Self {
        guard let value = Self(argument: text) else { throw UnexpectedText(expected: Self.form) }
        return value
    }
}

/// Text that is not of the form its option or argument takes. The parser's message names both before this.
struct UnexpectedText: Error, Hashable, Sendable, CustomStringConvertible {
    let expected: String

    var description: String { "expected \(self.expected)" }
}

/// Forms of values that need no type of their own.
enum Text {
    /// A whole number within a range. The upper bound of an `Int32` is one that nobody means, and goes unsaid.
    static func number(in range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            guard let number = Int(text), range.contains(number) else {
                let limit = range.upperBound < Int32.max ? " to \(range.upperBound)" : ""
                throw UnexpectedText(expected: "a whole number from \(range.lowerBound)\(limit)")
            }
            return number
        }
    }

    /// Some text. Nothing at all mostly comes from a shell's unset variable, and would match or name everything.
    @Sendable static func notEmpty(_ text: String) throws -> String {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw UnexpectedText(expected: "text that is not empty")
        }
        return text
    }

    /// A tag or a capability: no robot has one with a comma, because its settings list them with commas between.
    @Sendable static func label(_ text: String) throws -> String {
        guard !text.utf8.contains(UInt8(ascii: ",")) else {
            throw UnexpectedText(expected: "one without a comma; repeat the option for the next one")
        }
        return try Self.notEmpty(text)
    }
}
