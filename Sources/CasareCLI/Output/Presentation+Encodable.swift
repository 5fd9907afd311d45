import CasareWire

/// Things of which programs are shown all that the server said.
extension Presentation {
    init<Source: Encodable>(
        list sources: [Source], columns: [Column<Source>], name: (Source) -> String
    ) throws {
        try self.init(list: sources, columns: columns, name: name, json: { try ValueEncoder.encode($0) })
    }

    init<Source: Encodable>(
        single source: Source, columns: [Column<Source>], name: String, sheet: Sheet
    ) throws {
        self.init(single: source, columns: columns, name: name, json: try ValueEncoder.encode(source), sheet: sheet)
    }
}
