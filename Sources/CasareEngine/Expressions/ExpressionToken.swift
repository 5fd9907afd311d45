import CasareDomain

/// A word of an expression, and how many Unicode scalars stand before it.
struct ExpressionToken: Sendable {
    enum Kind: Sendable {
        case number(Value)
        case text(String)
        /// A name that is not a keyword; also `$timestamp`.
        case name(String)
        case template(TemplateReference)
        case symbol(Symbol)
        case end
    }

    /// Operators, brackets and the keywords that are operators.
    enum Symbol: String, Sendable, CaseIterable {
        case power = "**", floorDivide = "//", shiftLeft = "<<", shiftRight = ">>"
        case lessOrEqual = "<=", greaterOrEqual = ">=", equal = "==", notEqual = "!=", doubleAnd = "&&", doubleOr = "||"
        case plus = "+", minus = "-", times = "*", divide = "/", modulo = "%"
        case less = "<", greater = ">", bitAnd = "&", bitOr = "|", bitXor = "^", bitNot = "~", bang = "!"
        case openParenthesis = "(", closeParenthesis = ")", openBracket = "[", closeBracket = "]"
        case openBrace = "{", closeBrace = "}", comma = ",", colon = ":", dot = "."
        case and, or, not, `in`, `is`, `if`, `else`

        static let keywords: [String: Symbol] = Dictionary(
            uniqueKeysWithValues: [.and, .or, .not, .in, .is, .if, .else].map { ($0.rawValue, $0) })

        /// Operators by their text; a longer one is tried before its beginning.
        static let operators: [(bytes: [UInt8], symbol: Symbol)] = Self.allCases
            .filter { Self.keywords[$0.rawValue] == nil }
            .map { (Array($0.rawValue.utf8), $0) }
            .sorted { $0.bytes.count > $1.bytes.count }

        /// After it a value is complete, so that what follows is an operator.
        var endsOperand: Bool { self == .closeParenthesis || self == .closeBracket || self == .closeBrace }
    }

    let kind: Kind
    /// The symbol, if it is one. Stored, because the optimizer of Swift 6.3.1 crashes where a getter of it is inlined.
    let symbol: Symbol?
    let offset: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.symbol = if case .symbol(let symbol) = kind { symbol } else { nil }
        self.offset = offset
    }

    var endsOperand: Bool {
        switch self.kind {
        case .number, .text, .name, .template: true
        case .symbol(let symbol): symbol.endsOperand
        case .end: false
        }
    }

    /// How messages call it.
    var description: String {
        switch self.kind {
        case .number(let value): "'\(value.displayText)'"
        case .text: "a text"
        case .name(let name): "'\(name)'"
        case .template(let reference): "'\(reference.source)'"
        case .symbol(let symbol): "'\(symbol.rawValue)'"
        case .end: "the end"
        }
    }
}
