import CasareDomain

/// Builds the tree of an expression by precedence climbing.
struct ExpressionParser {
    private let tokens: [ExpressionToken]
    var position = 0
    var depth = 0
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

    mutating func expression() throws(ExpressionError) -> ExpressionNode {
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

    // MARK: Tokens

    var token: ExpressionToken { self.tokens[self.position] }

    var symbol: ExpressionToken.Symbol? { self.tokens[self.position].symbol }

    mutating func skip(_ symbol: ExpressionToken.Symbol) -> Bool {
        guard self.symbol == symbol else { return false }
        self.position += 1
        return true
    }

    mutating func expect(_ symbol: ExpressionToken.Symbol) throws(ExpressionError) {
        guard self.skip(symbol) else {
            throw self.error("expected '\(symbol.rawValue)', not \(self.token.description)")
        }
    }

    mutating func enter() throws(ExpressionError) {
        self.depth += 1
        guard self.depth <= Expression.Limits.depthMax else {
            throw ExpressionError(
                .syntax, "nested more than \(Expression.Limits.depthMax) levels deep", at: self.token.offset)
        }
    }

    mutating func noted(_ node: ExpressionNode) -> ExpressionNode {
        self.operations.insert(.other)
        return node
    }

    func error(_ message: String) -> ExpressionError {
        ExpressionError(.syntax, message, at: self.token.offset)
    }
}
