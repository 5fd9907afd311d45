/// Aligned columns with two spaces between them.
enum TextTable {
    /// No column is cut below this.
    private static let columnWidthMin = 8
    private static let gap = "  "

    /// - Parameter headings: One for each cell of every row.
    static func render(
        _ headings: [Heading], _ rows: [[Cell]], showingHeader: Bool, in context: RenderContext
    ) -> String {
        let texts = rows.map { row in row.map { $0.display(now: context.now) } }
        var widths = headings.indices.map { column in
            let header = showingHeader ? DisplayWidth.of(headings[column].title) : 0
            return texts.reduce(header) { max($0, DisplayWidth.of($1[column])) }
        }
        if let width = context.width {
            Self.shrink(&widths, headings, to: width)
        }
        // A column is set flush right when it holds numbers and nothing else.
        let isNumeric = headings.indices.map { column in
            rows.contains { $0[column].isNumeric } && rows.allSatisfy { $0[column].isNumeric || $0[column] == .empty }
        }
        var output = ""
        func line(_ texts: [String], _ tones: [Tone]) {
            var line = ""
            for column in headings.indices {
                let text = Self.fit(texts[column], into: widths[column])
                let padding = String(repeating: " ", count: max(0, widths[column] - DisplayWidth.of(text)))
                let styled = tones[column].applied(to: text, usingColour: context.usesColour)
                let isLast = column == headings.count - 1
                line += isNumeric[column] ? padding + styled : isLast ? styled : styled + padding
                if !isLast { line += Self.gap }
            }
            output += line.trimmingTrailingSpaces + "\n"
        }
        if showingHeader {
            line(headings.map(\.title), headings.map { _ in .heading })
        }
        for (row, texts) in zip(rows, texts) {
            line(texts, row.map(\.tone))
        }
        return output
    }

    /// Takes from the widest column that may be cut until all fit, or none can give more.
    private static func shrink(_ widths: inout [Int], _ headings: [Heading], to width: Int) {
        var excess = widths.reduce(0, +) + Self.gap.count * max(0, widths.count - 1) - width
        while excess > 0 {
            let candidates = headings.indices.filter { headings[$0].canShrink && widths[$0] > Self.columnWidthMin }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? Self.columnWidthMin
            let step = min(excess, max(1, widths[widest] - max(next, Self.columnWidthMin)))
            widths[widest] -= step
            excess -= step
        }
    }

    private static func fit(_ text: String, into width: Int) -> String {
        guard DisplayWidth.of(text) > width else { return text }
        return DisplayWidth.prefix(of: text, columns: max(0, width - 1)) + "…"
    }
}

extension String {
    var trimmingTrailingSpaces: String {
        guard self.hasSuffix(" ") else { return self }
        return String(self[...(self.lastIndex { $0 != " " } ?? self.startIndex)])
    }
}
