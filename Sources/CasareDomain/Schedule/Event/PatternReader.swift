/// Reads a pattern from its text.
struct PatternReader {
    /// Deeper groups are refused: reading and writing them takes stack.
    private static let depthMax = 20
    private static let repetitionsMax = 1000

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) { self.scalars = Array(text.unicodeScalars) }

    private var next: Unicode.Scalar? {
        self.position < self.scalars.count ? self.scalars[self.position] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard self.next == scalar else { return false }
        self.position += 1
        return true
    }

    private func fault(_ reason: String) -> DetailPattern.Invalid {
        DetailPattern.Invalid(description: "at character \(self.position + 1): \(reason)")
    }

    mutating func whole() throws(DetailPattern.Invalid) -> PatternSyntax {
        let syntax = try self.choice()
        guard self.next == nil else { throw self.fault("a group ends that did not begin; write \\) for the character") }
        return syntax
    }

    private mutating func choice() throws(DetailPattern.Invalid) -> PatternSyntax {
        var syntax = try self.sequence()
        while self.take("|") {
            syntax = .either(syntax, try self.sequence())
        }
        return syntax
    }

    private mutating func sequence() throws(DetailPattern.Invalid) -> PatternSyntax {
        var parts: [PatternSyntax] = []
        while let next, next != "|", next != ")" {
            let part = try self.part()
            parts.append(try self.repetition(of: part))
        }
        return parts.isEmpty ? .nothing : .sequence(parts)
    }

    private mutating func part() throws(DetailPattern.Invalid) -> PatternSyntax {
        if self.take("(") { return try self.group() }
        if self.take("[") { return .scalar(try self.scalarClass()) }
        if self.take(".") { return .scalar(.anything) }
        if self.take("^") { return .start }
        if self.take("$") { return .end }
        if self.take("\\") { return .scalar(try self.escape()) }
        guard let scalar = self.next, !"*+?{".unicodeScalars.contains(scalar) else {
            throw self.fault("there is nothing to repeat; write \\ before the character to mean it")
        }
        self.position += 1
        return .scalar(PatternScalars(ranges: [scalar...scalar]))
    }

    private mutating func group() throws(DetailPattern.Invalid) -> PatternSyntax {
        if self.take("?") {
            guard self.take(":") else {
                throw self.fault("of groups that begin with (? there is (?: only, and (?i) in front of all")
            }
        }
        self.depth += 1
        guard self.depth <= Self.depthMax else { throw self.fault("groups are nested too deeply") }
        let syntax = try self.choice()
        self.depth -= 1
        guard self.take(")") else { throw self.fault("a group does not end; write \\( for the character") }
        return syntax
    }

    private mutating func repetition(of part: PatternSyntax) throws(DetailPattern.Invalid) -> PatternSyntax {
        var result = part
        while true {
            if self.take("*") {
                result = .repeated(result, min: 0, max: nil)
            } else if self.take("+") {
                result = .repeated(result, min: 1, max: nil)
            } else if self.take("?") {
                result = .repeated(result, min: 0, max: 1)
            } else if self.take("{") {
                result = try self.count(of: result)
            } else {
                return result
            }
            // As few as possible or as many: what is found is the same.
            _ = self.take("?")
        }
    }

    private mutating func count(of part: PatternSyntax) throws(DetailPattern.Invalid) -> PatternSyntax {
        let min = try self.number()
        var max: Int? = min
        if self.take(",") { max = self.next == "}" ? nil : try self.number() }
        guard self.take("}") else { throw self.fault("expected a count such as {3}, {2,} or {2,5}") }
        if let max, max < min { throw self.fault("a count goes from the smaller number to the larger one") }
        return .repeated(part, min: min, max: max)
    }

    private mutating func number() throws(DetailPattern.Invalid) -> Int {
        var number: Int?
        while let digit = self.next, ("0"..."9").contains(digit) {
            number = (number ?? 0) * 10 + Int(digit.value - 0x30)
            guard let number, number <= Self.repetitionsMax else {
                throw self.fault("\(Self.repetitionsMax) repetitions are the most")
            }
            self.position += 1
        }
        guard let number else { throw self.fault("expected a count such as {3}, {2,} or {2,5}") }
        return number
    }

    private mutating func scalarClass() throws(DetailPattern.Invalid) -> PatternScalars {
        var set = PatternScalars()
        set.isInverted = self.take("^")
        var isFirst = true
        while let scalar = self.next, isFirst || scalar != "]" {
            isFirst = false
            self.position += 1
            if scalar == "\\" {
                let escaped = try self.escape()
                guard !escaped.isInverted else { throw self.fault("\\D, \\W and \\S cannot stand in a class") }
                set.ranges += escaped.ranges
                continue
            }
            let isRange =
                self.next == "-" && self.position + 1 < self.scalars.count && self.scalars[self.position + 1] != "]"
            guard isRange else {
                set.ranges.append(scalar...scalar)
                continue
            }
            let last = self.scalars[self.position + 1]
            guard last >= scalar, last != "\\" else { throw self.fault("expected a range such as a-z") }
            set.ranges.append(scalar...last)
            self.position += 2
        }
        guard self.take("]") else { throw self.fault("a class does not end; write \\[ for the character") }
        return set
    }

    /// What stands behind a `\`.
    private mutating func escape() throws(DetailPattern.Invalid) -> PatternScalars {
        guard let scalar = self.next else { throw self.fault("a \\ needs a character behind it") }
        self.position += 1
        switch scalar {
        case "d": return .digits
        case "D": return PatternScalars.digits.inverted
        case "w": return .wordParts
        case "W": return PatternScalars.wordParts.inverted
        case "s": return .spaces
        case "S": return PatternScalars.spaces.inverted
        case "n": return PatternScalars(ranges: ["\n"..."\n"])
        case "r": return PatternScalars(ranges: ["\r"..."\r"])
        case "t": return PatternScalars(ranges: ["\t"..."\t"])
        default:
            guard !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
                throw self.fault(
                    "\\\(scalar) has no meaning; there are \\d, \\w, \\s, \\n, \\r, \\t and their opposites")
            }
            return PatternScalars(ranges: [scalar...scalar])
        }
    }
}
