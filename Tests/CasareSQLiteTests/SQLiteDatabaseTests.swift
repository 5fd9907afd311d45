import CasareSQLite
import CasareTestSupport
import Synchronization
import Testing

@Suite struct SQLiteDatabaseTests {
    private let limits = SQLiteDatabase.Limits(timeout: .seconds(60))
    /// Counts to a number that no test waits for.
    private let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

    private func open(_ path: String? = nil) throws -> SQLiteDatabase {
        try SQLiteDatabase(path: path) { $0.hasSuffix("allowed") }
    }

    @Test func `values keep their storage class both ways`() throws {
        let values: [SQLiteValue] = [
            .null, .integer(.min), .integer(7), .real(1.5), .text(""), .text("a\u{0}ü"), .blob([]), .blob([0, 255]),
        ]
        let database = try self.open()
        let marks = values.map { _ in "?" }.joined(separator: ", ")
        let outcome = try database.execute("SELECT \(marks)", values, limits: self.limits)
        #expect(outcome.rows == [values])
    }

    @Test func `changes and the last row are those of the statement`() throws {
        let database = try self.open()
        #expect(try database.execute("CREATE TABLE t (a)", limits: self.limits).changes == 0)
        let inserted = try database.execute("INSERT INTO t VALUES (1), (2), (3)", limits: self.limits)
        #expect(inserted.changes == 3)
        #expect(inserted.lastInsertedRow == 3)
        #expect(try database.execute("SELECT a FROM t", limits: self.limits).changes == 0)
        let deleted = try database.execute("DELETE FROM t WHERE a > 1 RETURNING a", limits: self.limits)
        #expect(deleted.changes == 2)
        #expect(deleted.columns == ["a"])
        #expect(deleted.rows == [[.integer(2)], [.integer(3)]])
    }

    @Test(arguments: [
        ("SELECT 1 -- one\n; /* no more */ ;", true), ("SELECT 1; SELECT 2", false), ("-- nothing", false), ("", false),
        (" ; SELECT 1", true),
    ])
    func `exactly one statement is run`(sql: String, isRun: Bool) throws {
        let database = try self.open()
        if isRun {
            #expect(try database.execute(sql, limits: self.limits).rows == [[.integer(1)]])
        } else {
            #expect(throws: SQLiteError.self) { try database.execute(sql, limits: self.limits) }
        }
    }

    @Test func `as many values as placeholders are wanted`() throws {
        let database = try self.open()
        #expect(throws: SQLiteError.misuse("Parameters given: 1; placeholders in the statement: 2")) {
            try database.execute("SELECT ?, ?", [.null], limits: self.limits)
        }
    }

    @Test func `a statement that takes too long is stopped, and the connection is good afterwards`() throws {
        let database = try self.open()
        let limits = SQLiteDatabase.Limits(timeout: .milliseconds(20))
        #expect(throws: SQLiteError.timedOut(after: .milliseconds(20))) {
            try database.execute(self.endless, limits: limits)
        }
        #expect(try database.execute("SELECT 1", limits: self.limits).rows == [[.integer(1)]])
    }

    @Test func `a statement whose caller is cancelled is stopped`() throws {
        let database = try self.open()
        let looks = Mutex(0)
        #expect(throws: SQLiteError.cancelled) {
            try database.execute(self.endless, limits: self.limits) {
                looks.withLock { looks in
                    looks += 1
                    return looks > 3
                }
            }
        }
        #expect(looks.withLock(\.self) == 4)
    }

    @Test func `waiting for another program's lock ends with the time`() async throws {
        try await withTemporaryDirectory { folder in
            let (first, second) = (try self.open("\(folder)/d"), try self.open("\(folder)/d"))
            _ = try first.execute("CREATE TABLE t (a)", limits: self.limits)
            _ = try first.execute("BEGIN IMMEDIATE", limits: self.limits)
            #expect(first.isInTransaction)
            let limits = SQLiteDatabase.Limits(timeout: .milliseconds(20))
            #expect(throws: SQLiteError.timedOut(after: .milliseconds(20))) {
                try second.execute("INSERT INTO t VALUES (1)", limits: limits)
            }
            _ = try first.execute("ROLLBACK", limits: self.limits)
            _ = try second.execute("INSERT INTO t VALUES (1)", limits: limits)
        }
    }

    @Test func `only files that are allowed are attached`() async throws {
        try await withTemporaryDirectory { folder in
            let database = try self.open("\(folder)/d")
            func attach(_ name: String) -> SQLiteError? {
                do {
                    _ = try database.execute("ATTACH \(name) AS other", limits: self.limits)
                    _ = try database.execute("DETACH other", limits: self.limits)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(attach("'\(folder)/allowed'") == nil)
            #expect(attach("':memory:'") == nil)
            #expect(
                attach("'\(folder)/secret'")?.description == "Attaching the database '\(folder)/secret' is not allowed")
            #expect(attach("'\(folder)/' || 'allowed'") != nil)
            #expect(throws: SQLiteError.self) {
                try database.execute("VACUUM INTO '\(folder)/copy'", limits: self.limits)
            }
            // VACUUM attaches a file of its own.
            _ = try database.execute("VACUUM", limits: self.limits)
        }
    }

    @Test func `a result that is too large is not kept, though the statement is carried out`() throws {
        let database = try self.open()
        _ = try database.execute("CREATE TABLE t (a)", limits: self.limits)
        let rows = SQLiteDatabase.Limits(timeout: .seconds(60), rowsMax: 2)
        #expect(throws: SQLiteError.resultTooLarge(rowsMax: 2, bytesMax: 64 << 20)) {
            try database.execute("INSERT INTO t VALUES (1), (2), (3) RETURNING a", limits: rows)
        }
        #expect(try database.execute("SELECT count(*) FROM t", limits: rows).rows == [[.integer(3)]])
        let bytes = SQLiteDatabase.Limits(timeout: .seconds(60), bytesMax: 1000)
        #expect(throws: SQLiteError.resultTooLarge(rowsMax: 100_000, bytesMax: 1000)) {
            try database.execute("SELECT hex(zeroblob(1000))", limits: bytes)
        }
    }

    @Test func `a closed connection says so`() throws {
        let database = try self.open()
        database.close()
        database.close()
        #expect(throws: SQLiteError.closed) { try database.execute("SELECT 1", limits: self.limits) }
        #expect(!database.isInTransaction)
    }

    @Test func `closing stops a statement`() async throws {
        let database = try self.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (running, hasBegun) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                #expect(throws: SQLiteError.cancelled) {
                    try database.execute(self.endless, limits: self.limits) {
                        hasBegun.yield()
                        return false
                    }
                }
            }
            for await _ in running { break }
            database.close()
            try await group.waitForAll()
        }
    }
}
