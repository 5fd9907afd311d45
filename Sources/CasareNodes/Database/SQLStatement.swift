import CasareDomain
import CasareEngine
import CasarePostgres

/// What the text of a statement tells about it before it is run.
struct SQLStatement {
    private let words: [String]
    /// The first word, as `SELECT`; empty for a text without any.
    private let verb: String
    private let isSeveral: Bool

    /// Verbs of statements that only read, unless another word in them says otherwise.
    private static let readingVerbs: Set<String> = ["SELECT", "VALUES", "TABLE", "WITH", "SHOW", "EXPLAIN"]
    /// Words that make a statement beginning with one of them a writing one (`WITH … DELETE`, `SELECT … INTO`).
    private static let writingWords: Set<String> = ["INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "CREATE"]

    init(_ text: String) {
        let parts = SQLScanner.parts(of: text)
        self.words = parts.compactMap { if case .word(let word) = $0.token { word } else { nil } }
        // A query may begin in parentheses.
        let first = parts.first { $0.token != .symbol("(") && $0.token != .symbol(";") }
        self.verb = if case .word(let word)? = first?.token { word } else { "" }
        let end = parts.lastIndex { $0.token != .symbol(";") } ?? 0
        self.isSeveral = parts.prefix(end).contains { $0.token == .symbol(";") }
    }

    /// It reads and, as far as its text shows, changes nothing. Functions that it calls may do anything all the same.
    ///
    /// `SELECT … FOR UPDATE` counts as reading: locks end with the transaction.
    var isReading: Bool {
        guard Self.readingVerbs.contains(self.verb), !self.isSeveral else { return false }
        return !zip(self.words, self.words.dropFirst() + [""]).enumerated().contains { index, pair in
            // FOR UPDATE and FOR NO KEY UPDATE.
            let isLock = pair.0 == "UPDATE" && index > 0 && ["FOR", "KEY"].contains(self.words[index - 1])
            return Self.writingWords.contains(pair.0) && !isLock
        }
    }

    /// It would begin or end a transaction behind the back of the nodes that do so and of the journal.
    var controlsTransactions: Bool {
        switch self.verb {
        case "BEGIN", "START", "COMMIT", "END", "ABORT": true
        // ROLLBACK TO a savepoint goes on in the transaction.
        case "ROLLBACK": !self.words.contains("TO")
        case "PREPARE": self.words.dropFirst().first == "TRANSACTION"
        default: false
        }
    }

    var isSavepoint: Bool { self.verb == "SAVEPOINT" }

    /// Whether the last inserted row's number is of this statement.
    var isInserting: Bool { self.words.contains("INSERT") || self.verb == "REPLACE" }

    /// How a use of the query node is journaled, of what is known of its text before it runs.
    ///
    /// A template behind a `SELECT` cannot turn it into another statement, because only one is ever run. Behind a
    /// `WITH` it can.
    static let effectFor: @Sendable (Object) -> NodeType.Effect = { config in
        guard let text = config["query"]?.string else { return .effect }
        let statement = SQLStatement(text)
        let isOpen = text.contains("{{") || text.contains("${")
        return statement.isReading && (!isOpen || statement.verb == "SELECT") ? .captured : .effect
    }
}
