import CSQLite
import Glibc
import Synchronization

/// One connection to an SQLite database. All methods block, also until another thread's statement has ended.
///
/// Safe to share: the connection is opened in serialized mode, in which "SQLite can be safely used by multiple threads
/// with no restriction" (sqlite.org/threadsafe.html); what belongs to one statement is guarded by the lock.
package final class SQLiteDatabase: @unchecked Sendable {
    /// SQLite's virtual machine instructions between two looks at whether a statement must stop: well under 1 ms.
    private static let instructionsBetweenLooks: Int32 = 4000
    /// Between two attempts to get a lock that another program holds.
    private static let lockPauseMicroseconds: UInt32 = 5000

    /// What one statement did.
    package struct Outcome: Sendable {
        package var columns: [String] = []
        package var rows: [[SQLiteValue]] = []
        /// Rows inserted, changed or deleted, not counting what triggers did.
        package var changes = 0
        package var lastInsertedRow: Int64 = 0
    }

    package struct Limits: Sendable {
        package var timeout: Duration
        package var rowsMax: Int
        package var bytesMax: Int

        package init(timeout: Duration, rowsMax: Int = 100_000, bytesMax: Int = 64 << 20) {
            self.timeout = timeout
            self.rowsMax = rowsMax
            self.bytesMax = bytesMax
        }
    }

    private let lock = Mutex(())
    // What follows is used under the lock, and by SQLite's callbacks on the thread that holds it.
    private var handle: OpaquePointer?
    private var stop: StatementStop?
    private var refusedFile: String?
    private let allowsFile: @Sendable (String) -> Bool
    private let isClosing = Atomic(false)

    /// Opens a file, which is made when it does not exist, or a database in memory.
    ///
    /// - Parameters:
    ///   - path: `nil`: in memory.
    ///   - allowsFile: Whether statements may attach the database in a file. It is asked with the text of the
    ///     statement, and what it allows is opened as it is.
    package init(path: String?, allowsFile: @escaping @Sendable (String) -> Bool) throws(SQLiteError) {
        self.allowsFile = allowsFile
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE
        var handle: OpaquePointer?
        let result = sqlite3_open_v2(path ?? ":memory:", &handle, flags, nil)
        guard result == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "There is no memory"
            sqlite3_close_v2(handle)
            throw .refused(code: result, message: message)
        }
        self.handle = handle
        self.install(on: handle)
    }

    deinit { sqlite3_close_v2(self.handle) }

    /// Ends the connection and rolls back its transaction. A statement that another thread runs is stopped.
    package func close() {
        self.isClosing.store(true, ordering: .relaxed)
        self.lock.withLock { _ in
            sqlite3_close_v2(self.handle)
            self.handle = nil
        }
    }

    /// Whether a transaction is open. An error may end one: `sqlite3_get_autocommit` tells.
    package var isInTransaction: Bool {
        self.lock.withLock { _ in self.handle.map { sqlite3_get_autocommit($0) == 0 } ?? false }
    }

    /// Runs one statement to its end.
    ///
    /// - Parameter isCancelled: Asked again and again while it runs.
    package func execute(
        _ sql: String, _ parameters: [SQLiteValue] = [], limits: Limits, isCancelled: @escaping () -> Bool = { false }
    ) throws(SQLiteError) -> Outcome {
        // `Mutex.withLock` passes on one type of error only when its closure states it.
        try self.lock.withLock { _ throws(SQLiteError) in
            guard let handle = self.handle else { throw .closed }
            self.refusedFile = nil
            self.stop = StatementStop(timeout: limits.timeout) {
                isCancelled() || self.isClosing.load(ordering: .relaxed)
            }
            defer { self.stop = nil }
            let statement = try self.prepare(sql, on: handle)
            defer { sqlite3_finalize(statement) }
            let expected = Int(sqlite3_bind_parameter_count(statement))
            guard expected == parameters.count else {
                throw .misuse(
                    "Parameters given: \(parameters.count); placeholders in the statement: \(expected)")
            }
            for (index, value) in parameters.enumerated() {
                guard value.bind(to: statement, at: Int32(index + 1)) == SQLITE_OK else { throw self.failure(handle) }
            }
            return try self.run(statement, on: handle, limits)
        }
    }

    private func run(
        _ statement: OpaquePointer, on handle: OpaquePointer, _ limits: Limits
    ) throws(SQLiteError) -> Outcome {
        let changesBefore = sqlite3_total_changes64(handle)
        let columns = 0..<sqlite3_column_count(statement)
        var outcome = Outcome()
        outcome.columns = columns.map { String(cString: sqlite3_column_name(statement, $0)) }
        var bytes = 0
        var isTooLarge = false
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                // Beyond the limit the statement still runs to its end, so that what it changes is changed.
                if isTooLarge { continue }
                let row = columns.map { SQLiteValue(statement, column: $0) }
                bytes += row.reduce(0) { $0 + $1.bytes }
                outcome.rows.append(row)
                isTooLarge = outcome.rows.count > limits.rowsMax || bytes > limits.bytesMax
                if isTooLarge { outcome.rows = [] }
            case SQLITE_DONE:
                if isTooLarge { throw .resultTooLarge(rowsMax: limits.rowsMax, bytesMax: limits.bytesMax) }
                if sqlite3_total_changes64(handle) != changesBefore {
                    outcome.changes = Int(sqlite3_changes64(handle))
                    outcome.lastInsertedRow = sqlite3_last_insert_rowid(handle)
                }
                return outcome
            default:
                throw self.failure(handle)
            }
        }
    }

    private func prepare(_ sql: String, on handle: OpaquePointer) throws(SQLiteError) -> OpaquePointer {
        if sql.utf8.contains(0) { throw .misuse("The statement contains a NUL character") }
        var statement: OpaquePointer?
        var next: OpaquePointer?
        var isRefused = false
        sql.withCString { text in
            var tail: UnsafePointer<CChar>?
            isRefused = sqlite3_prepare_v2(handle, text, -1, &statement, &tail) != SQLITE_OK
            // White space and comments make no statement.
            while !isRefused, next == nil, let rest = tail, rest.pointee != 0 {
                isRefused = sqlite3_prepare_v2(handle, rest, -1, &next, &tail) != SQLITE_OK
                if statement == nil { (statement, next) = (next, nil) }
            }
        }
        sqlite3_finalize(next)
        if isRefused {
            let failure = self.failure(handle)
            sqlite3_finalize(statement)
            throw failure
        }
        guard let statement else { throw .misuse("The statement is empty") }
        if next != nil {
            sqlite3_finalize(statement)
            throw .misuse("One statement at a time: these are several")
        }
        return statement
    }

    private func failure(_ handle: OpaquePointer) -> SQLiteError {
        if let reason = self.stop?.reason { return reason }
        if let file = self.refusedFile {
            return .refused(code: SQLITE_AUTH, message: "Attaching the database '\(file)' is not allowed")
        }
        return .refused(
            code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)))
    }

    // MARK: Callbacks

    private func install(on handle: OpaquePointer) {
        // Unretained: the callbacks are only called while a method of this object runs.
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            handle, Self.instructionsBetweenLooks,
            { context in context.map(SQLiteDatabase.from)?.stop?.mustStop() == true ? 1 : 0 }, context)
        sqlite3_busy_handler(
            handle,
            { context, _ in
                guard let database = context.map(SQLiteDatabase.from), database.stop?.mustStop() == false else {
                    return 0
                }
                usleep(SQLiteDatabase.lockPauseMicroseconds)
                return 1
            }, context)
        sqlite3_set_authorizer(
            handle,
            { context, action, file, _, _, _ in
                guard action == SQLITE_ATTACH, let database = context.map(SQLiteDatabase.from) else { return SQLITE_OK }
                // Without a name the statement computes it, and what it computes cannot be looked at. VACUUM attaches
                // ''.
                let name = file.map { String(cString: $0) }
                if let name, name.isEmpty || name == ":memory:" || database.allowsFile(name) { return SQLITE_OK }
                database.refusedFile = name ?? "of a computed name"
                return SQLITE_DENY
            }, context)
    }

    private static func from(_ context: UnsafeMutableRawPointer) -> SQLiteDatabase {
        Unmanaged<SQLiteDatabase>.fromOpaque(context).takeUnretainedValue()
    }
}
