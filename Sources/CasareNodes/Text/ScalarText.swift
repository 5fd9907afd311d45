import CasareEngine

/// Text as a sequence of Unicode scalars: what positions, lengths and searches of workflows count by.
///
/// Swift's own characters are grapheme clusters, which join an accent to its letter and a carriage return to its line
/// feed; workflow documents were written for code points.
struct ScalarText: Equatable {
    let scalars: ArraySlice<Unicode.Scalar>

    init(_ text: some StringProtocol) { self.scalars = Array(text.unicodeScalars)[...] }
    init(_ scalars: some Sequence<Unicode.Scalar>) { self.scalars = Array(scalars)[...] }
    private init(slice: ArraySlice<Unicode.Scalar>) { self.scalars = slice }

    var count: Int { self.scalars.count }
    var isEmpty: Bool { self.scalars.isEmpty }
    /// How long it is as UTF-8.
    var utf8Count: Int { self.scalars.utf8Count }

    var string: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self.scalars)
        return String(view)
    }

    /// The part at positions counted from this text's start.
    subscript(range: Range<Int>) -> ScalarText {
        let start = self.scalars.startIndex
        return ScalarText(slice: self.scalars[(start + range.lowerBound)..<(start + range.upperBound)])
    }

    func starts(with prefix: ScalarText) -> Bool { self.scalars.starts(with: prefix.scalars) }

    func ends(with suffix: ScalarText) -> Bool {
        self.count >= suffix.count && self.scalars.suffix(suffix.count).elementsEqual(suffix.scalars)
    }

    func contains(_ part: ScalarText) -> Bool { self.position(of: part) != nil }

    /// Where a part stands first, from a position on; an empty part stands everywhere.
    func position(of part: ScalarText, from start: Int = 0) -> Int? {
        guard start + part.count <= self.count else { return nil }
        guard let first = part.scalars.first else { return start }
        let base = self.scalars.startIndex
        for position in start...(self.count - part.count) where self.scalars[base + position] == first {
            if self.scalars[(base + position)...].starts(with: part.scalars) { return position }
        }
        return nil
    }

    /// How often a part occurs without overlap. An empty part stands before every scalar and at the end.
    func occurrences(of part: ScalarText) -> Int {
        if part.isEmpty { return self.count + 1 }
        var (count, start) = (0, 0)
        while let position = self.position(of: part, from: start) {
            count += 1
            start = position + part.count
        }
        return count
    }

    /// - Parameter limit: How many splits at most; negative: all.
    func split(at separator: ScalarText, limit: Int = -1) -> [ScalarText] {
        var (parts, start): ([ScalarText], Int) = ([], 0)
        while limit < 0 || parts.count < limit, let position = self.position(of: separator, from: start) {
            parts.append(self[start..<position])
            start = position + separator.count
        }
        return parts + [self[start..<self.count]]
    }

    /// Splits at runs of white space. None is left at the ends, except behind the last part when the limit was reached.
    func splitAtWhitespace(limit: Int = -1) -> [ScalarText] {
        var parts: [ScalarText] = []
        var rest = self.scalars.drop { $0.properties.isWhitespace }
        while !rest.isEmpty, limit < 0 || parts.count < limit {
            let word = rest.prefix { !$0.properties.isWhitespace }
            parts.append(ScalarText(slice: word))
            rest = rest[word.endIndex...].drop { $0.properties.isWhitespace }
        }
        if !rest.isEmpty { parts.append(ScalarText(slice: rest)) }
        return parts
    }

    /// Lines without their ends, at every kind of line end; an end at the end of the text begins no line.
    var lines: [ScalarText] {
        var lines: [ScalarText] = []
        var rest = self.scalars
        while !rest.isEmpty {
            let line = rest.prefix { !$0.endsLine }
            lines.append(ScalarText(slice: line))
            let end = rest[line.endIndex...]
            rest = end.dropFirst(end.starts(with: ["\r", "\n"]) ? 2 : 1)
        }
        return lines
    }

    /// - Parameter limit: How many replacements at most; negative: all.
    /// - Throws: When the result would be longer than texts may get.
    func replacing(
        _ old: ScalarText, with new: ScalarText, limit: Int = -1
    ) throws(NodeFailure) -> (text: ScalarText, count: Int) {
        if old.isEmpty { return try self.interspersing(new, limit: limit) }
        let given = self.utf8Count
        let growth = new.utf8Count - old.utf8Count
        var scalars: [Unicode.Scalar] = []
        var (count, start) = (0, 0)
        while limit < 0 || count < limit, let position = self.position(of: old, from: start) {
            count += 1
            if growth > 0 { try TextLimit.check(given + count * growth, madeFrom: given) }
            scalars += self[start..<position].scalars
            scalars += new.scalars
            start = position + old.count
        }
        scalars += self[start..<self.count].scalars
        return (ScalarText(slice: scalars[...]), count)
    }

    /// An empty text is found before every scalar and at the end.
    private func interspersing(_ new: ScalarText, limit: Int) throws(NodeFailure) -> (text: ScalarText, count: Int) {
        let count = limit < 0 ? self.count + 1 : min(limit, self.count + 1)
        let given = self.utf8Count
        let (growth, overflows) = count.multipliedReportingOverflow(by: new.utf8Count)
        try TextLimit.check(overflows || growth > TextLimit.bytesMax ? .max : given + growth, madeFrom: given)
        var scalars: [Unicode.Scalar] = []
        for (position, scalar) in self.scalars.enumerated() {
            if position < count { scalars += new.scalars }
            scalars.append(scalar)
        }
        if count == self.count + 1 { scalars += new.scalars }
        return (ScalarText(slice: scalars[...]), count)
    }

    enum Side: String { case both, left, right }

    func trimming(_ side: Side, _ isDropped: (Unicode.Scalar) -> Bool) -> ScalarText {
        var slice = self.scalars
        if side != .right { slice = slice.drop(while: isDropped) }
        if side != .left { slice = slice[..<((slice.lastIndex { !isDropped($0) }).map { $0 + 1 } ?? slice.startIndex)] }
        return ScalarText(slice: slice)
    }
}

extension Sequence<Unicode.Scalar> {
    /// How long the scalars are as UTF-8.
    var utf8Count: Int { self.reduce(0) { $0 + UTF8.width($1) } }
}

extension Unicode.Scalar {
    /// The line ends of text files, and the separators that Unicode counts as such.
    fileprivate var endsLine: Bool {
        switch self.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}
