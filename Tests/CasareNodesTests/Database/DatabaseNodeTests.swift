import CasareDomain
import CasareEngine
import CasareNodes
import Testing

@Suite struct DatabaseNodeTests {
    @Test(arguments: TestDatabase.allCases)
    func `rows go in and come out, with their types and in column order`(kind: TestDatabase) async throws {
        try await kind.withConnection { database async throws in
            try await database.execute("CREATE TABLE t (id integer, name text, size double precision)")
            let inserted = try await database.execute(
                "INSERT INTO t VALUES (?, ?, ?), (2, NULL, 2.0)", [1, "o'ne", 1.5])
            #expect(inserted["rows_affected"] == 2)
            #expect(inserted["success"] == true)
            #expect(inserted["error"] == "")
            let query: Object = ["query": "SELECT size, name, id FROM t ORDER BY id"]
            let found = try await database.perform("ExecuteQueryNode", query)
            #expect(found["columns"] == ["size", "name", "id"])
            #expect(found["row_count"] == 2)
            #expect(found["results"]?.list?.first?.object?.keys == ["size", "name", "id"])
            #expect(
                found["results"] == [
                    ["size": 1.5, "name": "o'ne", "id": 1], ["size": 2.0, "name": .null, "id": 2],
                ])
            let none = try await database.perform("ExecuteQueryNode", ["query": "SELECT id FROM t WHERE id > 9"])
            #expect(none["columns"] == ["id"])
            #expect(none["results"] == [])
            let updated = try await database.execute("UPDATE t SET name = ? WHERE id = ?", ["two", 2])
            #expect(updated["rows_affected"] == 1)
        }
    }

    @Test func `the last row's number is known of SQLite only`() async throws {
        try await TestDatabase.sqlite.withConnection { database async throws in
            try await database.execute("CREATE TABLE t (id integer PRIMARY KEY, a)")
            #expect(try await database.execute("INSERT INTO t (a) VALUES (5)")["last_insert_id"] == 1)
            #expect(try await database.execute("UPDATE t SET a = 6")["last_insert_id"] == .null)
        }
        try await TestDatabase.postgresql.withConnection { database async throws in
            try await database.execute("CREATE TABLE t (id serial PRIMARY KEY, a int)")
            #expect(try await database.execute("INSERT INTO t (a) VALUES (5)")["last_insert_id"] == .null)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `what a database refuses is a failure that says why`(kind: TestDatabase) async throws {
        try await kind.withConnection { database async throws in
            let failure = try await database.failure("ExecuteQueryNode", ["query": "SELECT * FROM missing"])
            #expect(failure.type == "DatabaseError")
            #expect(failure.message.contains("missing"))
            #expect(failure.outputs["success"] == false)
            #expect(failure.outputs["error"] == .string(failure.message))
            #expect(try await database.failure("ExecuteQueryNode", ["query": " "]).message == "query is required")
            let several = try await database.failure("ExecuteNonQueryNode", ["query": "SELECT 1; SELECT 2"])
            #expect(several.type == (kind == .sqlite ? "ValueError" : "DatabaseError"))
            let missing = try await database.failure("ExecuteQueryNode", ["query": "SELECT ?, ?", "parameters": [1]])
            #expect(missing.message == "Parameters given: 1; placeholders in the statement: 2")
            #expect(try await database.rows("SELECT 1 AS a") == [["a": 1]])
        }
    }

    @Test(arguments: [
        "ExecuteQueryNode", "ExecuteNonQueryNode", "BeginTransactionNode", "CommitTransactionNode",
        "RollbackTransactionNode", "CloseDatabaseNode", "ExecuteBatchNode", "TableExistsNode", "GetTableColumnsNode",
    ])
    func `without a connection nothing is done`(type: String) async throws {
        try await withRunFolder { folder in
            let inputs: Object = ["query": "SELECT 1", "table_name": "t"]
            #expect(try await folder.failure(type, inputs).message == "Database connection is required")
            let wrong = try await folder.failure(type, inputs.merging(["connection": "postgres://x"]))
            #expect(wrong.message.hasPrefix("Database connection is required"))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a connection that was closed says so, and is closed twice without harm`(kind: TestDatabase) async throws {
        try await kind.withConnection { database async throws in
            #expect(try await database.perform("CloseDatabaseNode") == ["success": true, "error": ""])
            #expect(try await database.perform("CloseDatabaseNode")["success"] == true)
            let failure = try await database.failure("ExecuteQueryNode", ["query": "SELECT 1"])
            #expect(failure.message.hasPrefix("The database connection is not open"))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `tables and their columns are described`(kind: TestDatabase) async throws {
        try await kind.withConnection { database async throws in
            try await database.execute(
                "CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, age integer DEFAULT 18)")
            try await database.execute("CREATE VIEW elders AS SELECT * FROM people WHERE age > 60")
            for (table, exists) in [("people", true), ("elders", true), ("animals", false), ("x'; --", false)] {
                let found = try await database.perform("TableExistsNode", ["table_name": .string(table)])
                #expect(found["exists"] == .bool(exists), "\(table)")
                #expect(found["success"] == true)
            }
            let columns = try await database.perform("GetTableColumnsNode", ["table_name": "people"])
            #expect(columns["column_names"] == ["id", "name", "age"])
            let type = kind == .sqlite ? "INTEGER" : "integer"
            let text = kind == .sqlite ? "TEXT" : "text"
            #expect(
                (columns["columns"]?.list ?? []).map { column in
                    Value.object(
                        (column.object ?? [:]).merging(["type": .string(column["type"]?.string?.uppercased() ?? "")]))
                } == [
                    [
                        "name": "id", "type": .string(type.uppercased()), "nullable": false, "default": .null,
                        "primary_key": true,
                    ],
                    [
                        "name": "name", "type": .string(text.uppercased()), "nullable": false, "default": .null,
                        "primary_key": false,
                    ],
                    [
                        "name": "age", "type": .string(type.uppercased()), "nullable": true, "default": "18",
                        "primary_key": false,
                    ],
                ])
            let missing = try await database.failure("GetTableColumnsNode", ["table_name": "animals"])
            #expect(missing.message == "Table not found: animals")
            let wrong = try await database.failure("GetTableColumnsNode", ["table_name": "a; b"])
            #expect(wrong.message.hasPrefix("table_name must be letters"))
        }
    }

    @Test func `a table of PostgreSQL may be named with its schema`() async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            try await database.execute("CREATE SCHEMA other")
            try await database.execute("CREATE TABLE other.t (a int)")
            #expect(try await database.perform("TableExistsNode", ["table_name": "t"])["exists"] == false)
            #expect(try await database.perform("TableExistsNode", ["table_name": "other.t"])["exists"] == true)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a batch goes on after a failure or stops, and fails after it`(kind: TestDatabase) async throws {
        try await kind.withConnection { database async throws in
            try await database.execute("CREATE TABLE t (a integer PRIMARY KEY)")
            let statements: Value = [
                "INSERT INTO t VALUES (1), (2)", ["query": "INSERT INTO t VALUES (?)", "parameters": [1]],
                ["sql": "INSERT INTO t VALUES (?)", "params": [3]],
            ]
            let stopped = try await database.failure("ExecuteBatchNode", ["statements": statements])
            #expect(stopped.message.hasPrefix("1 of 3 statements failed; the first was statements[1]: "))
            #expect(stopped.outputs["results"]?.list?.count == 2)
            #expect(stopped.outputs["total_rows_affected"] == 2)
            #expect(stopped.outputs["success"] == false)
            #expect(
                stopped.outputs["results"]?.list?[0] == [
                    "statement": 0, "rows_affected": 2, "success": true, "attempts": 1,
                ])
            #expect(stopped.outputs["results"]?.list?[1]["success"] == false)
            try await database.execute("DELETE FROM t")
            let whole = try await database.failure(
                "ExecuteBatchNode",
                ["statements": statements, "stop_on_error": false, "retry_count": 1, "retry_interval": 0])
            #expect(whole.outputs["results"]?.list?.count == 3)
            #expect(whole.outputs["results"]?.list?[1]["attempts"] == 2)
            #expect(try await database.rows("SELECT count(*) AS n FROM t") == [["n": 3]])
            let done = try await database.perform("ExecuteBatchNode", ["statements": ["DELETE FROM t"]])
            #expect(done["total_rows_affected"] == 3)
            #expect(done["success"] == true)
            #expect(try await database.perform("ExecuteBatchNode")["results"] == [])
            let bad = try await database.failure("ExecuteBatchNode", ["statements": ["DELETE FROM t", 1]])
            #expect(bad.message == "statements[1] must be a text, or an object with query and parameters")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a statement that takes too long fails, and the connection goes on`(kind: TestDatabase) async throws {
        try await kind.with { folder, inputs async throws in
            let connected = try await folder.perform("DatabaseConnectNode", inputs.merging(["timeout": 2]))
            let database = DatabaseFolder(kind: kind, folder: folder, connection: connected["connection"] ?? .null)
            let slow =
                kind == .sqlite
                ? "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
                : "SELECT pg_sleep(60)"
            let failure = try await database.failure("ExecuteQueryNode", ["query": .string(slow)])
            #expect(failure.type == "TimeoutError")
            #expect(try await database.rows("SELECT 1 AS a") == [["a": 1]])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `cancelling a statement ends it`(kind: TestDatabase) async throws {
        try await kind.withConnection { database async throws in
            let slow =
                kind == .sqlite
                ? "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
                : "SELECT pg_sleep(60)"
            let task = Task { try await database.rows(slow) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `effects and what is opened again are declared`() {
        func effect(_ name: String, _ config: Object = [:]) -> NodeType.Effect {
            let type = RunFolder.type(name)
            return type.effectFor?(config) ?? type.effect
        }
        #expect(effect("DatabaseConnectNode") == .captured)
        #expect(effect("ExecuteQueryNode", ["query": "SELECT 1"]) == .captured)
        #expect(effect("ExecuteQueryNode", ["query": "DELETE FROM t RETURNING a"]) == .effect)
        #expect(effect("ExecuteNonQueryNode", ["query": "SELECT 1"]) == .effect)
        #expect(effect("ExecuteBatchNode") == .effect)
        #expect(effect("CommitTransactionNode") == .effect)
        #expect(effect("RollbackTransactionNode") == .idempotent)
        #expect(effect("TableExistsNode") == .captured)
        #expect(effect("DatabaseSuperNode", ["query": "SELECT 1"]) == .captured)
        #expect(effect("DatabaseSuperNode", ["action": "execute"]) == .effect)
        #expect(effect("DatabaseSuperNode", ["action": "{{x}}"]) == .effect)
        for name in ["DatabaseConnectNode", "BeginTransactionNode", "CommitTransactionNode", "CloseDatabaseNode"] {
            #expect(RunFolder.type(name).opensSession, "\(name)")
        }
        #expect(!RunFolder.type("ExecuteQueryNode").opensSession)
    }
}
