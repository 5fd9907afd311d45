/// Backslashes and sets in brackets.
extension PatternParser {
    mutating func escape() throws(PatternError) -> PatternSyntax {
        guard let scalar = self.next() else { throw self.error("bad escape (end of pattern)") }
        switch scalar {
        case "A": return .assertion(.textStart)
        case "Z", "z": return .assertion(.textEnd)
        case "b": return .assertion(.wordBoundary)
        case "B": return .assertion(.notWordBoundary)
        case "1"..."9":
            self.position -= 1
            let number = self.number(digitsMax: 2) ?? 0
            guard number <= self.groupCount else { throw self.error("invalid group reference \(number)") }
            return try self.reference(to: number)
        default:
            if let kind = Self.kind(scalar) { return .set(ScalarSet(kinds: [kind])) }
            return self.literal(try self.escapedScalar(scalar))
        }
    }

    private static func kind(_ letter: Unicode.Scalar) -> (kind: ScalarSet.Kind, isNegated: Bool)? {
        switch letter {
        case "d": (.digit, false)
        case "D": (.digit, true)
        case "w": (.word, false)
        case "W": (.word, true)
        case "s": (.space, false)
        case "S": (.space, true)
        default: nil
        }
    }

    private mutating func escapedScalar(_ letter: Unicode.Scalar) throws(PatternError) -> Unicode.Scalar {
        switch letter {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "f": return "\u{0C}"
        case "v": return "\u{0B}"
        case "a": return "\u{07}"
        case "0": return "\0"
        case "x": return try self.hexadecimal(digits: 2)
        case "u": return try self.hexadecimal(digits: 4)
        case "U": return try self.hexadecimal(digits: 8)
        case "a"..."z", "A"..."Z": throw self.error("bad escape \\\(letter)")
        default: return letter
        }
    }

    private mutating func hexadecimal(digits: Int) throws(PatternError) -> Unicode.Scalar {
        let text = String(String.UnicodeScalarView(self.scalars[self.position...].prefix(digits)))
        guard text.utf8.count == digits, let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw self.error("incomplete escape")
        }
        self.position += digits
        return scalar
    }

    mutating func set(openedAt start: Int) throws(PatternError) -> ScalarSet {
        var ranges: [ClosedRange<UInt32>] = []
        var kinds: [(kind: ScalarSet.Kind, isNegated: Bool)] = []
        let isNegated = self.take("^")
        var isFirst = true
        while let scalar = self.next() {
            if scalar == "]", !isFirst {
                return ScalarSet(
                    ranges: ranges, kinds: kinds, isNegated: isNegated, ignoresCase: self.flags.contains(.ignoreCase))
            }
            isFirst = false
            let low = try self.setMember(scalar, &kinds)
            if self.peek == "-", self.position + 1 < self.scalars.count, self.scalars[self.position + 1] != "]" {
                self.position += 1
                guard let low, let end = self.next(), let high = try self.setMember(end, &kinds),
                    high.value >= low.value
                else {
                    throw self.error("bad character range")
                }
                ranges.append(low.value...high.value)
            } else if let low {
                ranges.append(low.value...low.value)
            }
        }
        throw PatternError(message: "unterminated character set", position: start)
    }

    /// A single scalar of a set; `nil` for a class such as `\d`, which is added to `kinds`.
    private mutating func setMember(
        _ scalar: Unicode.Scalar, _ kinds: inout [(kind: ScalarSet.Kind, isNegated: Bool)]
    ) throws(PatternError) -> Unicode.Scalar? {
        guard scalar == "\\" else { return scalar }
        guard let letter = self.next() else { throw self.error("bad escape (end of pattern)") }
        if letter == "b" { return "\u{08}" }
        if let kind = Self.kind(letter) {
            kinds.append(kind)
            return nil
        }
        return try self.escapedScalar(letter)
    }
}
