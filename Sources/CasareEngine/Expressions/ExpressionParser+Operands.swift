import CasareDomain

/// What stands between operators: literals, names, calls, and the members and elements of what they yield.
extension ExpressionParser {
    // MARK: Members, elements, methods

    mutating func postfix() throws(ExpressionError) -> ExpressionNode {
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
        guard case .reference(let path) = base, path.secret == nil else { return .member(base, key) }
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

    private static func countMessage(_ name: String, _ counts: ClosedRange<Int>) -> String {
        let expected =
            if counts.lowerBound == counts.upperBound { "\(counts.lowerBound)" } else if counts.upperBound == Int.max {
                "at least \(counts.lowerBound)"
            } else { "\(counts.lowerBound) to \(counts.upperBound)" }
        let isOne = counts.lowerBound == 1 && (counts.upperBound == 1 || counts.upperBound == Int.max)
        return "\(name) takes \(expected) \(isOne ? "argument" : "arguments")"
    }
}
