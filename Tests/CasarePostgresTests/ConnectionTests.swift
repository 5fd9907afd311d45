import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@Suite struct ConnectionTests {
    @Test func `a violated constraint is told by its code and name`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script(
                """
                CREATE TABLE parent (
                    id int PRIMARY KEY, size int NOT NULL CONSTRAINT size_is_positive CHECK (size > 0));
                CREATE TABLE child (parent int CONSTRAINT child_has_parent REFERENCES parent);
                INSERT INTO parent VALUES (1, 1)
                """)
            let expectations: [(Query, SQLState, String?)] = [
                ("INSERT INTO parent VALUES (1, 1)", .uniqueViolation, "parent_pkey"),
                ("INSERT INTO parent VALUES (2, 0)", .checkViolation, "size_is_positive"),
                ("INSERT INTO parent VALUES (2, NULL)", .notNullViolation, nil),
                ("INSERT INTO child VALUES (3)", .foreignKeyViolation, "child_has_parent"),
            ]
            for (query, state, constraint) in expectations {
                let error = await #expect(throws: PostgresError.self) { try await connection.execute(query) }
                #expect(error?.sqlState == state)
                #expect(error?.constraint == constraint)
                #expect(error?.isRetryable == false)
                guard case .server(let server) = error else { continue }
                #expect(server.table == (state == .foreignKeyViolation ? "child" : "parent"))
                #expect(server.detail != nil)
            }
            #expect(try await connection.execute("SELECT count(*) AS n FROM parent").only().int("n") == 1)
            await connection.close()
        }
    }

    @Test func `affected rows and columns are told`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int)")
            let inserted = try await connection.execute("INSERT INTO t SELECT generate_series(1, 5)")
            #expect(inserted.affectedRows == 5)
            let rows = try await connection.execute("SELECT id, id * 2 AS twice FROM t ORDER BY id")
            #expect(rows.columnNames == ["id", "twice"])
            #expect(try rows.map { try $0.int("twice") } == [2, 4, 6, 8, 10])
            #expect(throws: PostgresError.self) { try rows[0].int("missing") }
            #expect(throws: PostgresError.self) { try rows.only() }
            await connection.close()
        }
    }

    @Test func `a transaction that throws leaves nothing behind`() async throws {
        struct Stop: Error {}
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int)")
            await #expect(throws: Stop.self) {
                try await connection.transaction { connection in
                    try connection.execute("INSERT INTO t VALUES (1)")
                    throw Stop()
                }
            }
            let insert = Query("INSERT INTO t VALUES (@id)")
            let kept = try await connection.transaction(opening: [(insert, ["id": 2])]) { connection in
                try connection.execute("INSERT INTO t VALUES (3)")
                return try connection.execute("SELECT array_agg(id ORDER BY id) AS ids FROM t").only().ints("ids")
            }
            #expect(kept == [2, 3])
            #expect(try await connection.execute("SELECT count(*) AS n FROM t").only().int("n") == 2)
            await connection.close()
        }
    }

    @Test func `a failed opening statement ends the transaction`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let error = await #expect(throws: PostgresError.self) {
                try await connection.transaction(opening: [("SELECT 1 / @zero::int", ["zero": 0])]) { _ in }
            }
            #expect(error?.sqlState == SQLState(rawValue: "22012"))
            #expect(try await connection.transaction { try $0.execute("SELECT 1 AS one").only().int("one") } == 1)
            await connection.close()
        }
    }

    @Test func `a dropped error in a transaction is not taken for success`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let error = await #expect(throws: PostgresError.self) {
                try await connection.transaction { connection in
                    _ = try? connection.execute("SELECT 1 / 0")
                }
            }
            guard case .misuse = error else {
                Issue.record("It threw \(String(describing: error))")
                return
            }
            await connection.close()
        }
    }

    @Test func `transactions do not nest but savepoints do`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int PRIMARY KEY)")
            let ids = try await connection.transaction { connection in
                try connection.execute("INSERT INTO t VALUES (1)")
                #expect(throws: PostgresError.self) { try connection.transaction { _ in } }
                #expect(throws: PostgresError.self) {
                    try connection.savepoint { connection in
                        try connection.execute("INSERT INTO t VALUES (2)")
                        try connection.savepoint { try $0.execute("INSERT INTO t VALUES (1)") }
                    }
                }
                try connection.savepoint { try $0.execute("INSERT INTO t VALUES (3)") }
                return try connection.execute("SELECT array_agg(id ORDER BY id) AS ids FROM t").only().ints("ids")
            }
            #expect(ids == [1, 3])
            await #expect(throws: PostgresError.self) { try await connection.savepoint { _ in } }
            await connection.close()
        }
    }

    @Test func `a pipeline returns each statement's rows`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let rows = try await connection.pipeline([
                ("CREATE TABLE t (id int)", [:]), ("SELECT @a::int AS a", ["a": 1]),
                ("SELECT @b::text AS b", ["b": "x"]),
            ])
            #expect(rows.count == 3)
            #expect(try rows[1].only().int("a") == 1)
            #expect(try rows[2].only().string("b") == "x")
            #expect(try await connection.pipeline([]).isEmpty)
            await connection.close()
        }
    }

    @Test func `an error in the middle of a pipeline undoes all of it`() async throws {
        let insert = Query("INSERT INTO t VALUES (@id)")
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int PRIMARY KEY)")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.pipeline([(insert, ["id": 1]), (insert, ["id": 1]), (insert, ["id": 2])])
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(try await connection.execute("SELECT count(*) AS n FROM t").only().int("n") == 0)
            await #expect(throws: PostgresError.self) {
                try await connection.pipeline([(insert, ["id": 1]), (insert, ["wrong": 1])])
            }
            try await connection.pipeline((1...2000).map { (insert, ["id": .int($0)]) })
            #expect(try await connection.execute("SELECT count(*) AS n FROM t").only().int("n") == 2000)
            await connection.close()
        }
    }

    @Test func `statements survive a change of the schema`() async throws {
        let query = Query("SELECT * FROM t")
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
            #expect(try await connection.execute(query).columnNames == ["a"])
            try await connection.script("ALTER TABLE t ADD b text")
            #expect(try await connection.execute(query).columnNames == ["a", "b"])
            try await connection.script("DEALLOCATE ALL")
            #expect(try await connection.execute(query).count == 1)
            await connection.close()
        }
    }

    @Test func `the least recently used statements are deallocated`() async throws {
        try await withEmptyDatabase { configuration in
            var configuration = configuration
            configuration.preparedStatementsMax = 3
            let connection = try await PostgresConnection.connect(configuration)
            let queries = (1...5).map { Query(assembled: "SELECT \($0) AS n") }
            for query in queries + queries.reversed() {
                try await connection.execute(query)
            }
            let kept = try await connection.execute("SELECT statement FROM pg_prepared_statements ORDER BY 1")
            let texts = try kept.map { try $0.string("statement") }
            #expect(texts.filter { $0.hasSuffix("AS n") } == ["SELECT 1 AS n", "SELECT 2 AS n"])
            await connection.close()
        }
    }

    @Test func `a script with its own transaction leaves none open when it fails`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            await #expect(throws: PostgresError.self) {
                try await connection.script("BEGIN; CREATE TABLE t (id int); SELECT 1 / 0; COMMIT")
            }
            #expect(try await connection.execute("SELECT to_regclass('t') IS NULL AS gone").only().bool("gone"))
            await #expect(throws: PostgresError.self) { try await connection.script("COPY (SELECT 1) TO STDOUT") }
            await connection.close()
        }
    }

    @Test func `the session has its settings, name, limit and role`() async throws {
        try await withEmptyDatabase { configuration in
            let owner = try await PostgresConnection.connect(configuration)
            try await owner.script("CREATE ROLE \"some \"\"role\" NOLOGIN")
            var configuration = configuration
            configuration.role = "some \"role"
            configuration.applicationName = "it's me"
            configuration.statementTimeout = .milliseconds(1500)
            configuration.settings = ["plan_cache_mode": "force_generic_plan", "casare.note": #"a'b\c"#]
            let connection = try await PostgresConnection.connect(configuration)
            let row = try await connection.execute(
                """
                SELECT current_user::text AS role, current_setting('application_name') AS name,
                    current_setting('statement_timeout') AS timeout, current_setting('plan_cache_mode') AS mode,
                    current_setting('casare.note') AS note
                """
            ).only()
            #expect(try row.string("role") == "some \"role")
            #expect(try row.string("name") == "it's me")
            #expect(try row.string("timeout") == "1500ms")
            #expect(try row.string("mode") == "force_generic_plan")
            #expect(try row.string("note") == #"a'b\c"#)
            await connection.close()
            try await owner.script("DROP ROLE \"some \"\"role\"")
            await owner.close()
        }
    }

    @Test func `a closed connection refuses statements and does not hang`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            await connection.close()
            await connection.close()
            await #expect(throws: PostgresError.connection("The connection is closed")) {
                try await connection.execute("SELECT 1")
            }
            #expect(await !connection.isOpen)
        }
    }

    @Test func `a lost connection is an error that can be retried`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let other = try await PostgresConnection.connect(configuration)
            let processID = await connection.backendProcessID
            try await other.execute("SELECT pg_terminate_backend(@pid, 5000)", ["pid": .int4(processID)])
            let error = await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 1") }
            #expect(error?.isRetryable == true)
            #expect(await !connection.isOpen)
            await other.close()
        }
    }
}
