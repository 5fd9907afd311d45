import CasareDomain
import FoundationEssentials
import Testing

/// No CHECK of the table says what kinds of events there are: the statements do, and the program must know them.
struct EventKindTests {
    /// What a statement writes as the kind of an event.
    private struct Insert {
        let file: String
        let kinds: [String]
    }

    /// The file of the statements that take the kind as a parameter: `EventWriting` alone executes them.
    private static let writing = "Event/EventQueries.swift"

    private static func inserts() throws -> [Insert] {
        let root = #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        let sources = "/\(root)/Sources/CasareStore"
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources).filter { $0.hasSuffix(".swift") }
        return try files.flatMap { file in
            try String(contentsOfFile: "\(sources)/\(file)", encoding: .utf8)
                .split(separator: "INSERT INTO events").dropFirst()
                .map { Insert(file: file, kinds: Self.kinds(writtenBy: $0)) }
        }
    }

    /// - Parameter text: what follows `INSERT INTO events`: its columns, and then one `SELECT` or more.
    private static func kinds(writtenBy text: Substring) -> [String] {
        guard let open = text.firstIndex(of: "("), let close = text.firstIndex(of: ")") else { return [] }
        let columns = Self.list(text[text.index(after: open)..<close])
        guard let position = columns.firstIndex(of: "kind") else { return [] }
        // It ends with the parenthesis that closes the member of the `WITH` list.
        let statement = Self.balanced(text[text.index(after: close)...])
        return statement.split(separator: "SELECT").dropFirst().flatMap { select -> [String] in
            let items = Self.list(select)
            guard items.indices.contains(position) else { return [] }
            let kind = items[position]
            if let literal = kind.firstMatch(of: #/^'([a-z_]+)'/#) { return [String(literal.output.1)] }
            guard kind.hasPrefix("event.kind") else { return [kind] }
            // Two of a kind: they stand in a list of values behind.
            return select.matches(of: #/\(VALUES ([^\n]*)\) AS event \(kind\)/#).flatMap { values in
                values.output.1.matches(of: #/'([a-z_]+)'/#).map { String($0.output.1) }
            }
        }
    }

    /// Up to the parenthesis that closes what is not opened in it.
    private static func balanced(_ text: Substring) -> String {
        var depth = 0
        let end = text.firstIndex { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return depth < 0
        }
        return String(text[..<(end ?? text.endIndex)])
    }

    /// The items of a list, apart from commas in parentheses.
    private static func list(_ text: Substring) -> [String] {
        var items = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 {
                items.append("")
            } else {
                items[items.count - 1].append(character)
            }
        }
        return items.map { item in
            let words = item.drop(while: \.isWhitespace)
            return String(words[..<(words.lastIndex { !$0.isWhitespace }.map(words.index(after:)) ?? words.startIndex)])
        }
    }

    @Test func `every kind of event that statements write is one that the program knows`() throws {
        let inserts = try Self.inserts()
        #expect(inserts.count > 10, "the statements are not written as this test reads them")
        for insert in inserts {
            #expect(!insert.kinds.isEmpty, "\(insert.file) writes events of a kind that this test does not find")
            // What happens to no job is written with a kind that is a case of the program's own.
            for kind in insert.kinds where !(insert.file == Self.writing && kind == "@kind::text") {
                #expect(EventKind(rawValue: kind) != nil, "\(insert.file) writes '\(kind)'")
            }
        }
        let written = Set(inserts.flatMap(\.kinds))
        #expect(written.isSuperset(of: ["submitted", "dead_lettered", "retried", "resolved"]), "\(written)")
    }
}
