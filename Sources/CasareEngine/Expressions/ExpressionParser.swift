import CasareDomain

/// Builds the tree of an expression by precedence climbing.
struct ExpressionParser {
    private let tokens: [ExpressionToken]
    private var position = 0
    private var depth = 0
    /// Whether an operator, a call or a method was seen: without any the text is a lone value.
    private(set) var operations = Operations()

    struct Operations: OptionSet {
        let rawValue: Int
        static let arithmetic = Operations(rawValue: 1)
        /// Comparisons, logic, calls and methods.
        static let other = Operations(rawValue: 2)
    }

    init(_ text: String) throws(ExpressionError) {
        self.tokens = try ExpressionTokenizer.tokens(of: text)
    }

    mutating func wholeExpression() throws(ExpressionError) -> ExpressionNode {
        if case .end = self.token.kind { throw self.error("the expression is empty") }
        let node = try self.expression()
        guard case .end = self.token.kind else {
            throw self.error("expected an operator, not \(self.token.description)")
        }
        return node
    }

    // MARK: Conditionals and logic

    private mutating func expression() throws(ExpressionError) -> ExpressionNode {
        try self.enter()
        defer { self.depth -= 1 }
        let value = try self.disjunction()
        guard self.skip(.if) else { return value }
        self.operations.insert(.other)
        let condition = try self.disjunction()
        try self.expect(.else)
        return .conditional(condition: condition, then: value, otherwise: try self.expression())
    }

    private mutating func disjunction() throws(ExpressionError) -> ExpressionNode {
        var operands = [try self.conjunction()]
        while self.skip(.or) || self.skip(.doubleOr) {
            operands.append(try self.conjunction())
        }
        return operands.count == 1 ? operands[0] : self.noted(.or(operands))
    }

    private mutating func conjunction() throws(ExpressionError) -> ExpressionNode {
        var operands = [try self.negation()]
        while self.skip(.and) || self.skip(.doubleAnd) {
            operands.append(try self.negation())
        }
        return operands.count == 1 ? operands[0] : self.noted(.and(operands))
    }

    private mutating func negation() throws(ExpressionError) -> ExpressionNode {
        guard self.skip(.not) else { return try self.comparison() }
        try self.enter()
        defer { self.depth -= 1 }
        return self.noted(.not(try self.negation()))
    }

    private mutating func comparison() throws(ExpressionError) -> ExpressionNode {
        let first = try self.arithmetic(precedence: ArithmeticOperator.bitOr.precedence)
        var terms: [ExpressionNode.Term<ComparisonOperator>] = []
        while true {
            let offset = self.token.offset
            guard let operation = self.takeComparisonOperator() else { break }
            let operand = try self.arithmetic(precedence: ArithmeticOperator.bitOr.precedence)
            terms.append(.init(operation: operation, operand: operand, offset: offset))
        }
        return terms.isEmpty ? first : self.noted(.comparison(first, terms))
    }

    private mutating func takeComparisonOperator() -> ComparisonOperator? {
        if self.skip(.is) {
            return self.skip(.not) ? .isNot : .is
        }
        if self.symbol == .not, self.tokens[self.position + 1].symbol == .in {
            self.position += 2
            return .notIn
        }
        guard let operation = self.symbol.flatMap({ ComparisonOperator(rawValue: $0.rawValue) }) else { return nil }
        self.position += 1
        return operation
    }

    // MARK: Arithmetic

    /// Operators that bind at least as tight as `precedence`, and what stands between them.
    private mutating func arithmetic(precedence: Int) throws(ExpressionError) -> ExpressionNode {
        var left = try self.unary()
        while let level = self.arithmeticOperator?.precedence, level >= precedence {
            var terms: [ExpressionNode.Term<ArithmeticOperator>] = []
            while let operation = self.arithmeticOperator, operation.precedence == level {
                let offset = self.token.offset
                self.position += 1
                let operand = try self.arithmetic(precedence: level + 1)
                terms.append(.init(operation: operation, operand: operand, offset: offset))
            }
            self.operations.insert(.arithmetic)
            left = .arithmetic(left, terms)
        }
        return left
    }

    private var arithmeticOperator: ArithmeticOperator? {
        self.symbol.flatMap { ArithmeticOperator(rawValue: $0.rawValue) }
    }

