/// Finds the operations in the text of a statement, and the tables of each.
///
/// It reads what names tables and passes over the rest, so it neither knows all of SQL nor whether the server would
/// take the statement. Names of CTEs are no tables. Of functions, `UPDATE … FROM` and `DELETE … USING` nothing is told.
struct QueryOperations {
    struct Operation: Hashable {
        let name: String
        var tables: [String] = []

        var text: String { ([self.name] + self.tables).joined(separator: " ") }
        var onlyReads: Bool { ["SELECT", "VALUES"].contains(self.name) }
    }

    /// What is between two parentheses, or all of a statement.
    private struct Frame {
        /// Which of the operations clauses belong to; `nil` in expressions.
        var operation: Int?
        /// Tables are listed, with commas between.
        var isInFrom = false
    }

    /// Bytes of a text that are looked at; workflows may bring statements of any length.
    private static let bytesMax = 1 << 16

    private let source: [UInt8]
    private let parts: [SQLScanner.Part]
    /// Where the parenthesis that opens at a part closes; the end of all parts where it does not.
    private let closings: [Int: Int]
    private var position = 0
    private var operations: [Operation] = []
    private var innerNames: Set<String> = []

    static func of(_ sql: String) -> [Operation] {
        var reader = QueryOperations(sql)
        reader.innerNames = reader.namesOfCTEs()
        while reader.position < reader.parts.count {
            if !reader.isSymbol(";", reader.position) { reader.readStatement() }
            // The semicolon.
            reader.position += 1
        }
        return reader.operations
    }

    private init(_ sql: String) {
        let isLong = sql.utf8.count > Self.bytesMax
        let text = isLong ? String(decoding: sql.utf8.prefix(Self.bytesMax), as: UTF8.self) : sql
        self.source = Array(text.utf8)
        self.parts = SQLScanner.parts(of: text)
        var open: [Int] = []
        var closings: [Int: Int] = [:]
        for (index, part) in self.parts.enumerated() {
            if part.token == .symbol("(") {
                open.append(index)
            } else if part.token == .symbol(")"), let opening = open.popLast() {
                closings[opening] = index
            }
        }
        self.closings = closings
    }

    // MARK: Parts

    /// The word at a part, in upper case; empty where there is none.
    private func word(_ index: Int) -> String {
        guard self.parts.indices.contains(index), case .word(let word) = self.parts[index].token else { return "" }
        return word
    }

    private func isSymbol(_ symbol: Character, _ index: Int) -> Bool {
        self.parts.indices.contains(index) && self.parts[index].token == .symbol(symbol)
    }

    /// Where it goes on behind a parenthesis.
    private func behind(_ opening: Int) -> Int { (self.closings[opening] ?? self.parts.count) + 1 }

    private mutating func skip(_ words: Set<String>) {
        while words.contains(self.word(self.position)) { self.position += 1 }
    }

