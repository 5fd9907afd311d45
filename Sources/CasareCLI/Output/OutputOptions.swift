import ArgumentParser
import CasareDomain
import FoundationEssentials

enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// For people.
    case table
    /// The table with every column, cut nowhere.
    case wide
    case json
    /// A JSON text a line.
    case jsonl
    case yaml
    case csv
    /// IDs or names only, one a line.
    case name

    /// Whether a list prints the same when its parts are printed one after the other.
    var isLineByLine: Bool {
        switch self {
        case .jsonl, .name: true
        case .table, .wide, .json, .yaml, .csv: false
        }
    }
}

/// How a command prints its result.
struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print the result.")
    var format = OutputFormat.table

    @OptionGroup var layout: LayoutOptions

    func validate() throws {
        switch self.format {
        case .table, .wide, .csv: break
        case .json, .jsonl, .yaml, .name:
            if self.layout.columns != nil {
                throw ValidationError("--columns goes with table, wide and csv, not with \(self.format.rawValue).")
            }
        }
    }

    /// Whether one thing is shown as a sheet, which may have more than its JSON and its columns.
    var showsSheet: Bool { self.format == .table && self.layout.columns == nil }

    /// The one place where formats differ. A pure function of its arguments and the options.
    func render(_ presentation: Presentation, in context: RenderContext) throws(CommandFailure) -> String {
        let showsHeader = !self.layout.noHeaders
        switch self.format {
        case .table:
            if case .single(let sheet) = presentation.shape, self.showsSheet {
                return SheetText.render(sheet, in: context)
            }
            let (headings, rows) = try self.select(from: presentation, includingWide: false)
            return TextTable.render(headings, rows, showingHeader: showsHeader, in: context)
        case .wide:
            var unbounded = context
            unbounded.width = nil
            let (headings, rows) = try self.select(from: presentation, includingWide: true)
            return TextTable.render(headings, rows, showingHeader: showsHeader, in: unbounded)
        case .csv:
            let (headings, rows) = try self.select(from: presentation, includingWide: true)
            return CSVText.render(headings, rows, showingHeader: showsHeader)
        case .json:
            return TerminalText.json(Self.whole(presentation).jsonText(.pretty(indent: 2))) + "\n"
        case .jsonl:
            return presentation.rows.map { TerminalText.json($0.json.jsonText(.compact)) + "\n" }.joined()
        case .yaml:
            return YAMLText.document(Self.whole(presentation))
        case .name:
            return presentation.rows.flatMap(\.names).map { TerminalText.line($0) + "\n" }.joined()
        }
    }

    /// Refuses unknown columns before a command has done anything.
    func check(_ headings: [Heading]) throws(CommandFailure) {
        for key in self.layout.columns?.keys ?? [] where !headings.contains(where: { $0.key == key }) {
            let known = headings.map(\.key).joined(separator: ", ")
            throw CommandFailure(.usage, "there is no column '\(key)': choose from \(known)")
        }
    }

    private static func whole(_ presentation: Presentation) -> Value {
        switch presentation.shape {
        case .list: .list(presentation.rows.map(\.json))
        case .single: presentation.rows.first?.json ?? .null
        }
    }

    private func select(
        from presentation: Presentation, includingWide: Bool
    ) throws(CommandFailure) -> ([Heading], [[Cell]]) {
        let headings = presentation.headings
        try self.check(headings)
        let positions =
            if let columns = self.layout.columns {
                columns.keys.compactMap { key in headings.firstIndex { $0.key == key } }
            } else {
                headings.indices.filter { includingWide || !headings[$0].isWide }
            }
        return (positions.map { headings[$0] }, presentation.rows.map { row in positions.map { row.cells[$0] } })
    }
}

/// Column keys separated by commas.
struct ColumnList: ArgumentForm, Hashable {
    static let form = "names of columns separated by commas, such as id,status"

    let keys: [String]

    init?(argument: String) {
        let keys = argument.split(separator: ",").map { part in
            String(part.lowercased().filter { $0 != " " }.map { $0 == "-" ? "_" : $0 })
        }
        guard !keys.isEmpty, keys.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.keys = keys
    }
}

extension OutputOptions {
    /// Renders for the standard streams of this process and prints the result.
    func print(_ presentation: Presentation) throws(CommandFailure) {
        try StandardStreams.print(try self.render(presentation, in: Terminal.standard.renderContext(self)))
    }
}
