import CasareWire

extension Presentation {
    /// One report for people and for JSON; a part of it a row for the formats that have rows.
    init<Report: Encodable, Part: Encodable>(
        report: Report, sheet: Sheet, parts: [Part], columns: [Column<Part>], name: (Part) -> String,
        for output: OutputOptions
    ) throws {
        if output.hasRows {
            try self.init(list: parts, columns: columns, name: name)
        } else {
            // Neither the sheet nor JSON has columns or a name.
            try self.init(single: report, columns: [Column<Report>](), name: "", sheet: sheet)
        }
    }
}

extension OutputOptions {
    /// Whether the format shows rows of columns, or a line for each thing, whatever is shown.
    fileprivate var hasRows: Bool {
        switch self.format {
        case .table: self.layout.columns != nil
        case .json, .yaml: false
        case .wide, .jsonl, .csv, .name: true
        }
    }
}
