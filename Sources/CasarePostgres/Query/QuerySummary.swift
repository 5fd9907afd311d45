/// What a statement does to which tables, in few words and without values: `SELECT jobs`, `DELETE ready INSERT leases`
/// (OpenTelemetry, "Generating a summary of the query").
package struct QuerySummary: Hashable, Sendable, CustomStringConvertible {
    package static let charactersMax = 255
    /// What a text that is no statement is called.
    private static let unknown = "OTHER"

    /// Each operation with its tables, in the order of the text, the same only once. Whole operations are left out from
    /// where `charactersMax` would be exceeded.
    package let text: String
    /// The first operation that writes, else the first: `INSERT`, `CREATE TABLE`.
    package let operation: String
    /// The first table of `operation`; `nil` where it has none.
    package let collection: String?

    package var description: String { self.text }

    /// Of the text of one statement, or of several.
    package init(of sql: String) {
        let operations = QueryOperations.of(sql)
        // What reads only from inside of the statement says nothing beside the rest.
        let telling = operations.filter { !$0.tables.isEmpty || !$0.onlyReads }
        let shown = telling.isEmpty ? Array(operations.prefix(1)) : telling
        let main = shown.first { !$0.onlyReads } ?? shown.first
        self.text = Self.joined(shown.map(\.text))
        self.operation = main?.name ?? Self.unknown
        self.collection = main?.tables.first
    }

    /// Of what is no statement by itself.
    init(named operation: String) { (self.text, self.operation, self.collection) = (operation, operation, nil) }

    /// Of statements that are sent together.
    package init(batch: [QuerySummary]) {
        let (operations, collections) = (Set(batch.map(\.operation)), Set(batch.map(\.collection)))
        self.text = Self.joined(["BATCH"] + batch.map(\.text))
        self.operation = operations.count == 1 ? "BATCH \(operations.first ?? "")" : "BATCH"
        self.collection = collections.count == 1 ? collections.first ?? nil : nil
    }

    private static func joined(_ parts: [String]) -> String {
        var text = ""
        var known: Set<String> = []
        for part in parts where known.insert(part).inserted {
            let longer = text.isEmpty ? part : "\(text) \(part)"
            guard longer.count <= self.charactersMax else { break }
            text = longer
        }
        return text.isEmpty ? String((parts.first ?? self.unknown).prefix(self.charactersMax)) : text
    }
}
