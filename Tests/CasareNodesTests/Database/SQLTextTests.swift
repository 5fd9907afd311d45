import CasareDomain
import CasareEngine
import Testing

@testable import CasareNodes

@Suite struct SQLTextTests {
    @Test(arguments: [
        ("SELECT ?", "SELECT $1"),
        (
            "SELECT a FROM t WHERE b = ? AND c IN (?, ?) LIMIT ?",
            "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3) LIMIT $4"
        ),
        ("INSERT INTO t VALUES (?,?)", "INSERT INTO t VALUES ($1,$2)"),
        ("UPDATE t SET a=? WHERE b LIKE ? ESCAPE '!'", "UPDATE t SET a=$1 WHERE b LIKE $2 ESCAPE '!'"),
        ("SELECT '?' || ?", "SELECT '?' || $1"),
        (
            "SELECT 'it''s ?', E'\\'?', \"a?\", $$?$$, $x$ ? $x$, ?",
            "SELECT 'it''s ?', E'\\'?', \"a?\", $$?$$, $x$ ? $x$, $1"
        ),
        ("SELECT 1 -- ?\n + ? /* ? /* ? */ ? */", "SELECT 1 -- ?\n + $1 /* ? /* ? */ ? */"),
        ("SELECT data ? 'key' FROM t WHERE id = ?", "SELECT data ? 'key' FROM t WHERE id = $1"),
        ("SELECT data ?| array['a'] AND data ?& ?", "SELECT data ?| array['a'] AND data ?& $1"),
        ("SELECT data ? ?", "SELECT data ? $1"),
        ("SELECT ? ? ?", "SELECT $1 ? $2"),
        ("SELECT data->'a' ? 'b'", "SELECT data->'a' ? 'b'"),
        ("SELECT x::jsonb ? 'b', x::interval ? 'c'", "SELECT x::jsonb ? 'b', x::interval ? 'c'"),
        ("SELECT f(a) ? 'b' AND arr[1] ? 'c'", "SELECT f(a) ? 'b' AND arr[1] ? 'c'"),
        ("SELECT data @? '$.a' AND data @@ ?", "SELECT data @? '$.a' AND data @@ $1"),
        ("SELECT ?::jsonb ?? 'a'", "SELECT $1::jsonb ? 'a'"),
        ("SELECT data ? $1", "SELECT data ? $1"),
        ("SELECT ?||'x'", "SELECT $1||'x'"),
        ("SELECT CASE WHEN ? THEN ? ELSE ? END ? 'a'", "SELECT CASE WHEN $1 THEN $2 ELSE $3 END ? 'a'"),
        ("SELECT a BETWEEN ? AND ? FROM t", "SELECT a BETWEEN $1 AND $2 FROM t"),
    ])
    func `a question mark is a placeholder where an operand must stand`(sql: String, numbered: String) {
        #expect(SQLPlaceholders.numbered(sql) == numbered)
    }

    @Test(arguments: [
        ("SELECT 1", true), (" -- first\n (select a from t)", true), ("VALUES (1)", true), ("TABLE t", true),
        ("SELECT * FROM t FOR UPDATE", true), ("SELECT * FROM t FOR NO KEY UPDATE", true),
        ("SELECT replace(a, 'b', 'c') FROM t;", true), ("WITH x AS (SELECT 1) SELECT * FROM x", true),
        ("SELECT 'delete from t'", true), ("EXPLAIN SELECT 1", true), ("SELECT a FROM t WHERE b = {{x}}", true),
        ("INSERT INTO t VALUES (1)", false), ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", false),
        ("SELECT 1 INTO x", false), ("SELECT 1; DELETE FROM t", false), ("EXPLAIN ANALYZE DELETE FROM t", false),
        ("{{sql}}", false), ("WITH x AS ({{sql}}) SELECT * FROM x", false), ("", false), ("PRAGMA x = 1", false),
        ("CREATE TABLE t (a)", false),
    ])
    func `a query that reads is told by its text`(sql: String, isReading: Bool) {
        let effect = SQLStatement.effectFor(["query": .string(sql)])
        #expect(effect == (isReading ? .captured : .effect))
        #expect(SQLStatement.effectFor(["query": "{{x}}"]) == .effect)
    }

    @Test(arguments: [
        ("BEGIN", true), ("start transaction", true), ("COMMIT;", true), ("end", true), ("ROLLBACK", true),
        ("ROLLBACK TO a", false), ("RELEASE a", false), ("PREPARE TRANSACTION 'x'", true),
        ("PREPARE p AS SELECT 1", false), ("SELECT 'begin'", false), ("/* x */ abort", true),
    ])
    func `statements that begin or end transactions are told`(sql: String, controls: Bool) {
        #expect(SQLStatement(sql).controlsTransactions == controls)
    }

    @Test(
        arguments: [
            ("{}", []), ("{1,NULL,\"a b\"}", [.text("1"), .null, .text("a b")]),
            ("{{1,2},{3,4}}", [.list([.text("1"), .text("2")]), .list([.text("3"), .text("4")])]),
            (#"{"a\"b\\c","NULL",""}"#, [.text(#"a"b\c"#), .text("NULL"), .text("")]),
            ("{a,\u{301}b}", [.text("a"), .text("\u{301}b")]),
            ("{\"\u{301}a\",\"b\\\"\u{301}\"}", [.text("\u{301}a"), .text("b\"\u{301}")]),
            ("{1", nil), ("1", nil), ("[0:1]={1,2}", nil),
        ] as [(String, [PostgresArrayText.Item]?)])
    func `arrays are read from PostgreSQL's text form`(text: String, items: [PostgresArrayText.Item]?) {
        #expect(PostgresArrayText.items(text) == items)
    }
}