    private mutating func unary() throws(ExpressionError) -> ExpressionNode {
        let offset = self.token.offset
        if let sign = self.symbol.flatMap({ ArithmeticSign(rawValue: $0.rawValue) }) {
            self.position += 1
            try self.enter()
            defer { self.depth -= 1 }
            let operand = try self.unary()
            return Self.negatedLiteral(sign, operand) ?? .unary(sign, operand, offset: offset)
        }
        if self.skip(.bang) {
            try self.enter()
            defer { self.depth -= 1 }
            return self.noted(.not(try self.unary()))
        }
        return try self.power()
    }

    private static func negatedLiteral(_ sign: ArithmeticSign, _ operand: ExpressionNode) -> ExpressionNode? {
        guard sign == .minus, case .literal(let value) = operand else { return nil }
        switch value {
        case .int(let number): return .literal(.int(-number))
        case .double(let number): return .literal(.double(-number))
        case .null, .bool, .string, .list, .object: return nil
        }
    }

    /// `**` binds tighter than a sign on its left and looser than one on its right, and groups from the right.
    private mutating func power() throws(ExpressionError) -> ExpressionNode {
        let base = try self.postfix()
        let offset = self.token.offset
        guard self.skip(.power) else { return base }
        self.operations.insert(.arithmetic)
        try self.enter()
        defer { self.depth -= 1 }
        let term = ExpressionNode.Term(operation: ArithmeticOperator.power, operand: try self.unary(), offset: offset)
        return .arithmetic(base, [term])
    }

    // MARK: Members, elements, methods

    private mutating func postfix() throws(ExpressionError) -> ExpressionNode {
        var node = try self.operand()
        let depthBefore = self.depth
        defer { self.depth = depthBefore }
        while true {
            if self.skip(.dot) {
                node = try self.member(of: node)
            } else if self.symbol == .openBracket {
                node = try self.subscripted(node)
            } else {
                return node
            }
            try self.enter()
        }
    }

    private mutating func member(of base: ExpressionNode) throws(ExpressionError) -> ExpressionNode {
        let offset = self.token.offset
        guard let name = self.takeMemberName() else {
            throw self.error("expected a name after '.', not \(self.token.description)")
        }
        guard self.skip(.openParenthesis) else { return Self.member(name, of: base) }
        guard let method = ExpressionMethod.byName[name] else {
            throw ExpressionError(.syntax, "there is no method '\(name)'", at: offset)
        }
        let arguments = try self.elements(closedBy: .closeParenthesis)
        guard method.argumentCounts.contains(arguments.count) else {
            throw ExpressionError(.syntax, Self.countMessage("\(name)()", method.argumentCounts), at: offset)
        }
        return self.noted(.method(base, method, arguments, offset: offset))
    }

    /// After a dot a keyword is an ordinary name.
    private mutating func takeMemberName() -> String? {
        switch self.token.kind {
        case .name(let name):
            self.position += 1
            return name
        case .symbol(let symbol) where ExpressionToken.Symbol.keywords[symbol.rawValue] != nil:
            self.position += 1
            return symbol.rawValue
        case .symbol, .number, .text, .template, .end:
            return nil
        }
    }

    private mutating func subscripted(_ base: ExpressionNode) throws(ExpressionError) -> ExpressionNode {
        let offset = self.token.offset
        self.position += 1
        let from = self.symbol == .colon ? nil : try self.expression()
        guard self.skip(.colon) else {
            try self.expect(.closeBracket)
            guard let index = from else { throw self.error("expected an index") }
            if case .literal(.string(let key)) = index { return Self.member(key, of: base) }
            return .element(base, at: index)
        }
        let to = self.endsSliceBound ? nil : try self.expression()
        var step: ExpressionNode?
        if self.skip(.colon), !self.endsSliceBound {
            step = try self.expression()
        }
        try self.expect(.closeBracket)
        return .slice(base, from: from, to: to, step: step, offset: offset)
    }

    private var endsSliceBound: Bool { self.symbol == .colon || self.symbol == .closeBracket }

    /// Constant keys extend the path, which is how `node.port` is found.
    private static func member(_ key: String, of base: ExpressionNode) -> ExpressionNode {
        guard case .reference(let path) = base else { return .member(base, key) }
        return .reference(TemplatePath(root: path.root, steps: path.steps + [.key(key, position: nil)]))
    }

    // MARK: Operands

