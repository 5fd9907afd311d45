/// What expressions do with texts. Positions and lengths count Unicode scalars, as in Python.
enum ExpressionText {
    /// Without the characters at both ends for which `isSpace` holds.
    static func trimmed(
        _ text: String, leading: Bool = true, trailing: Bool = true,
        where isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    ) -> String {
        var scalars = Substring(text).unicodeScalars
        while leading, let first = scalars.first, isSpace(first) {
            scalars.removeFirst()
        }
        while trailing, let last = scalars.last, isSpace(last) {
            scalars.removeLast()
        }
        return scalars.count == text.unicodeScalars.count ? text : String(scalars)
    }

    /// `nil` when the trimmed text has `length` bytes or more.
    static func trimmed(_ text: String, ifShorterThan length: Int) -> String? {
        let start = text.utf8.firstIndex { !PathScanner.isWhitespace($0) } ?? text.utf8.endIndex
        let end = text.utf8.lastIndex { !PathScanner.isWhitespace($0) }.map { text.utf8.index(after: $0) } ?? start
        let trimmed = text.utf8[start..<end]
        return trimmed.count < length ? String(trimmed) : nil
    }

    static func begins(_ text: String, with prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    static func ends(_ text: String, with suffix: String) -> Bool {
        text.utf8.reversed().starts(with: suffix.utf8.reversed())
    }

    /// The first occurrence from `start` on.
    static func position(of part: String, in text: String, from start: String.Index? = nil) -> Range<String.Index>? {
        let bytes = text.utf8
        let wanted = part.utf8
        var position = start ?? bytes.startIndex
        guard let first = wanted.first else { return position..<position }
        while let candidate = bytes[position...].firstIndex(of: first) {
            let rest = bytes[candidate...]
            if rest.starts(with: wanted) {
                return candidate..<bytes.index(candidate, offsetBy: wanted.count)
            }
            position = bytes.index(after: candidate)
        }
        return nil
    }

    /// Occurrences that do not overlap, at most `limit` of them.
    static func ranges(of part: String, in text: String, limit: Int = Int.max) -> [Range<String.Index>] {
        var ranges: [Range<String.Index>] = []
        var position = text.startIndex
        while ranges.count < limit, let range = Self.position(of: part, in: text, from: position) {
            ranges.append(range)
            position = range.upperBound
        }
        return ranges
    }

    /// - Parameter part: Not empty.
    static func split(_ text: String, by part: String, limit: Int) -> [String] {
        var pieces: [String] = []
        var position = text.startIndex
        for range in Self.ranges(of: part, in: text, limit: limit) {
            pieces.append(String(text[position..<range.lowerBound]))
            position = range.upperBound
        }
        return pieces + [String(text[position...])]
    }

    /// - Parameter part: Not empty.
    static func replacing(_ part: String, with replacement: String, in text: String, limit: Int) -> String {
        Self.split(text, by: part, limit: limit).joined(separator: replacement)
    }

    /// The words between runs of white space.
    static func words(of text: String, limit: Int) -> [String] {
        var words: [String] = []
        var rest = Substring(text).unicodeScalars.drop { $0.properties.isWhitespace }
        while !rest.isEmpty, words.count < limit {
            let word = rest.prefix { !$0.properties.isWhitespace }
            words.append(String(word))
            rest = rest[word.endIndex...].drop { $0.properties.isWhitespace }
        }
        return rest.isEmpty ? words : words + [String(rest)]
    }
}
