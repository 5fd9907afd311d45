/// The `user:password@` in the URLs of a text (RFC 3986 §3.2.1). It goes by bytes: whatever stands beside them, the
/// marks of a URL are its marks.
enum Userinfo {
    private static let start = "://"
    /// What an authority ends before, in a URL and where a URL ends.
    private static let ends = Set("/?#\\\"'<> \t\r\n".utf8)

    /// Whether there is a URL at all; to find that out is cheap.
    static func mayBe(in text: String) -> Bool { ExpressionText.position(of: self.start, in: text) != nil }

    static func masked(_ text: String) -> String {
        let ranges = self.ranges(in: text)
        if ranges.isEmpty { return text }
        var shown = ""
        var position = text.startIndex
        for range in ranges {
            shown += text[position..<range.lowerBound]
            shown += Masking.mask
            position = range.upperBound
        }
        shown += text[position...]
        return shown
    }

    static func passwords(in text: String) -> [String] {
        self.ranges(in: text).compactMap { range in
            let userinfo = text.utf8[range]
            return userinfo.firstIndex(of: UInt8(ascii: ":")).flatMap {
                String(userinfo[userinfo.index(after: $0)...])
            }
        }
    }

    /// The parts that have a password, without their `@`. A user alone is no secret: `ssh://git@…`.
    private static func ranges(in text: String) -> [Range<String.Index>] {
        var found: [Range<String.Index>] = []
        var position = text.startIndex
        while let mark = ExpressionText.position(of: self.start, in: text, from: position) {
            position = mark.upperBound
            let authority = text.utf8[mark.upperBound...].prefix { !self.ends.contains($0) }
            guard let end = authority.lastIndex(of: UInt8(ascii: "@")),
                authority[..<end].contains(UInt8(ascii: ":"))
            else { continue }
            found.append(mark.upperBound..<end)
        }
        return found
    }
}