    private mutating func operand() throws(ExpressionError) -> ExpressionNode {
        let token = self.token
        switch token.kind {
        case .number(let value):
            self.position += 1
            return .literal(value)
        case .text(let text):
            self.position += 1
            let template = Template(.string(text))
            return template.isLiteral ? .literal(.string(text)) : .text(template)
        case .template(let reference):
            self.position += 1
            return reference.isPercent ? .percentReference(reference) : .reference(reference.path)
        case .name(let name):
            self.position += 1
            return try self.named(name, at: token.offset)
        case .symbol(.openParenthesis):
            return try self.parenthesized()
        case .symbol(.openBracket):
            self.position += 1
            return .list(try self.elements(closedBy: .closeBracket))
        case .symbol(.openBrace):
            return try self.objectLiteral()
        case .symbol, .end:
            throw self.error("expected a value, not \(token.description)")
        }
    }

    private mutating func named(_ name: String, at offset: Int) throws(ExpressionError) -> ExpressionNode {
        switch name {
        case "None", "none", "null": return .literal(.null)
        case "True", "true": return .literal(.bool(true))
        case "False", "false": return .literal(.bool(false))
        default: break
        }
        guard self.skip(.openParenthesis) else { return .reference(TemplatePath(root: name)) }
        guard let function = ExpressionFunction.byName[name] else {
            let known = ExpressionFunction.allCases.map(\.rawValue).joined(separator: " ")
            throw ExpressionError(.syntax, "there is no function '\(name)'; there are \(known)", at: offset)
        }
        let arguments = try self.elements(closedBy: .closeParenthesis)
        guard function.argumentCounts.contains(arguments.count) else {
            throw ExpressionError(.syntax, Self.countMessage("\(name)()", function.argumentCounts), at: offset)
        }
        return self.noted(.call(function, arguments, offset: offset))
    }

    /// A value in parentheses, or a tuple, which is a list.
    private mutating func parenthesized() throws(ExpressionError) -> ExpressionNode {
        self.position += 1
        if self.skip(.closeParenthesis) { return .list([]) }
        let first = try self.expression()
        if self.skip(.comma) {
            return .list([first] + (try self.elements(closedBy: .closeParenthesis)))
        }
        try self.expect(.closeParenthesis)
        return first
    }

    private mutating func objectLiteral() throws(ExpressionError) -> ExpressionNode {
        self.position += 1
        var members: [(key: ExpressionNode, value: ExpressionNode)] = []
        while !self.skip(.closeBrace) {
            let key = try self.expression()
            try self.expect(.colon)
            members.append((key, try self.expression()))
            if self.skip(.comma) { continue }
            try self.expect(.closeBrace)
            break
        }
        return .object(members)
    }

    /// Expressions between commas, the last of which may be followed by one.
    private mutating func elements(closedBy end: ExpressionToken.Symbol) throws(ExpressionError) -> [ExpressionNode] {
        var elements: [ExpressionNode] = []
        while !self.skip(end) {
            elements.append(try self.expression())
            if self.skip(.comma) { continue }
            try self.expect(end)
            break
        }
        return elements
    }

    // MARK: Tokens

    private var token: ExpressionToken { self.tokens[self.position] }

    private var symbol: ExpressionToken.Symbol? { self.tokens[self.position].symbol }

    private mutating func skip(_ symbol: ExpressionToken.Symbol) -> Bool {
        guard self.symbol == symbol else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ symbol: ExpressionToken.Symbol) throws(ExpressionError) {
        guard self.skip(symbol) else {
            throw self.error("expected '\(symbol.rawValue)', not \(self.token.description)")
        }
    }

    private mutating func enter() throws(ExpressionError) {
        self.depth += 1
        guard self.depth <= Expression.Limits.depthMax else {
            throw ExpressionError(
                .syntax, "nested more than \(Expression.Limits.depthMax) levels deep", at: self.token.offset)
        }
    }

    private mutating func noted(_ node: ExpressionNode) -> ExpressionNode {
        self.operations.insert(.other)
        return node
    }

    private func error(_ message: String) -> ExpressionError {
        ExpressionError(.syntax, message, at: self.token.offset)
    }

    private static func countMessage(_ name: String, _ counts: ClosedRange<Int>) -> String {
        let expected =
            if counts.lowerBound == counts.upperBound { "\(counts.lowerBound)" } else if counts.upperBound == Int.max {
                "at least \(counts.lowerBound)"
            } else { "\(counts.lowerBound) to \(counts.upperBound)" }
        let isOne = counts.lowerBound == 1 && (counts.upperBound == 1 || counts.upperBound == Int.max)
        return "\(name) takes \(expected) \(isOne ? "argument" : "arguments")"
    }
}
