import CasareDomain
import CasareEngine
import CasareNodes
import Testing

@Suite struct PostgresTypeTests {
    /// A type, a value to put in, and what comes out when that is another.
    private static let values: [(type: String, value: Value, out: Value?)] = [
        ("boolean", true, nil), ("smallint", -5, nil), ("integer", 7, nil), ("bigint", .int(.max), nil),
        ("real", 1.5, nil), ("double precision", 0.1, nil), ("double precision", "NaN", nil),
        ("double precision", 3, 3.0), ("numeric", 12, nil), ("numeric(10,2)", 12.5, nil),
        ("numeric", "123456789012345678901234567890.5", nil), ("numeric", "0.1", 0.1), ("text", "it's", nil),
        ("varchar(5)", "abc", nil), ("text", 5, "5"), ("uuid", "123e4567-e89b-12d3-a456-426614174000", nil),
        ("date", "2024-02-29", nil), ("time", "12:34:56", nil), ("interval", "1 day", nil),
        ("timestamp", "2024-02-29T12:34:56.5", nil), ("timestamptz", "infinity", nil), ("inet", "10.0.0.1", nil),
        ("json", ["a": [1, .null]], nil), ("jsonb", ["b": "x"], nil), ("jsonb", [1, 2], nil), ("bytea", "AP8=", nil),
        ("bytea", "\\x00ff", "AP8="), ("integer[]", [1, .null, 3], nil), ("integer[]", [[1, 2], [3, 4]], nil),
        ("text[]", ["a\"b", "c\\d", "NULL", "", "{,}"], nil), ("numeric[]", [1, 2.5], nil), ("boolean[]", [true], nil),
        // A mark upon a quote, a backslash or a comma makes another character of it, and no other text for the server.
        ("text[]", ["a\"\u{301},b", "c\\\u{301}d", "\u{301}e,", "f"], nil),
        ("jsonb[]", [["a": 1]], nil), ("timestamptz[]", [], nil), ("bytea[]", ["AP8="], nil),
        ("text", ["a"], #"["a"]"#), ("integer", .null, nil),
    ]

    @Test(arguments: Self.values.indices)
    func `a value of a type goes in and comes out`(index: Int) async throws {
        let (type, value, out) = Self.values[index]
        try await TestDatabase.postgresql.withConnection { database async throws in
            try await database.execute("CREATE TABLE t (v \(type))")
            try await database.execute("INSERT INTO t VALUES (?)", [value])
            let expected = out ?? value
            let found = try await database.rows("SELECT v FROM t")
            #expect(found == [["v": expected]], "\(type)")
            // 1 and 1.0 are equal, and yet not the same.
            #expect(found.jsonText(.compact) == Value.list([["v": expected]]).jsonText(.compact))
        }
    }

    @Test func `times with a zone are ISO 8601`() async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            try await database.execute("SET timezone = 'UTC'")
            let rows = try await database.rows("SELECT ?::timestamptz AS t", ["2024-02-29 12:00:00+02"])
            #expect(rows == [["t": "2024-02-29T10:00:00+00:00"]])
        }
    }

    @Test func `types of the database's own are text`() async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            try await database.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
            try await database.execute("CREATE TABLE t (m mood)")
            try await database.execute("INSERT INTO t VALUES (?)", ["happy"])
            #expect(try await database.rows("SELECT m FROM t WHERE m = ?", ["happy"]) == [["m": "happy"]])
        }
    }

    @Test(
        arguments: [
            (["SELECT ?::int"], ["x"], "invalid input syntax"),
            (["SELECT ?::bytea"], ["not base64!"], "goes to a bytea"),
            (["SELECT ?"], ["a\u{0}b"], "holds a zero byte"),
        ] as [([String], [Value], String)])
    func `values that do not fit are refused`(sql: [String], values: [Value], message: String) async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            let failure = try await database.failure(
                "ExecuteQueryNode", ["query": .string(sql[0]), "parameters": .list(values)])
            #expect(failure.message.contains(message), "\(failure.message)")
        }
    }

    @Test func `jsonb's question mark is no placeholder`() async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            let rows = try await database.rows("SELECT '{\"a\": 1}'::jsonb ? 'a' AS has, ?::int AS n", [5])
            #expect(rows == [["has": true, "n": 5]])
            #expect(try await database.rows("SELECT $1::int + $1::int AS n", [2]) == [["n": 4]])
        }
    }

    @Test func `too many rows are an error, not a full memory`() async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            let failure = try await database.failure(
                "ExecuteQueryNode", ["query": "SELECT generate_series(1, 100001)"])
            #expect(failure.message.contains("more than 100000 rows"))
            #expect(try await database.rows("SELECT 1 AS a") == [["a": 1]])
        }
    }
}
