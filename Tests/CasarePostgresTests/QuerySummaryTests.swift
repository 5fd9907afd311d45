import CasarePostgres
import Testing

@Suite struct QuerySummaryTests {
    @Test(
        arguments: [
            ("SELECT 1", "SELECT", "SELECT", nil),
            ("select * from Jobs where id = $1", "SELECT jobs", "SELECT", "jobs"),
            ("SELECT a.x FROM a, b JOIN c ON a.x = c.x LEFT JOIN ONLY d ON true", "SELECT a b c d", "SELECT", "a"),
            ("SELECT * FROM a JOIN a AS other ON true", "SELECT a", "SELECT", "a"),
            ("SELECT * FROM (a JOIN b ON true) WHERE x IN (1, 2)", "SELECT a b", "SELECT", "a"),
            (
                "SELECT * FROM pg_catalog.pg_class c, \"Mine\".\"t\"", "SELECT pg_catalog.pg_class \"Mine\".t",
                "SELECT",
                "pg_catalog.pg_class"
            ),
            ("SELECT * FROM unnest($1::int[]) AS t (a), generate_series(1, 2), jobs", "SELECT jobs", "SELECT", "jobs"),
            ("SELECT extract(epoch FROM due_at), a IS DISTINCT FROM b FROM jobs", "SELECT jobs", "SELECT", "jobs"),
            ("SELECT 'FROM secrets', \"FROM\" /* FROM x */ FROM jobs -- , y", "SELECT jobs", "SELECT", "jobs"),
            ("SELECT $$ SELECT * FROM hidden $$ FROM jobs", "SELECT jobs", "SELECT", "jobs"),
            ("SELECT * FROM jobs FOR NO KEY UPDATE OF jobs SKIP LOCKED", "SELECT jobs", "SELECT", "jobs"),
            ("SELECT * FROM jobs ORDER BY a, b", "SELECT jobs", "SELECT", "jobs"),
            ("(SELECT * FROM a) UNION ALL (SELECT * FROM b)", "SELECT a SELECT b", "SELECT", "a"),
            ("SELECT * FROM a UNION SELECT * FROM a", "SELECT a", "SELECT", "a"),
            (
                "SELECT * FROM (SELECT * FROM jobs) AS j, LATERAL (SELECT 1 FROM leases) AS l",
                "SELECT jobs SELECT leases",
                "SELECT", "jobs"
            ),
            ("SELECT EXISTS (SELECT FROM robots WHERE id = $1)", "SELECT robots", "SELECT", "robots"),
            ("TABLE jobs", "SELECT jobs", "SELECT", "jobs"),
            ("VALUES (1), (2)", "VALUES", "VALUES", nil),
        ] as [(String, String, String, String?)])
    func `a query is told by its tables`(sql: String, text: String, operation: String, collection: String?) {
        let summary = QuerySummary(of: sql)
        #expect(summary.text == text)
        #expect(summary.operation == operation)
        #expect(summary.collection == collection)
    }

    @Test(
        arguments: [
            (
                "INSERT INTO jobs (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET x = 1 RETURNING id", "INSERT jobs",
                "INSERT", "jobs"
            ),
            ("INSERT INTO a SELECT x FROM b", "INSERT a SELECT b", "INSERT", "a"),
            ("INSERT OR REPLACE INTO a VALUES (1)", "INSERT a", "INSERT", "a"),
            ("REPLACE INTO a SELECT replace(x, 'a', 'b') FROM c", "REPLACE a SELECT c", "REPLACE", "a"),
            (
                "UPDATE jobs SET a = (SELECT max(b) FROM leases) FROM robots WHERE c", "UPDATE jobs SELECT leases",
                "UPDATE",
                "jobs"
            ),
            ("UPDATE ONLY jobs SET a = 1", "UPDATE jobs", "UPDATE", "jobs"),
            ("DELETE FROM ready USING due WHERE ready.id = due.id", "DELETE ready", "DELETE", "ready"),
            (
                "MERGE INTO a USING b ON x WHEN MATCHED THEN UPDATE SET y = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)",
                "MERGE a", "MERGE", "a"
            ),
            (
                """
                WITH due AS (SELECT id FROM ready LIMIT 1 FOR UPDATE SKIP LOCKED),
                taken (id) AS MATERIALIZED (DELETE FROM ready USING due RETURNING ready.id)
                INSERT INTO leases (id) SELECT id FROM taken RETURNING id
                """, "SELECT ready DELETE ready INSERT leases", "DELETE", "ready"
            ),
            (
                "WITH RECURSIVE t AS ((SELECT 1 FROM nodes) UNION SELECT 1 FROM nodes JOIN t ON x) SELECT FROM t",
                "SELECT nodes", "SELECT", "nodes"
            ),
            (
                "WITH changed AS NOT MATERIALIZED (UPDATE jobs SET x = 1 RETURNING id) SELECT count(*) FROM changed",
                "UPDATE jobs", "UPDATE", "jobs"
            ),
            ("WITH x AS (SELECT 1) SELECT * FROM x", "SELECT", "SELECT", nil),
            ("SELECT a AS (b) FROM c", "SELECT c", "SELECT", "c"),
        ] as [(String, String, String, String?)])
    func `operations stand in the order of the text, and the first that writes counts`(
        sql: String, text: String, operation: String, collection: String?
    ) {
        let summary = QuerySummary(of: sql)
        #expect(summary.text == text)
        #expect(summary.operation == operation)
        #expect(summary.collection == collection)
    }

