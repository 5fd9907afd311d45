/// A sheet as text.
enum SheetText {
    static func render(_ sheet: Sheet, in context: RenderContext) -> String {
        var parts: [String] = []
        var head = ""
        if let summary = sheet.summary {
            head += sheet.summaryTone.applied(to: TerminalText.line(summary), usingColour: context.usesColour) + "\n"
        }
        head += Self.fields(sheet.fields, indent: "", in: context)
        if !head.isEmpty { parts.append(head) }
        for section in sheet.sections {
            parts.append(Self.section(section, in: context))
        }
        return parts.joined(separator: "\n")
    }

    private static func section(_ section: Sheet.Section, in context: RenderContext) -> String {
        func title(_ text: String) -> String {
            Tone.heading.applied(to: text, usingColour: context.usesColour) + "\n"
        }
        switch section {
        case .lines(let heading, let lines):
            return title(heading) + lines.flatMap(TerminalText.lines).map { "  \($0)\n" }.joined()
        case .fields(let heading, let fields):
            return title(heading) + Self.fields(fields, indent: "  ", in: context)
        case .table(let heading, let headings, let rows):
            var narrower = context
            narrower.width = context.width.map { max(0, $0 - 2) }
            let table = TextTable.render(headings, rows, showingHeader: true, in: narrower)
            return title(heading) + table.split(separator: "\n").map { "  \($0)\n" }.joined()
        }
    }

    private static func fields(_ fields: [Sheet.Field], indent: String, in context: RenderContext) -> String {
        let labels = fields.map { TerminalText.line($0.label) }
        let width = labels.map(DisplayWidth.of).max() ?? 0
        return zip(labels, fields).map { label, field in
            let padding = String(repeating: " ", count: width - DisplayWidth.of(label) + 2)
            let styled = Tone.faint.applied(to: label, usingColour: context.usesColour)
            let value = field.cell.tone.applied(
                to: Self.value(field.cell, in: context), usingColour: context.usesColour)
            return "\(indent)\(styled)\(padding)\(value)\n"
        }.joined()
    }

    /// A moment appears in both forms: there is room for it here.
    private static func value(_ cell: Cell, in context: RenderContext) -> String {
        let text = cell.display(now: context.now)
        if case .time = cell { return "\(cell.plain) (\(text))" }
        return text
    }
}
