import CasareDomain

/// A parsed expression. Chains of operators of one precedence are flat, so that a long sum is not a deep tree.
indirect enum ExpressionNode: Sendable {
    struct Term<Operator: Sendable>: Sendable {
        let operation: Operator
        let operand: ExpressionNode
        let offset: Int
    }

    case literal(Value)
    /// A quoted text with templates inside: it stays a text whatever they yield.
    case text(Template)
    case reference(TemplatePath)
    case percentReference(TemplateReference)
    case list([ExpressionNode])
    case object([(key: ExpressionNode, value: ExpressionNode)])
    case unary(ArithmeticSign, ExpressionNode, offset: Int)
    /// Evaluated from left to right.
    case arithmetic(ExpressionNode, [Term<ArithmeticOperator>])
    /// `a < b < c`: every neighbouring pair must hold.
    case comparison(ExpressionNode, [Term<ComparisonOperator>])
    case not(ExpressionNode)
    /// The first falsy operand, else the last.
    case and([ExpressionNode])
    /// The first truthy operand, else the last.
    case or([ExpressionNode])
    case conditional(condition: ExpressionNode, then: ExpressionNode, otherwise: ExpressionNode)
    case member(ExpressionNode, String)
    case element(ExpressionNode, at: ExpressionNode)
    case slice(ExpressionNode, from: ExpressionNode?, to: ExpressionNode?, step: ExpressionNode?, offset: Int)
    case call(ExpressionFunction, [ExpressionNode], offset: Int)
    case method(ExpressionNode, ExpressionMethod, [ExpressionNode], offset: Int)
}

extension ExpressionNode {
    /// Visits this node and all below it.
    func visit(_ body: (ExpressionNode) -> Void) {
        body(self)
        for child in self.children {
            child.visit(body)
        }
    }

    /// What a path calls its value; elements are called as their list.
    var lastName: String? {
        switch self {
        case .reference(let path): path.lastName
        case .percentReference(let reference): reference.path.lastName
        case .member(_, let name), .element(_, at: .literal(.string(let name))): name
        case .element(let base, at: _): base.lastName
        case .slice(let base, from: _, to: _, step: _, offset: _): base.lastName
        case .literal, .text, .list, .object, .unary, .arithmetic, .comparison, .not, .and, .or, .conditional, .call,
            .method:
            nil
        }
    }

    private var children: [ExpressionNode] {
        switch self {
        case .literal, .text, .reference, .percentReference: []
        case .list(let nodes), .and(let nodes), .or(let nodes), .call(_, let nodes, _): nodes
        case .object(let members): members.flatMap { [$0.key, $0.value] }
        case .unary(_, let node, _), .not(let node), .member(let node, _): [node]
        case .arithmetic(let first, let terms): [first] + terms.map(\.operand)
        case .comparison(let first, let terms): [first] + terms.map(\.operand)
        case .conditional(let condition, let then, let otherwise): [condition, then, otherwise]
        case .element(let base, let index): [base, index]
        case .slice(let base, let from, let to, let step, _): [base] + [from, to, step].compactMap(\.self)
        case .method(let base, _, let arguments, _): [base] + arguments
        }
    }
}

enum ArithmeticSign: String, Sendable {
    case plus = "+", minus = "-", complement = "~"
}

enum ArithmeticOperator: String, Sendable {
    case bitOr = "|", bitXor = "^", bitAnd = "&", shiftLeft = "<<", shiftRight = ">>", add = "+", subtract = "-"
    case multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power = "**"

    /// A higher one binds tighter, as in Python.
    var precedence: Int {
        switch self {
        case .bitOr: 1
        case .bitXor: 2
        case .bitAnd: 3
        case .shiftLeft, .shiftRight: 4
        case .add, .subtract: 5
        case .multiply, .divide, .floorDivide, .modulo: 6
        case .power: 7
        }
    }
}

enum ComparisonOperator: String, Sendable {
    case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    case `in`, notIn = "not in", `is`, isNot = "is not"
}

/// The functions an expression may call.
enum ExpressionFunction: String, Sendable, CaseIterable {
    case len, bool, abs, min, max, sum, round, sorted, list, tuple, range, any, all, int, float, str, rand, randint

    static let byName: [String: ExpressionFunction] = Dictionary(
        uniqueKeysWithValues: Self.allCases.map { ($0.rawValue, $0) })

    var argumentCounts: ClosedRange<Int> {
        switch self {
        case .len, .bool, .abs, .sorted, .any, .all: 1...1
        case .min, .max: 1...Int.max
        case .sum, .round, .int: 1...2
        case .list, .tuple, .float, .str: 0...1
        case .range: 1...3
        case .rand: 0...0
        case .randint: 1...2
        }
    }
}

/// The methods of texts, lists and objects an expression may call.
enum ExpressionMethod: String, Sendable, CaseIterable {
    case lower, upper, title, capitalize, strip, lstrip, rstrip, trim, startswith, endswith, contains, find, count
    case replace, removeprefix, removesuffix, split, splitlines, join, isdigit, isnumeric, isalpha, isalnum, isspace
    case isupper, islower, index
    case get, keys, values, items

    static let byName: [String: ExpressionMethod] = Dictionary(
        uniqueKeysWithValues: Self.allCases.map { ($0.rawValue, $0) })

    var argumentCounts: ClosedRange<Int> {
        switch self {
        case .lower, .upper, .title, .capitalize, .trim, .splitlines, .isdigit, .isnumeric, .isalpha, .isalnum,
            .isspace, .isupper, .islower, .keys, .values, .items:
            0...0
        case .strip, .lstrip, .rstrip: 0...1
        case .startswith, .endswith, .contains, .find, .count, .removeprefix, .removesuffix, .join, .index: 1...1
        case .replace: 2...3
        case .split: 0...2
        case .get: 1...2
        }
    }
}
