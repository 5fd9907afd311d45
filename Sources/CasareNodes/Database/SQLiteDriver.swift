import CasareDomain
import CasareEngine
import CasareSQLite
import FoundationEssentials

/// An SQLite database, in a file or in memory.
struct SQLiteDriver: DatabaseDriver {
    let productName = "SQLite"
    let server = DatabaseServer(system: "sqlite")

    private let database: SQLiteDatabase
    private let limits: SQLiteDatabase.Limits

    /// - Parameter path: Canonical and allowed; `nil`: in memory.
    static func open(
        path: String?, timeout: Duration, policy: PathPolicy
    ) async throws(DatabaseError) -> SQLiteDriver {
        try await Self.blocking { _ throws(SQLiteError) in
            let database = try SQLiteDatabase(path: path) { file in
                // What is attached is opened as it is written: it must be the very file that the policy looked at.
                (try? policy.resolve(file)) == file
            }
            return SQLiteDriver(database: database, limits: SQLiteDatabase.Limits(timeout: timeout))
        }
    }

    func execute(_ sql: String, _ parameters: [Value]) async throws(DatabaseError) -> DatabaseOutcome {
        let values = parameters.map(Self.value)
        let (database, limits) = (self.database, self.limits)
        let outcome = try await Self.blocking { cancellation throws(SQLiteError) in
            try database.execute(sql, values, limits: limits) { cancellation.isCancelled }
        }
        let hasInserted = outcome.changes > 0 && SQLStatement(sql).isInserting
        return DatabaseOutcome(
            columns: outcome.columns, rows: outcome.rows.map { $0.map(Self.value) }, rowsAffected: outcome.changes,
            lastInsertedID: hasInserted ? Int(outcome.lastInsertedRow) : nil)
    }

    func begin() async throws(DatabaseError) { _ = try await self.execute("BEGIN", []) }
    func commit() async throws(DatabaseError) { _ = try await self.execute("COMMIT", []) }

    func rollBack() async throws(DatabaseError) {
        // An error may have rolled it back already.
        if await self.isInTransaction { _ = try await self.execute("ROLLBACK", []) }
    }

    var isInTransaction: Bool {
        // Not `BlockingWork.run`, which refuses a task that is cancelled; statements of a connection take turns, so
        // that none runs now.
        get async { self.database.isInTransaction }
    }

    func hasTable(_ name: String) async throws(DatabaseError) -> Bool {
        try await !self.execute("SELECT 1 FROM pragma_table_list WHERE name = ? COLLATE NOCASE", [.string(name)])
            .rows.isEmpty
    }

    func columns(of table: String) async throws(DatabaseError) -> [DatabaseColumn] {
        let rows = try await self.execute(
            #"SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY cid"#, [.string(table)]
        ).rows
        return rows.map { row in
            let isKey = row[4].int ?? 0 > 0
            return DatabaseColumn(
                name: row[0].string ?? "", type: row[1].string ?? "", isNullable: row[2].int == 0 && !isKey,
                defaultExpression: row[3].string, isPrimaryKey: isKey)
        }
    }

    func close() async { self.database.close() }

    // MARK: Values

    private static func value(_ value: Value) -> SQLiteValue {
        switch value {
        case .null: .null
        case .bool(let flag): .integer(flag ? 1 : 0)
        case .int(let number): .integer(Int64(number))
        case .double(let number): .real(number)
        case .string(let text): .text(text)
        case .list, .object: .text(value.jsonText(.compact))
        }
    }

    private static func value(_ value: SQLiteValue) -> Value {
        switch value {
        case .null: .null
        case .integer(let number): .int(Int(number))
        case .real(let number): .double(number)
        case .text(let text): .string(text)
        case .blob(let bytes): .string(Data(bytes).base64EncodedString())
        }
    }

    // MARK: Errors

    private static func blocking<R: Sendable>(
        _ work: @escaping @Sendable (BlockingWork.Cancellation) throws(SQLiteError) -> R
    ) async throws(DatabaseError) -> R {
        do {
            return try await BlockingWork.run { cancellation in try work(cancellation) }
        } catch let error as SQLiteError {
            throw Self.error(error)
        } catch {
            // Nothing else but the cancellation comes out of it.
            throw .cancelled
        }
    }

    private static func error(_ error: SQLiteError) -> DatabaseError {
        switch error {
        case .refused(let code, let message):
            // SQLITE_AUTH: the database that a statement attaches is not the workflow's to open.
            .refused(type: code & 0xFF == 23 ? "PathSecurityError" : "DatabaseError", message: message)
        case .timedOut: .timedOut(message: error.description)
        case .cancelled: .cancelled
        case .resultTooLarge: .tooLarge(message: error.description)
        case .closed: .lost(message: error.description)
        case .misuse(let message): .refused(type: "ValueError", message: message)
        }
    }
}
