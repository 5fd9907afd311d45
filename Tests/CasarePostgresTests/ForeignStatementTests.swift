import CasarePostgres
import CasareTestSupport
import Testing

@Suite struct ForeignStatementTests {
    private func withConnection(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await body(connection)
            await connection.close()
        }
    }

    @Test func `a statement whose text is known only now runs with its values apart`() async throws {
        try await self.withConnection { connection in
            let table = ["t", "u"].joined()
            let rows = try await connection.run { connection in
                try connection.script("CREATE TABLE \(table) (a int, b text)")
                let insertion = try connection.prepare(foreign: "INSERT INTO \(table) VALUES ($1, $2), (2, NULL)")
                #expect(insertion.parameterTypes == [.int4, .text])
                #expect(insertion.columns == [])
                let inserted = try connection.execute(insertion, ["1", "'; --"], limits: ForeignLimits())
                #expect(inserted.affectedRows == 2)
                let selection = try connection.prepare(foreign: "SELECT b, a FROM \(table) ORDER BY a")
                return try connection.execute(selection, [], limits: ForeignLimits())
            }
            #expect(rows.columns.map(\.name) == ["b", "a"])
            #expect(rows.columns.map(\.type) == [.text, .int4])
            #expect(rows.rows == [["'; --", "1"], [nil, "2"]])
            #expect(!rows.isTooLarge)
        }
    }

    @Test func `of a result that is too large nothing is kept`() async throws {
        try await self.withConnection { connection in
            let counts = try await connection.run { connection in
                let statement = try connection.prepare(foreign: "SELECT generate_series(1, 3)")
                let kept = try connection.execute(statement, [], limits: ForeignLimits(rowsMax: 3))
                let dropped = try connection.execute(statement, [], limits: ForeignLimits(rowsMax: 2))
                #expect(dropped.isTooLarge)
                #expect(dropped.affectedRows == 3)
                return (kept.rows.count, dropped.rows.count)
            }
            #expect(counts == (3, 0))
        }
    }

    @Test func `only the last that was prepared is run, and only with what it takes`() async throws {
        try await self.withConnection { connection in
            try await connection.run { connection in
                let first = try connection.prepare(foreign: "SELECT 1")
                let second = try connection.prepare(foreign: "SELECT $1::int")
                #expect(throws: PostgresError.self) { try connection.execute(first, [], limits: ForeignLimits()) }
                #expect(throws: PostgresError.self) { try connection.execute(second, [], limits: ForeignLimits()) }
                #expect(throws: PostgresError.self) {
                    try connection.execute(second, ["1\u{0}"], limits: ForeignLimits())
                }
                #expect(throws: PostgresError.self) { try connection.prepare(foreign: "SELECT 1; SELECT 2") }
                let third = try connection.prepare(foreign: "COPY (SELECT 1) TO STDOUT")
                #expect(throws: PostgresError.self) { try connection.execute(third, [], limits: ForeignLimits()) }
            }
            // It was in the middle of a COPY, which nobody reads.
            #expect(await !connection.isOpen)
        }
    }

    @Test func `a transaction may stay open between calls`() async throws {
        try await self.withConnection { connection in
            try await connection.run { try $0.script("CREATE TABLE t (a int)") }
            try await connection.beginTransaction()
            #expect(await connection.isInTransaction)
            await #expect(throws: PostgresError.self) { try await connection.beginTransaction() }
            try await connection.execute("INSERT INTO t VALUES (1)")
            await connection.rollBackTransaction()
            #expect(await !connection.isInTransaction)
            try await connection.beginTransaction()
            try await connection.execute("INSERT INTO t VALUES (2)")
            try await connection.commitTransaction()
            #expect(try await connection.execute("SELECT a FROM t").only().int("a") == 2)
        }
    }
}
