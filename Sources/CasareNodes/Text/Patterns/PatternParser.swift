/// Reads a regular expression in the syntax of Python's `re`.
struct PatternParser {
    private static let depthMax = 100

    let scalars: [Unicode.Scalar]
    var position = 0
    private(set) var flags: PatternFlags
    private var depth = 0
    private(set) var groupCount = 0
    /// Groups whose end has not been read yet: nothing can refer to them.
    private var openGroups: Set<Int> = []
    private(set) var groupNames: [String: Int] = [:]

    init(_ pattern: String, flags: PatternFlags) {
        self.scalars = Array(pattern.unicodeScalars)
        self.flags = flags
    }

    mutating func wholePattern() throws(PatternError) -> PatternSyntax {
        let syntax = try self.alternatives()
        if self.position < self.scalars.count { throw self.error("unbalanced parenthesis") }
        return syntax
    }

    private mutating func alternatives() throws(PatternError) -> PatternSyntax {
        var parts = [try self.sequence()]
        while self.take("|") {
            parts.append(try self.sequence())
        }
        return parts.count == 1 ? parts[0] : .alternatives(parts)
    }

    private mutating func sequence() throws(PatternError) -> PatternSyntax {
        var parts: [PatternSyntax] = []
        while let next = self.peek, next != "|", next != ")" {
            if self.flags.contains(.verbose), self.skipVerboseSpace() { continue }
            if let part = try self.quantified() { parts.append(part) }
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// One part with what repeats it; `nil` for a group that only sets flags or comments.
    private mutating func quantified() throws(PatternError) -> PatternSyntax? {
        let start = self.position
        guard var part = try self.atom() else { return nil }
        var isRepeated = false
        while true {
            if self.flags.contains(.verbose), self.skipVerboseSpace() { continue }
            guard let (min, max) = try self.repetition() else { return part }
            if case .assertion = part { throw PatternError(message: "nothing to repeat", position: start) }
            if isRepeated { throw self.error("multiple repeat") }
            isRepeated = true
            let greed: PatternSyntax.Greed = self.take("?") ? .lazy : self.take("+") ? .possessive : .greedy
            part = .repeated(part, min: min, max: max, greed)
        }
    }

    private mutating func repetition() throws(PatternError) -> (min: Int, max: Int?)? {
        if self.take("*") { return (0, nil) }
        if self.take("+") { return (1, nil) }
        if self.take("?") { return (0, 1) }
        let start = self.position
        guard self.take("{") else { return nil }
        // A brace that opens no repetition stands for itself.
        let low = self.number()
        var high = low
        let hasComma = self.take(",")
        if hasComma { high = self.number() }
        guard self.take("}"), low != nil || hasComma else {
            self.position = start
            return nil
        }
        if let low, let high, low > high { throw self.error("min repeat greater than max repeat") }
        return (low ?? 0, high)
    }

    private mutating func atom() throws(PatternError) -> PatternSyntax? {
        let start = self.position
        guard let scalar = self.next() else { throw self.error("unexpected end of pattern") }
        switch scalar {
        case ".":
            return .set(self.flags.contains(.dotAll) ? ScalarSet(.anything) : ScalarSet(.lineFeed, isNegated: true))
        case "^": return .assertion(self.flags.contains(.multiline) ? .lineStart : .textStart)
        case "$": return .assertion(self.flags.contains(.multiline) ? .lineEnd : .textEndOrLastLineFeed)
        case "(": return try self.group(openedAt: start)
        case "[": return .set(try self.set(openedAt: start))
        case "\\": return try self.escape()
        case "*", "+", "?": throw PatternError(message: "nothing to repeat", position: start)
        default: return self.literal(scalar)
        }
    }

    func literal(_ scalar: Unicode.Scalar) -> PatternSyntax {
        .scalar(scalar, ignoringCase: self.flags.contains(.ignoreCase) && scalar.otherCases.contains { $0 != scalar })
    }

    // MARK: - Groups

    private mutating func group(openedAt start: Int) throws(PatternError) -> PatternSyntax? {
        self.depth += 1
        defer { self.depth -= 1 }
        guard self.depth <= Self.depthMax else { throw self.error("too many nested groups") }
        let outer = self.flags
        guard self.take("?") else { return try self.capture(named: nil, openedAt: start) }
        guard let kind = self.next() else { throw self.error("unexpected end of pattern") }
        switch kind {
        // A sequence of its own may be repeated even when it is only `^`.
        case ":": return .sequence([try self.close(try self.alternatives(), start, outer)])
        case "=":
            return .look(try self.close(try self.alternatives(), start, outer), isBehind: false, isNegative: false)
        case "!": return .look(try self.close(try self.alternatives(), start, outer), isBehind: false, isNegative: true)
        case ">": return .atomic(try self.close(try self.alternatives(), start, outer))
        case "#":
            while let scalar = self.next() {
                if scalar == ")" { return nil }
            }
            throw PatternError(message: "missing ), unterminated comment", position: start)
        case "P":
            if self.take("=") {
                let name = try self.name(until: ")")
                guard let number = self.groupNames[name] else { throw self.error("unknown group name '\(name)'") }
                return try self.reference(to: number)
            }
            guard self.take("<") else { throw self.error("unknown extension ?P") }
            return try self.capture(named: try self.name(until: ">"), openedAt: start)
        case "<":
            if self.peek == "=" || self.peek == "!" {
                let isNegative = self.next() == "!"
                let inner = try self.close(try self.alternatives(), start, outer)
                guard let max = inner.width.max, max == inner.width.min else {
                    throw PatternError(message: "look-behind requires fixed-width pattern", position: start)
                }
                return .look(inner, isBehind: true, isNegative: isNegative)
            }
            return try self.capture(named: try self.name(until: ">"), openedAt: start)
        default:
            self.position -= 1
            try self.readFlags()
            if self.take(")") { return nil }
            guard self.take(":") else { throw self.error("unknown extension ?\(kind)") }
            return .sequence([try self.close(try self.alternatives(), start, outer)])
        }
    }

    private mutating func capture(named name: String?, openedAt start: Int) throws(PatternError) -> PatternSyntax {
        let outer = self.flags
        self.groupCount += 1
        let number = self.groupCount
        self.openGroups.insert(number)
        defer { self.openGroups.remove(number) }
        if let name {
            guard self.groupNames.updateValue(number, forKey: name) == nil else {
                throw self.error("redefinition of group name '\(name)'")
            }
        }
        return .group(try self.close(try self.alternatives(), start, outer), number: number)
    }

    private mutating func close(
        _ inner: PatternSyntax, _ start: Int, _ outer: PatternFlags
    ) throws(PatternError) -> PatternSyntax {
        guard self.take(")") else { throw PatternError(message: "missing ), unterminated subpattern", position: start) }
        self.flags = outer
        return inner
    }

    func reference(to group: Int) throws(PatternError) -> PatternSyntax {
        if self.openGroups.contains(group) { throw self.error("cannot refer to an open group") }
        return .backReference(group, ignoringCase: self.flags.contains(.ignoreCase))
    }

    private mutating func readFlags() throws(PatternError) {
        var isRemoving = false
        while let letter = self.peek, letter != ")", letter != ":" {
            self.position += 1
            switch letter {
            case "-": isRemoving = true
            // Unicode rules are the only ones here.
            case "u", "a", "L": break
            default:
                guard let flag = PatternFlags(letter: letter) else { throw self.error("unknown flag '\(letter)'") }
                if isRemoving { self.flags.remove(flag) } else { self.flags.insert(flag) }
            }
        }
    }

    private mutating func name(until end: Unicode.Scalar) throws(PatternError) -> String {
        var name = String.UnicodeScalarView()
        while let scalar = self.next() {
            if scalar == end {
                if name.isEmpty { throw self.error("missing group name") }
                return String(name)
            }
            guard scalar.isWord else { break }
            name.append(scalar)
        }
        throw self.error("bad character in group name")
    }

    // MARK: - Scalars

    var peek: Unicode.Scalar? { self.position < self.scalars.count ? self.scalars[self.position] : nil }

    mutating func next() -> Unicode.Scalar? {
        guard let scalar = self.peek else { return nil }
        self.position += 1
        return scalar
    }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard self.peek == scalar else { return false }
        self.position += 1
        return true
    }

    mutating func number(digitsMax: Int = 9) -> Int? {
        let digits = self.scalars[self.position...].prefix(digitsMax).prefix { ("0"..."9").contains($0) }
        self.position += digits.count
        return Int(String(String.UnicodeScalarView(digits)))
    }

    private mutating func skipVerboseSpace() -> Bool {
        guard let scalar = self.peek else { return false }
        if scalar == "#" {
            while let scalar = self.next(), scalar != "\n" {}
            return true
        }
        guard scalar.properties.isWhitespace else { return false }
        self.position += 1
        return true
    }

    func error(_ message: String) -> PatternError { PatternError(message: message, position: self.position) }
}