    @Test(arguments: [
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN"), ("COMMIT", "COMMIT"),
        ("ROLLBACK TO a; RELEASE a", "ROLLBACK RELEASE"),
        ("SET statement_timeout = 5", "SET"), ("LISTEN \"jobs\"", "LISTEN"),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS jobs_by_due ON jobs (due_at)", "CREATE INDEX jobs_by_due"),
        ("CREATE INDEX ON jobs (due_at)", "CREATE INDEX"),
        ("CREATE TEMP TABLE IF NOT EXISTS x (a int)", "CREATE TABLE x"),
        ("CREATE ROLE ann PASSWORD 'hunter2'", "CREATE ROLE ann"),
        ("CREATE OR REPLACE VIEW v AS SELECT * FROM a", "CREATE VIEW v"),
        ("ALTER TABLE ONLY jobs ADD COLUMN x int", "ALTER TABLE jobs"),
        ("DROP MATERIALIZED VIEW IF EXISTS v CASCADE", "DROP VIEW v"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ann", "ALTER"),
        ("TRUNCATE TABLE jobs, leases", "TRUNCATE jobs"), ("COPY jobs (id) FROM STDIN", "COPY jobs"),
        ("COPY (SELECT 1) TO STDOUT", "COPY"), ("VACUUM (FULL, ANALYZE) jobs", "VACUUM jobs"),
        ("LOCK TABLE jobs IN SHARE MODE", "LOCK jobs"), ("DO $$ BEGIN PERFORM x(); END $$", "DO"),
        ("EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM jobs", "EXPLAIN SELECT jobs"),
        ("EXPLAIN QUERY PLAN SELECT * FROM jobs", "EXPLAIN SELECT jobs"), ("PRAGMA key = 'hunter2'", "PRAGMA"),
        ("SELECT * FROM a; DELETE FROM b;;", "SELECT a DELETE b"),
        // Whatever somebody writes in place of a statement is no name of one.
        ("hunter2", "OTHER"), ("", "OTHER"), ("'hunter2'", "OTHER"), ("-- nothing", "OTHER"), (")(", "OTHER"),
    ])
    func `commands are told by their kind and name, and what is none says nothing`(sql: String, text: String) {
        #expect(QuerySummary(of: sql).text == text)
    }

    @Test func `a summary has an end, behind a whole operation`() {
        let long = (1...100).map { "SELECT * FROM table_number_\($0)" }.joined(separator: " UNION ")
        let summary = QuerySummary(of: long)
        #expect(summary.text.count <= QuerySummary.charactersMax)
        #expect(summary.text.hasPrefix("SELECT table_number_1 SELECT table_number_2 "))
        #expect(summary.text.split(separator: " ").count.isMultiple(of: 2))
        #expect(QuerySummary(of: "SELECT * FROM \(String(repeating: "x", count: 1000))").text.count == 255)
        // A text of any length and depth is taken apart in a moment.
        let deep = String(repeating: "f(", count: 100_000)
        #expect(QuerySummary(of: "SELECT \(deep) FROM jobs").text == "SELECT")
    }

    @Test func `statements that are sent together are told together`() {
        func summary(_ statements: String...) -> QuerySummary {
            QuerySummary(batch: statements.map { QuerySummary(of: $0) })
        }
        let same = summary("INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)")
        #expect(same.text == "BATCH INSERT a")
        #expect(same.operation == "BATCH INSERT" && same.collection == "a")
        let mixed = summary("INSERT INTO a VALUES (1)", "UPDATE b SET c = 1", "SELECT 1")
        #expect(mixed.text == "BATCH INSERT a UPDATE b SELECT")
        #expect(mixed.operation == "BATCH" && mixed.collection == nil)
    }
}
