import CasareEngine

/// A path to elements: the part of XPath that Python's ElementTree knows.
///
/// Steps `tag`, `*`, `.`, `..`, and `//` for any depth; predicates `[n]`, `[last()]`, `[last()-n]`, `[@a]`, `[@a='v']`,
/// `[tag]`, `[tag='v']`, `[.='v']`, and `!=` for `=`. A path that begins with `/` begins above the root element.
struct XPath: Sendable {
    private enum Test: Sendable {
        case name(String), anyName, itself, parent
    }

    private enum Predicate: Sendable {
        case position(Int)
        /// So many places before the last.
        case last(Int)
        case attribute(String)
        case attributeValue(String, String, isEqual: Bool)
        case child(String)
        case childText(String, String, isEqual: Bool)
        case ownText(String, isEqual: Bool)
    }

    private struct Step: Sendable {
        var isAnyDepth: Bool
        var test: Test
        var predicates: [Predicate] = []
    }

    private let isAbsolute: Bool
    private let steps: [Step]

    /// - Throws: `ValueError` for what is not in the subset.
    init(_ text: String) throws(NodeFailure) {
        var rest = text.drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        guard !rest.isEmpty else { throw .value("xpath is empty") }
        self.isAbsolute = rest.hasPrefix("/")
        var steps: [Step] = []
        if !self.isAbsolute { steps.append(try Self.step(&rest, isAnyDepth: false, text)) }
        while !rest.isEmpty {
            guard rest.first == "/" else { throw Self.unsupported(text) }
            rest.removeFirst()
            let isAnyDepth = rest.first == "/"
            if isAnyDepth { rest.removeFirst() }
            // A slash alone, or at the end, means the element itself.
            if rest.isEmpty, !isAnyDepth { break }
            steps.append(try Self.step(&rest, isAnyDepth: isAnyDepth, text))
        }
        self.steps = steps
    }

    private static func unsupported(_ text: String) -> NodeFailure {
        .value(
            "The xpath is not supported here: \(text) (steps: tag, *, ., .., //; "
                + "predicates: [n], [last()], [@a], [@a='v'], [tag], [tag='v'])"
        )
    }

    private static func step(_ rest: inout Substring, isAnyDepth: Bool, _ text: String) throws(NodeFailure) -> Step {
        let name = String(rest.prefix { $0 != "/" && $0 != "[" })
        rest = rest.dropFirst(name.count)
        let test: Test
        switch name {
        case "*": test = .anyName
        case ".": test = .itself
        case "..": test = .parent
        default:
            guard XMLCharacters.isName(name) else { throw self.unsupported(text) }
            test = .name(name)
        }
        var step = Step(isAnyDepth: isAnyDepth, test: test)
        while rest.first == "[" {
            step.predicates.append(try self.predicate(&rest, text))
        }
        return step
    }

    private static func predicate(_ rest: inout Substring, _ text: String) throws(NodeFailure) -> Predicate {
        rest.removeFirst()
        // The closing bracket is the first one outside quotes.
        var body = ""
        var quote: Character?
        while true {
            guard let character = rest.popFirst() else { throw self.unsupported(text) }
            if character == "]", quote == nil { break }
            if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
            }
            body.append(character)
        }
        let condition = body.filter { !$0.isWhitespace }
        if let number = Int(condition) {
            guard number > 0 else { throw self.unsupported(text) }
            return .position(number)
        }
        if condition == "last()" { return .last(0) }
        if condition.hasPrefix("last()-"), let offset = Int(condition.dropFirst(7)), offset >= 0 {
            return .last(offset)
        }
        if let predicate = self.comparison(body) { return predicate }
        if condition.hasPrefix("@"), XMLCharacters.isName(String(condition.dropFirst())) {
            return .attribute(String(condition.dropFirst()))
        }
        guard XMLCharacters.isName(condition) else { throw self.unsupported(text) }
        return .child(condition)
    }

    /// `left = 'value'` or `left != 'value'`.
    private static func comparison(_ body: String) -> Predicate? {
        guard let equals = body.firstIndex(of: "=") else { return nil }
        let isEqual = !body[..<equals].hasSuffix("!")
        let left = body[..<equals].filter { !$0.isWhitespace && $0 != "!" }
        var right = body[body.index(after: equals)...].drop(while: \.isWhitespace)
        while right.last?.isWhitespace == true { right.removeLast() }
        guard right.count >= 2, let quote = right.first, quote == "'" || quote == "\"", right.last == quote else {
            return nil
        }
        let value = String(right.dropFirst().dropLast())
        if left == "." { return .ownText(value, isEqual: isEqual) }
        if left.hasPrefix("@"), XMLCharacters.isName(String(left.dropFirst())) {
            return .attributeValue(String(left.dropFirst()), value, isEqual: isEqual)
        }
        return XMLCharacters.isName(left) ? .childText(left, value, isEqual: isEqual) : nil
    }

    /// The elements the path leads to, each once, in document order.
    func matches(in document: XMLDocument) -> [Int] {
        // -1 stands for the document, whose only child is the root element.
        var current = [self.isAbsolute ? -1 : document.root]
        for step in self.steps {
            var next: [Int] = []
            var seen: Set<Int> = []
            for start in current {
                for context in step.isAnyDepth ? Self.selfAndBelow(start, document) : [start] {
                    for match in Self.matches(of: step, at: context, document) where seen.insert(match).inserted {
                        next.append(match)
                    }
                }
            }
            current = next
        }
        // Nodes are numbered in document order.
        return current.map { $0 == -1 ? document.root : $0 }.sorted()
    }

    private static func children(_ position: Int, _ document: XMLDocument) -> [Int] {
        position == -1 ? [document.root] : document.elements(in: position)
    }

    private static func selfAndBelow(_ position: Int, _ document: XMLDocument) -> [Int] {
        position == -1
            ? [-1, document.root] + document.descendants(of: document.root)
            : [position] + document.descendants(of: position)
    }

    private static func matches(of step: Step, at context: Int, _ document: XMLDocument) -> [Int] {
        var found: [Int]
        switch step.test {
        case .itself: found = context == -1 ? [] : [context]
        case .parent: found = context == -1 ? [] : document[context].parent.map { [$0] } ?? []
        case .anyName: found = self.children(context, document)
        case .name(let name): found = self.children(context, document).filter { document[$0].name == name }
        }
        for predicate in step.predicates {
            switch predicate {
            case .position(let number): found = number <= found.count ? [found[number - 1]] : []
            case .last(let offset): found = offset < found.count ? [found[found.count - 1 - offset]] : []
            default: found = found.filter { self.holds(predicate, for: $0, document) }
            }
        }
        return found
    }

    private static func holds(_ predicate: Predicate, for position: Int, _ document: XMLDocument) -> Bool {
        func children(_ name: String) -> [Int] { document.elements(in: position).filter { document[$0].name == name } }
        switch predicate {
        case .position, .last: return true
        case .attribute(let name): return document[position].attribute(name) != nil
        case .attributeValue(let name, let value, let isEqual):
            return document[position].attribute(name).map { ($0 == value) == isEqual } ?? false
        case .child(let name): return !children(name).isEmpty
        case .childText(let name, let value, let isEqual):
            return children(name).contains { (document.wholeText(of: $0) == value) == isEqual }
        case .ownText(let value, let isEqual): return (document.wholeText(of: position) == value) == isEqual
        }
    }
}
