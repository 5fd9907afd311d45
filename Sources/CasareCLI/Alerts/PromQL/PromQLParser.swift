/// Reads an expression.
struct PromQLParser {
    /// Deeper ones are nobody's, and would take the stack.
    static let depthMax = 100
    /// `a + b + c` is a tree as deep as it has operators, and evaluating goes down it.
    static let operatorsMax = 250

    private let words: [PromQLLexer.Word]
    private var place = 0
    private var depth = 0
    private var operators = 0

    private init(_ words: [PromQLLexer.Word]) { self.words = words }

    /// - Throws: What is wrong, and at which byte of the text.
    static func parse(_ text: String) throws(PromQLError) -> PromQLExpression {
        var parser = PromQLParser(try PromQLLexer.words(of: text))
        let expression = try parser.expression(above: 0)
        guard parser.token == .end else { throw parser.unexpected("the end") }
        return expression
    }

    // MARK: Words

    private var token: PromQLToken { self.words[self.place].token }
    private var start: Int { self.words[self.place].range.lowerBound }
    /// Where the last word that was read ends.
    private var end: Int { self.place > 0 ? self.words[self.place - 1].range.upperBound : 0 }

    private mutating func advance() { if self.place < self.words.count - 1 { self.place += 1 } }

    private mutating func take(_ symbol: String) -> Bool {
        guard self.token == .symbol(symbol) else { return false }
        self.advance()
        return true
    }

