import CasareDomain
import CasareEngine
import CasareNodes
import Testing

@Suite struct DatabaseSuperNodeTests {
    @Test(arguments: TestDatabase.allCases)
    func `every action works, under its long and short names`(kind: TestDatabase) async throws {
        try await kind.with { folder, inputs async throws in
            func act(_ action: String, _ inputs: Object = [:]) async throws -> Object {
                try await folder.perform("DatabaseSuperNode", inputs.merging(["action": .string(action)]))
            }
            let connected = try await act("Connect", inputs)
            let connection: Object = ["connection": connected["connection"] ?? .null]
            func sql(_ text: String, _ parameters: Value = []) -> Object {
                connection.merging(["query": .string(text), "parameters": parameters])
            }
            let created = try await act(
                "Execute (INSERT/UPDATE/DELETE)", sql("CREATE TABLE t (a integer PRIMARY KEY)"))
            #expect(created["last_insert_id"] == 0)
            #expect(created["connection"] == connection["connection"])
            _ = try await act("begin", connection)
            #expect(try await act("execute", sql("INSERT INTO t VALUES (?)", [1]))["rows_affected"] == 1)
            _ = try await act("Rollback", connection)
            _ = try await act("Begin Transaction", connection)
            _ = try await act("insert", sql("INSERT INTO t VALUES (2)"))
            _ = try await act("Commit", connection)
            let found = try await act("Query (SELECT)", sql("SELECT a FROM t"))
            #expect(found["results"] == [["a": 2]])
            #expect(found["columns"] == ["a"])
            #expect(found["row_count"] == 1)
            #expect(try await act("", sql("SELECT a FROM t WHERE a = ?", [9]))["row_count"] == 0)
            let batch = try await act("Execute Batch", connection.merging(["statements": ["DELETE FROM t"]]))
            #expect(batch["rows_affected"] == 1)
            #expect(batch["total_rows_affected"] == nil)
            let failed = try await folder.failure(
                "DatabaseSuperNode", connection.merging(["action": "batch", "statements": ["x"]]))
            #expect(failed.outputs["rows_affected"] == 0)
            #expect(failed.outputs["success"] == false)
            _ = try await act("Close Connection", connection)
            let unknown = try await folder.failure("DatabaseSuperNode", ["action": "Explode"])
            #expect(unknown.message == "Unknown action: Explode")
        }
    }

    @Test func `errors leave by exec_error, and statements are not done again when a session is opened again`()
        async throws
    {
        try await withRunFolder { folder async throws in
            let connect = NodeChain.Node(
                "connect", "DatabaseSuperNode", ["action": "Connect", "database": "x.db"])
            func statement(_ id: String, _ sql: String) -> NodeChain.Node {
                .init(
                    id, "DatabaseSuperNode",
                    ["action": "Execute", "connection": "{{connect.connection}}", "query": .string(sql)])
            }
            let chain = try NodeChain(
                [
                    connect, statement("create", "CREATE TABLE t (a)"), statement("one", "INSERT INTO t VALUES (1)"),
                    statement("two", "INSERT INTO t VALUES (2)"),
                    .init(
                        "read", "DatabaseSuperNode",
                        ["connection": "{{connect.connection}}", "query": "SELECT count(*) AS n FROM t"]),
                ], in: folder.path)
            let journal = MemoryJournal()
            #expect(try await chain.finish(journal: journal).result.success)
            let early = MemoryJournal(await journal.entries().filter { $0.step <= 2 })
            let resumed = try await chain.finish(journal: early).result
            #expect(resumed.nodeOutputs?["read"]?["results"] == [["n": 3]])
        }
        #expect(RunFolder.type("DatabaseSuperNode").execOutputs == ["exec_out", "exec_error"])
    }
}
