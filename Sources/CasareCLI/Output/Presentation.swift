import CasareDomain

/// A column of a list, for rows of one type.
struct Column<Row>: Sendable {
    /// As `--columns` and CSV headers write it, in snake case.
    let key: String
    /// Shown by `-o wide`, `-o csv` and `--columns` only.
    let isWide: Bool
    /// Its text may be cut to fit the terminal. IDs and numbers are never cut: people copy them.
    let canShrink: Bool
    let cell: @Sendable (Row) -> Cell

    init(_ key: String, wide: Bool = false, shrinks: Bool = false, cell: @escaping @Sendable (Row) -> Cell) {
        self.key = key
        self.isWide = wide
        self.canShrink = shrinks
        self.cell = cell
    }

    var heading: Heading { Heading(key: self.key, isWide: self.isWide, canShrink: self.canShrink) }
}

/// A column without the type of its rows.
struct Heading: Hashable, Sendable {
    let key: String
    let isWide: Bool
    let canShrink: Bool

    /// As tables show it: `last_seen` → `LAST SEEN`.
    var title: String { String(self.key.uppercased().map { $0 == "_" ? " " : $0 }) }
}

/// What a command prints, before it is known in which format: cells for people, JSON for programs.
struct Presentation: Sendable {
    enum Shape: Sendable {
        /// JSON is an array.
        case list
        /// One thing: JSON is an object, and `-o table` shows the sheet.
        case single(Sheet)
    }

    struct Row: Sendable {
        /// What `-o name` prints of it, each on a line of its own.
        let names: [String]
        let cells: [Cell]
        let json: Value
    }

    let shape: Shape
    let headings: [Heading]
    let rows: [Row]

    init<Source>(
        list sources: [Source], columns: [Column<Source>], name: (Source) -> String, json: (Source) throws -> Value
    ) rethrows {
        self.shape = .list
        self.headings = columns.map(\.heading)
        self.rows = try sources.map { source in
            Row(names: [name(source)], cells: columns.map { $0.cell(source) }, json: try json(source))
        }
    }

    init<Source>(
        single source: Source, columns: [Column<Source>], name: String, json: Value, sheet: Sheet
    ) {
        self.init(single: source, columns: columns, names: [name], json: json, sheet: sheet)
    }

    /// One answer about several things.
    init<Source>(
        single source: Source, columns: [Column<Source>], names: [String], json: Value, sheet: Sheet
    ) {
        self.shape = .single(sheet)
        self.headings = columns.map(\.heading)
        self.rows = [Row(names: names, cells: columns.map { $0.cell(source) }, json: json)]
    }

    private init(_ shape: Shape, _ headings: [Heading], _ rows: [Row]) {
        self.shape = shape
        self.headings = headings
        self.rows = rows
    }

    /// The same with more members in the JSON of each row; people see no difference.
    func adding(_ members: Object) -> Presentation {
        Presentation(
            self.shape, self.headings,
            self.rows.map { row in
                guard let json = row.json.object else { return row }
                return Row(names: row.names, cells: row.cells, json: .object(json.merging(members)))
            })
    }
}

/// One thing on a page for people: a sentence, then labelled fields, then sections.
struct Sheet: Sendable {
    struct Field: Sendable {
        let label: String
        let cell: Cell
    }

    enum Section: Sendable {
        case lines(title: String, [String])
        case fields(title: String, [Field])
        case table(title: String, [Heading], [[Cell]])
    }

    var summary: String?
    var summaryTone: Tone = .plain
    var fields: [Field] = []
    var sections: [Section] = []

    init(_ summary: String? = nil, tone: Tone = .plain) {
        self.summary = summary
        self.summaryTone = tone
    }

    /// Adds a field, unless there is nothing in it.
    mutating func add(_ label: String, _ cell: Cell) {
        if cell != .empty { self.fields.append(Field(label: label, cell: cell)) }
    }
}