    /// Keywords are taken in any case.
    private mutating func take(word: String) -> Bool {
        guard case .name(let name) = self.token, name.lowercased() == word else { return false }
        self.advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(PromQLError) {
        guard self.take(symbol) else { throw self.unexpected("'\(symbol)'") }
    }

    private func unexpected(_ wanted: String) -> PromQLError {
        PromQLError("\(wanted) is expected at byte \(self.start)")
    }

    // MARK: Operators

    /// - Parameter precedence: Operators that bind no more tightly than that are left to the caller.
    private mutating func expression(above precedence: Int) throws(PromQLError) -> PromQLExpression {
        self.depth += 1
        defer { self.depth -= 1 }
        guard self.depth <= Self.depthMax else {
            throw PromQLError("more than \(Self.depthMax) expressions stand in each other")
        }
        var left = try self.unary()
        while let operation = self.operation, operation.precedence > precedence {
            self.advance()
            left = try self.binary(operation, left)
        }
        return left
    }

    private var operation: PromQLBinary.Operator? {
        switch self.token {
        case .symbol(let symbol): PromQLBinary.Operator(rawValue: symbol)
        case .name(let name): PromQLBinary.Operator(rawValue: name.lowercased())
        case .number, .span, .string, .end: nil
        }
    }

    private mutating func binary(
        _ operation: PromQLBinary.Operator, _ left: PromQLExpression
    ) throws(PromQLError) -> PromQLExpression {
        self.operators += 1
        guard self.operators <= Self.operatorsMax else {
            throw PromQLError("it has more than \(Self.operatorsMax) operators")
        }
        let givesBool = self.take(word: "bool")
        if givesBool, !operation.isComparison {
            throw PromQLError("bool goes with comparisons, not with this operator")
        }
        var matching = PromQLBinary.Matching.ignoring([])
        var grouping: PromQLBinary.Grouping?
        var isMatched = true
        if self.take(word: "on") {
            matching = .on(try self.labels())
        } else if self.take(word: "ignoring") {
            matching = .ignoring(try self.labels())
        } else {
            isMatched = false
        }
        if isMatched {
            if self.take(word: "group_left") {
                grouping = .left(self.token == .symbol("(") ? try self.labels() : [])
            } else if self.take(word: "group_right") {
                grouping = .right(self.token == .symbol("(") ? try self.labels() : [])
            }
            if grouping != nil, operation.isSet {
                throw PromQLError("\(operation.rawValue) takes neither group_left nor group_right")
            }
        }
        // `^` alone groups from the right.
        let right = try self.expression(above: operation == .power ? operation.precedence - 1 : operation.precedence)
        return .binary(
            PromQLBinary(
                operation: operation, left: left, right: right, givesBool: givesBool, matching: matching,
                grouping: grouping))
    }

    /// A sign binds more tightly than all operators but `^`.
    private mutating func unary() throws(PromQLError) -> PromQLExpression {
        if self.take("-") {
            let operand = try self.expression(above: PromQLBinary.Operator.times.precedence)
            return .negative(operand)
        }
        if self.take("+") { return try self.expression(above: PromQLBinary.Operator.times.precedence) }
        return try self.primary()
    }

    // MARK: Parts

    private mutating func primary() throws(PromQLError) -> PromQLExpression {
        switch self.token {
        case .number(let number):
            self.advance()
            return .number(number)
        case .string(let text):
            self.advance()
            return .string(text)
        case .symbol("("):
            self.advance()
            let inner = try self.expression(above: 0)
            try self.expect(")")
            if self.token == .symbol("[") {
                throw PromQLError("subqueries, as at byte \(self.start), are not known here")
            }
            return inner
        case .symbol("{"):
            return try self.selection(nil)
        case .name(let name):
            return try self.named(name)
        case .span, .symbol, .end:
            throw self.unexpected("a metric, a function, a number or a bracket")
        }
    }

    private mutating func named(_ name: String) throws(PromQLError) -> PromQLExpression {
        let next = self.words[min(self.place + 1, self.words.count - 1)].token
        let lowercased = name.lowercased()
        if let aggregation = PromQLAggregation.Operator(rawValue: lowercased),
            next == .symbol("(") || next == .name("by") || next == .name("without")
        {
            self.advance()
            return try self.aggregation(aggregation)
        }
        if next == .symbol("(") {
            guard let function = PromQLFunction(rawValue: name) else {
                throw PromQLError("the function \(name) is not known here")
            }
            self.advance()
            return try self.call(function)
        }
        if lowercased == "inf" || lowercased == "nan" {
            self.advance()
            return .number(lowercased == "inf" ? .infinity : .nan)
        }
        return try self.selection(name)
    }

    private mutating func call(_ function: PromQLFunction) throws(PromQLError) -> PromQLExpression {
        let arguments = try self.arguments()
        guard function.arguments.contains(arguments.count) else {
            throw PromQLError("\(function.rawValue) does not take \(arguments.count) arguments")
        }
        return .call(function, arguments)
    }

    private mutating func arguments() throws(PromQLError) -> [PromQLExpression] {
        try self.expect("(")
        var arguments: [PromQLExpression] = []
        while !self.take(")") {
            if !arguments.isEmpty { try self.expect(",") }
            arguments.append(try self.expression(above: 0))
        }
        return arguments
    }

    private mutating func aggregation(
        _ operation: PromQLAggregation.Operator
    ) throws(PromQLError) -> PromQLExpression {
        var grouping = try self.grouping()
        var arguments = try self.arguments()
        if grouping == nil { grouping = try self.grouping() }
        guard arguments.count == (operation.takesNumber ? 2 : 1) else {
            throw PromQLError("\(operation.rawValue) does not take \(arguments.count) arguments")
        }
        let operand = arguments.removeLast()
        return .aggregation(
            PromQLAggregation(
                operation: operation, grouping: grouping ?? .by([]), number: arguments.first, operand: operand))
    }

    private mutating func grouping() throws(PromQLError) -> PromQLAggregation.Grouping? {
        if self.take(word: "by") { return .by(try self.labels()) }
        if self.take(word: "without") { return .without(try self.labels()) }
        return nil
    }

    private mutating func labels() throws(PromQLError) -> [String] {
        try self.expect("(")
        var labels: [String] = []
        while !self.take(")") {
            if !labels.isEmpty { try self.expect(",") }
            guard case .name(let label) = self.token else { throw self.unexpected("a label") }
            labels.append(label)
            self.advance()
        }
        return labels
    }

    // MARK: Selectors

    private mutating func selection(_ name: String?) throws(PromQLError) -> PromQLExpression {
        let start = self.start
        var matchers: [PromQLSelector.Matcher] = []
        if let name {
            matchers.append(PromQLSelector.Matcher(label: PromQLLabels.name, relation: .equal, value: name))
            self.advance()
        }
        if self.take("{") {
            while !self.take("}") {
                if matchers.count > (name == nil ? 0 : 1) {
                    try self.expect(",")
                    if self.take("}") { break }
                }
                matchers.append(try self.matcher())
            }
        }
        guard !matchers.isEmpty else { throw PromQLError("the selector at byte \(start) selects everything") }
        var selector = PromQLSelector(matchers: matchers, place: start..<self.end)
        var seconds: Double?
        if self.take("[") {
            guard case .span(let span) = self.token, span > 0 else { throw self.unexpected("a time such as 5m") }
            self.advance()
            if case .name = self.token { throw PromQLError("subqueries, as at byte \(start), are not known here") }
            try self.expect("]")
            seconds = span
        }
        if self.take(word: "offset") {
            let isNegative = self.take("-")
            guard case .span(let span) = self.token else { throw self.unexpected("a time such as 5m") }
            self.advance()
            selector.offset = isNegative ? -span : span
        }
        if self.token == .symbol("@") { throw PromQLError("@, as at byte \(self.start), is not known here") }
        guard let seconds else { return .selector(selector) }
        return .range(selector, seconds: seconds)
    }

    private mutating func matcher() throws(PromQLError) -> PromQLSelector.Matcher {
        guard case .name(let label) = self.token else { throw self.unexpected("a label") }
        self.advance()
        guard case .symbol(let symbol) = self.token, let relation = PromQLSelector.Matcher.Relation(rawValue: symbol)
        else { throw self.unexpected("=, !=, =~ or !~") }
        self.advance()
        guard case .string(let value) = self.token else { throw self.unexpected("a text in quotation marks") }
        self.advance()
        return PromQLSelector.Matcher(label: label, relation: relation, value: value)
    }
}