    /// The name at a part, in small letters; a quoted one as it is, with its quotes where it needs them.
    private func name(_ index: Int) -> String? {
        guard self.parts.indices.contains(index) else { return nil }
        let part = self.parts[index]
        let text = String(decoding: self.source[part.range], as: UTF8.self)
        switch part.token {
        case .word: return text.lowercased()
        case .operand:
            guard let quote = text.utf8.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "`") else {
                return nil
            }
            let inside = text.dropFirst().dropLast()
            let isPlain = inside.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
            return isPlain && !inside.isEmpty ? String(inside) : text
        case .symbol: return nil
        }
    }

    /// Reads a name, perhaps with its schema.
    private mutating func readName() -> String? {
        guard var name = self.name(self.position) else { return nil }
        self.position += 1
        while self.isSymbol(".", self.position), let next = self.name(self.position + 1) {
            name += "." + next
            self.position += 2
        }
        return name
    }

    // MARK: Statements

    private static let queryWords: Set<String> = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "VALUES", "TABLE", "WITH",
    ]

    /// `name AS (SELECT …`, with its columns or without.
    private func namesOfCTEs() -> Set<String> {
        var names: Set<String> = []
        for index in self.parts.indices {
            guard let name = self.name(index) else { continue }
            var next = index + 1
            if self.isSymbol("(", next) { next = self.behind(next) }
            guard self.word(next) == "AS" else { continue }
            next += 1
            if self.word(next) == "NOT" { next += 1 }
            if self.word(next) == "MATERIALIZED" { next += 1 }
            guard self.isSymbol("(", next) else { continue }
            while self.isSymbol("(", next) { next += 1 }
            if Self.queryWords.contains(self.word(next)) { names.insert(name) }
        }
        return names
    }

    private mutating func readStatement() {
        if self.word(self.position) == "EXPLAIN" {
            self.operations.append(Operation(name: "EXPLAIN"))
            self.position += 1
            self.skip(["ANALYZE", "VERBOSE", "QUERY", "PLAN"])
            if self.isSymbol("(", self.position), !self.beginsQuery(self.position) {
                self.position = self.behind(self.position)
            }
        }
        if self.beginsQuery(self.position) { self.readQuery() } else { self.readCommand() }
        while self.position < self.parts.count, !self.isSymbol(";", self.position) { self.position += 1 }
    }

    private func beginsQuery(_ index: Int) -> Bool {
        var index = index
        while self.isSymbol("(", index) { index += 1 }
        return Self.queryWords.contains(self.word(index))
    }

    // MARK: Commands

    /// Others are not told by name: what stands there may be anything.
    private static let commands: Set<String> = [
        "ABORT", "ALTER", "ANALYZE", "ATTACH", "BEGIN", "CALL", "CHECKPOINT", "CLOSE", "CLUSTER", "COMMENT", "COMMIT",
        "COPY", "CREATE", "DEALLOCATE", "DECLARE", "DETACH", "DISCARD", "DO", "DROP", "END", "EXECUTE", "FETCH",
        "GRANT", "IMPORT", "LISTEN", "LOAD", "LOCK", "MOVE", "NOTIFY", "PRAGMA", "PREPARE", "REASSIGN", "REFRESH",
        "REINDEX", "RELEASE", "RESET", "REVOKE", "ROLLBACK", "SAVEPOINT", "SECURITY", "SET", "SHOW", "START",
        "TRUNCATE", "UNLISTEN", "VACUUM",
    ]
    private static let kinds: Set<String> = [
        "AGGREGATE", "CAST", "COLLATION", "CONVERSION", "DATABASE", "DOMAIN", "EXTENSION", "FUNCTION", "GROUP",
        "INDEX", "LANGUAGE", "OPERATOR", "POLICY", "PROCEDURE", "PUBLICATION", "ROLE", "ROUTINE", "RULE", "SCHEMA",
        "SEQUENCE", "SERVER", "STATISTICS", "SUBSCRIPTION", "SYSTEM", "TABLE", "TABLESPACE", "TRIGGER", "TYPE", "USER",
        "VIEW",
    ]
    private static let beforeKind: Set<String> = [
        "OR", "REPLACE", "UNIQUE", "TEMP", "TEMPORARY", "UNLOGGED", "RECURSIVE", "GLOBAL", "LOCAL", "FOREIGN", "EVENT",
        "CONSTRAINT", "MATERIALIZED", "VIRTUAL",
    ]
    private static let beforeName: Set<String> = [
        "IF", "NOT", "EXISTS", "CONCURRENTLY", "ONLY", "TABLE", "INDEX", "MATERIALIZED", "VIEW", "FULL", "FREEZE",
        "VERBOSE", "ANALYZE",
    ]
    /// Those of which a table is named, beside what has a kind.
    private static let ofTables: Set<String> = [
        "ANALYZE", "CLUSTER", "COPY", "LOCK", "REFRESH", "REINDEX", "TRUNCATE", "VACUUM",
    ]

    private mutating func readCommand() {
        let command = self.word(self.position)
        guard Self.commands.contains(command) else {
            self.operations.append(Operation(name: "OTHER"))
            return
        }
        self.position += 1
        switch command {
        case "CREATE", "ALTER", "DROP":
            self.skip(Self.beforeKind)
            let kind = self.word(self.position)
            guard Self.kinds.contains(kind) else {
                self.operations.append(Operation(name: command))
                return
            }
            self.position += 1
            self.skip(Self.beforeName)
            // An index may have no name.
            let name = self.word(self.position) == "ON" ? nil : self.readName()
            self.operations.append(Operation(name: "\(command) \(kind)", tables: [name].compactMap(\.self)))
        case _ where Self.ofTables.contains(command):
            self.skip(Self.beforeName)
            if self.isSymbol("(", self.position), command != "COPY" { self.position = self.behind(self.position) }
            self.operations.append(Operation(name: command, tables: [self.readName()].compactMap(\.self)))
        default:
            self.operations.append(Operation(name: command))
        }
    }

    // MARK: Queries

    /// What ends a list of tables.
    private static let clauses: Set<String> = [
        "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "RETURNING", "UNION",
        "INTERSECT", "EXCEPT", "SET",
    ]

    private mutating func readQuery() {
        var frames = [Frame()]
        // A table comes next.
        var isExpected = false
        while self.position < self.parts.count {
            let top = frames.count - 1
            switch self.parts[self.position].token {
            case .symbol(";"): return
            case .symbol("("):
                // In parentheses stands a query of its own, or tables that are joined.
                let isJoin = isExpected && !Self.queryWords.contains(self.word(self.position + 1))
                frames.append(isJoin ? Frame(operation: frames[top].operation, isInFrom: true) : Frame())
                isExpected = isJoin
                self.position += 1
            case .symbol(")"):
                if top > 0 { frames.removeLast() }
                isExpected = false
                self.position += 1
            case .symbol(","):
                isExpected = frames[top].isInFrom
                self.position += 1
            case .symbol:
                self.position += 1
            case .word where !isExpected:
                isExpected = self.readWord(in: &frames[top])
            case .operand where !isExpected:
                self.position += 1
            case .word, .operand:
                if ["ONLY", "LATERAL"].contains(self.word(self.position)) {
                    self.position += 1
                    continue
                }
                isExpected = false
                self.readTable(in: frames[top])
            }
        }
    }

    private mutating func readTable(in frame: Frame) {
        guard let name = self.readName() else {
            self.position += 1
            return
        }
        // A function is no table.
        guard let index = frame.operation, !self.isSymbol("(", self.position), !self.innerNames.contains(name),
            !self.operations[index].tables.contains(name)
        else { return }
        self.operations[index].tables.append(name)
    }

    /// - Returns: Whether a table comes next.
    private mutating func readWord(in frame: inout Frame) -> Bool {
        let (word, next) = (self.word(self.position), self.word(self.position + 1))
        let previous = self.word(self.position - 1)
        defer { if Self.clauses.contains(word) { frame.isInFrom = false } }
        self.position += 1
        switch word {
        case "SELECT":
            self.begin("SELECT", in: &frame)
        case "INSERT" where ["INTO", "OR"].contains(next), "MERGE" where next == "INTO",
            "REPLACE" where next == "INTO", "DELETE" where next == "FROM":
            // INSERT OR REPLACE INTO, as SQLite has it.
            self.position += next == "OR" ? 3 : 1
            self.begin(word, in: &frame, table: true)
        // Not FOR UPDATE, FOR NO KEY UPDATE, DO UPDATE and THEN UPDATE.
        case "UPDATE" where !["FOR", "KEY", "DO", "ON", "THEN"].contains(previous):
            if next == "OR" { self.position += 2 }
            self.begin(word, in: &frame, table: true)
        case "VALUES" where frame.operation == nil:
            self.begin(word, in: &frame)
        case "TABLE" where frame.operation == nil:
            self.begin("SELECT", in: &frame)
            return true
        // Not IS DISTINCT FROM; `extract(… FROM …)` has parentheses of its own.
        case "FROM" where previous != "DISTINCT", "JOIN" where frame.isInFrom:
            guard let index = frame.operation, self.operations[index].name == "SELECT" else { break }
            frame.isInFrom = true
            return true
        default: break
        }
        return false
    }

    /// - Parameter table: Whether the name of its table comes next.
    private mutating func begin(_ name: String, in frame: inout Frame, table: Bool = false) {
        frame = Frame(operation: self.operations.count)
        guard table else {
            self.operations.append(Operation(name: name))
            return
        }
        self.skip(["ONLY"])
        self.operations.append(Operation(name: name, tables: [self.readName()].compactMap(\.self)))
    }
}
