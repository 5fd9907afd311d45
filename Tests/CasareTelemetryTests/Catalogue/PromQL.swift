/// What can be read of a query in PromQL without running it: the series that it asks for, and what is done to them.
struct PromQL {
    /// A function or an aggregation.
    struct Call: Equatable {
        let name: String
        /// The labels behind its `by` or `without`.
        let grouping: [String]

        var isAggregation: Bool { Self.aggregations.contains(self.name) }

        /// Those that make one series of several: `topk` and `bottomk` only choose.
        static let aggregations: Set<String> = [
            "sum", "min", "max", "avg", "group", "count", "stddev", "stdvar", "quantile", "count_values",
        ]
    }

    struct Selector {
        /// Several where a matcher of `__name__` lists them.
        let metrics: [String]
        /// The labels that it compares.
        let labels: [String]
        /// What is around it, from outside to inside.
        let calls: [Call]
    }

    struct Misread: Error {
        let query: String
        let reason: String
    }

    private(set) var selectors: [Selector] = []
    /// The labels behind `on`, `ignoring`, `group_left` and `group_right`.
    private(set) var matched: [String] = []
    /// Those of them that `group_left` and `group_right` bring from the other side.
    private(set) var joined: [String] = []

    private let query: String
    private let tokens: [Token]
    private var position = 0
    /// A call for each parenthesis that is open; `nil` for one that only groups.
    private var open: [Call?] = []

    /// - Throws: `Misread`: a parenthesis or a brace is not closed, or an aggregation is written in a way that is not
    ///   read here.
    init(_ query: String) throws(Misread) {
        self.query = query
        self.tokens = Token.all(in: query)
        while let token = self.next() {
            switch token {
            case .word("by"), .word("without"): throw self.misread("'by' must stand before the parenthesis")
            case .word(let word) where Self.matchings.contains(word): try self.readMatching(word)
            case .word(let word) where Self.operators.contains(word) || word.first?.isNumber == true: break
            case .word(let word): try self.readName(word)
            case .symbol("("): self.open.append(nil)
            case .symbol(")"):
                guard !self.open.isEmpty else { throw self.misread("a parenthesis is closed that is not open") }
                self.open.removeLast()
            case .symbol("{"):
                self.position -= 1
                try self.readSelector(of: [])
            case .symbol("["): try self.skip(to: "]")
            case .symbol, .text: break
            }
        }
        guard self.open.isEmpty else { throw self.misread("a parenthesis is not closed") }
    }

    private static let matchings: Set<String> = ["on", "ignoring", "group_left", "group_right"]
    private static let operators: Set<String> = ["and", "or", "unless", "bool", "offset", "atan2"]

    // MARK: - Reading

    private mutating func next() -> Token? {
        guard self.position < self.tokens.count else { return nil }
        defer { self.position += 1 }
        return self.tokens[self.position]
    }

    /// Goes on behind the token if it comes next.
    private mutating func take(_ token: Token) -> Bool {
        guard self.position < self.tokens.count, self.tokens[self.position] == token else { return false }
        self.position += 1
        return true
    }

    private mutating func skip(to symbol: Character) throws(Misread) {
        while let token = self.next() { if token == .symbol(symbol) { return } }
        throw self.misread("\(symbol) is missing")
    }

    /// The labels in parentheses that come next; none where none come.
    private mutating func readLabels() throws(Misread) -> [String] {
        guard self.take(.symbol("(")) else { return [] }
        var labels: [String] = []
        while let token = self.next() {
            switch token {
            case .word(let word): labels.append(word)
            case .symbol(")"): return labels
            case .symbol, .text: break
            }
        }
        throw self.misread("a list of labels is not closed")
    }

    private mutating func readMatching(_ word: String) throws(Misread) {
        let labels = try self.readLabels()
        self.matched += labels
        if word.hasPrefix("group_") { self.joined += labels }
    }

    private mutating func readName(_ word: String) throws(Misread) {
        let isGrouped = Call.aggregations.contains(word) && (self.take(.word("by")) || self.take(.word("without")))
        let grouping = isGrouped ? try self.readLabels() : []
        if self.take(.symbol("(")) {
            self.open.append(Call(name: word, grouping: grouping))
        } else if isGrouped {
            throw self.misread("'\(word)' aggregates nothing")
        } else {
            try self.readSelector(of: [word])
        }
    }

    private mutating func readSelector(of names: [String]) throws(Misread) {
        var metrics = names
        var labels: [String] = []
        if self.take(.symbol("{")) {
            matchers: while true {
                switch self.next() {
                case .word(let label): labels.append(label)
                case .text(let value) where labels.last == "__name__":
                    metrics = value.split(separator: "|").map(String.init)
                case .symbol("}"): break matchers
                case .symbol, .text: break
                case nil: throw self.misread("a selector is not closed")
                }
            }
        }
        if self.take(.symbol("[")) { try self.skip(to: "]") }
        labels.removeAll { $0 == "__name__" }
        self.selectors.append(Selector(metrics: metrics, labels: labels, calls: self.open.compactMap(\.self)))
    }

    private func misread(_ reason: String) -> Misread { Misread(query: self.query, reason: reason) }
}

extension PromQL {
    enum Token: Equatable {
        /// A name, a number or a duration; `:` and `$` are letters of names.
        case word(String)
        /// What stands in quotes.
        case text(String)
        case symbol(Character)

        static func all(in query: String) -> [Token] {
            var tokens: [Token] = []
            var rest = query[...]
            while let first = rest.first {
                let word = rest.prefix { $0.isLetter || $0.isNumber || "_:$.".contains($0) }
                rest.removeFirst(max(1, word.count))
                if !word.isEmpty {
                    tokens.append(.word(String(word)))
                } else if "\"'`".contains(first) {
                    tokens.append(.text(Self.quoted(&rest, until: first)))
                } else if !first.isWhitespace {
                    tokens.append(.symbol(first))
                }
            }
            return tokens
        }

        private static func quoted(_ rest: inout Substring, until quote: Character) -> String {
            var text = ""
            while let next = rest.popFirst(), next != quote {
                if next == "\\", quote != "`", let escaped = rest.popFirst() {
                    text.append(escaped)
                } else {
                    text.append(next)
                }
            }
            return text
        }
    }
}
