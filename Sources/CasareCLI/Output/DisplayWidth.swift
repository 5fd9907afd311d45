/// How many columns of a terminal text takes.
enum DisplayWidth {
    /// Columns of a whole text without control characters.
    static func of(_ text: String) -> Int {
        // Printable ASCII is the usual case and needs no look at characters.
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text.utf8.count }
        return text.reduce(0) { $0 + Self.of($1) }
    }

    /// Columns of one character as people see it: 0 for a lone mark, 2 for East Asian wide characters and emoji, and 1
    /// for the rest.
    static func of(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return 0 }
        if first.isASCII { return scalars.contains("\u{FE0F}") ? 2 : 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if first.properties.isEmojiPresentation || scalars.contains("\u{FE0F}") { return 2 }
        return Self.isWide(first.value) ? 2 : 1
    }

    /// The longest beginning of `text` that fits into `columns`.
    static func prefix(of text: String, columns: Int) -> Substring {
        var used = 0
        var end = text.startIndex
        while end < text.endIndex {
            used += Self.of(text[end])
            if used > columns { break }
            end = text.index(after: end)
        }
        return text[..<end]
    }

    /// Blocks that are Wide or Fullwidth throughout, or nearly so (Unicode Standard Annex 11).
    private static let wideBlocks: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
        0x20000...0x2FFFD, 0x30000...0x3FFFD,
    ]

    private static func isWide(_ scalar: UInt32) -> Bool {
        scalar >= 0x1100 && self.wideBlocks.contains { $0.contains(scalar) }
    }
}
