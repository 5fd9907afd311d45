import CasarePostgres
import CasareStore

/// The product's statements as texts, for pgbench to run the same.
enum StatementTexts {
    static var names: String { BenchmarkedQueries.all.map(\.name).joined(separator: "|") }

    static func print(_ name: String) throws {
        guard let query = BenchmarkedQueries.all.first(where: { $0.name == name })?.query else {
            throw BenchError("there is no statement \(name); there are \(self.names)")
        }
        var text = query.text
        // From the last on: $1 begins $10.
        for (index, parameter) in query.parameterNames.enumerated().reversed() {
            text = text.replacing("$\(index + 1)", with: "@\(parameter)")
        }
        Swift.print(text)
    }
}
