import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import Testing

@Suite struct TransactionTests {
    private func entries(
        of chain: NodeChain, journal: MemoryJournal = MemoryJournal()
    ) async throws -> (RunResult, Failure?, [JournalEntry]) {
        guard case .finished(let result, let failure, let entries) = try await chain.run(journal: journal) else {
            throw NodeFailure("Test", "The run did not finish")
        }
        await journal.record(entries)
        return (result, failure, await journal.entries())
    }

    @Test(arguments: TestDatabase.allCases)
    func `what is committed stays, what is rolled back goes`(kind: TestDatabase) async throws {
        try await kind.withConnection { database async throws in
            try await database.execute("CREATE TABLE t (a integer)")
            let begun = try await database.perform("BeginTransactionNode")
            #expect(begun["connection"] == database.connection)
            try await database.execute("INSERT INTO t VALUES (1)")
            #expect(
                try await database.failure("BeginTransactionNode").message == "Transaction already in progress")
            try await database.perform("RollbackTransactionNode")
            #expect(try await database.rows("SELECT a FROM t") == [])
            try await database.perform("BeginTransactionNode")
            try await database.execute("INSERT INTO t VALUES (2)")
            try await database.perform("CommitTransactionNode")
            #expect(try await database.rows("SELECT a FROM t") == [["a": 2]])
            // Nothing is open: no error.
            try await database.perform("CommitTransactionNode")
            try await database.perform("RollbackTransactionNode")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `statements do not begin or end transactions`(kind: TestDatabase) async throws {
        try await kind.withConnection { database async throws in
            for sql in ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a"] {
                let failure = try await database.failure("ExecuteNonQueryNode", ["query": .string(sql)])
                #expect(failure.message.hasPrefix("A transaction is begun and ended by the nodes for it"), "\(sql)")
            }
            try await database.perform("BeginTransactionNode")
            try await database.execute("CREATE TABLE t (a integer)")
            try await database.execute("SAVEPOINT a")
            try await database.execute("INSERT INTO t VALUES (1)")
            try await database.execute("ROLLBACK TO SAVEPOINT a")
            try await database.perform("CommitTransactionNode")
            #expect(try await database.rows("SELECT a FROM t") == [])
        }
    }

    @Test func `a commit after a statement that failed says that nothing was kept`() async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            try await database.execute("CREATE TABLE t (a integer PRIMARY KEY)")
            try await database.perform("BeginTransactionNode")
            try await database.execute("INSERT INTO t VALUES (1)")
            _ = try await database.failure("ExecuteNonQueryNode", ["query": "INSERT INTO t VALUES (1)"])
            #expect(try await database.failure("CommitTransactionNode").message.contains("rolled back"))
            let next = try await database.failure("ExecuteNonQueryNode", ["query": "INSERT INTO t VALUES (2)"])
            #expect(next.message.hasPrefix("The transaction was not committed"))
            try await database.perform("RollbackTransactionNode")
            try await database.execute("INSERT INTO t VALUES (2)")
            #expect(try await database.rows("SELECT a FROM t") == [["a": 2]])
        }
    }

    @Test func `a transaction that SQLite rolls back by itself is not gone on with`() async throws {
        try await TestDatabase.sqlite.withConnection { database async throws in
            try await database.execute("CREATE TABLE t (a integer PRIMARY KEY)")
            try await database.perform("BeginTransactionNode")
            try await database.execute("INSERT INTO t VALUES (1)")
            _ = try await database.failure("ExecuteNonQueryNode", ["query": "INSERT OR ROLLBACK INTO t VALUES (1)"])
            let next = try await database.failure("ExecuteNonQueryNode", ["query": "INSERT INTO t VALUES (2)"])
            #expect(next.message.hasPrefix("The transaction's statements were rolled back by the database"))
            #expect(!next.isBusiness)
            try await database.perform("RollbackTransactionNode")
            #expect(try await database.rows("SELECT a FROM t") == [])
        }
    }

    private static let suicide = "SELECT pg_terminate_backend(pg_backend_pid())"

    @Test func `a connection that breaks in a statement leaves it in doubt`() async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            await #expect(throws: OutcomeUnknown.self) { try await database.execute(Self.suicide) }
            let after = try await database.failure("ExecuteQueryNode", ["query": "SELECT 1"])
            #expect(after.type == "NetworkError")
        }
    }

    @Test func `one that breaks in a transaction leaves no doubt: it is rolled back`() async throws {
        try await TestDatabase.postgresql.withConnection { database async throws in
            try await database.perform("BeginTransactionNode")
            let failure = try await database.failure("ExecuteNonQueryNode", ["query": .string(Self.suicide)])
            #expect(failure.type == "NetworkError")
            let commit = try await database.failure("CommitTransactionNode")
            #expect(commit.message.hasPrefix("The transaction's statements were rolled back by the database"))
        }
    }

    // MARK: After a robot was lost

    private func chain(_ kind: TestDatabase, _ inputs: Object, in folder: RunFolder) throws -> NodeChain {
        let connection: Object = ["connection": "{{connect.connection}}"]
        func statement(_ id: String, _ sql: String) -> NodeChain.Node {
            .init(id, "ExecuteNonQueryNode", connection.merging(["query": .string(sql)]))
        }
        return try NodeChain(
            [
                .init("connect", "DatabaseConnectNode", inputs), statement("create", "CREATE TABLE t (a integer)"),
                .init("begin", "BeginTransactionNode", connection), statement("one", "INSERT INTO t VALUES (1)"),
                statement("two", "INSERT INTO t VALUES (2)"), .init("commit", "CommitTransactionNode", connection),
                statement("three", "INSERT INTO t VALUES (3)"),
                .init("read", "ExecuteQueryNode", connection.merging(["query": "SELECT a FROM t ORDER BY a"])),
            ], in: folder.path)
    }

    @Test(arguments: TestDatabase.allCases)
    func `a transaction that was open when its robot died is not gone on with`(kind: TestDatabase) async throws {
        try await kind.with { folder, inputs async throws in
            let chain = try self.chain(kind, inputs, in: folder)
            let whole = try await self.entries(of: chain)
            #expect(whole.0.nodeOutputs?["read"]?["results"] == [["a": 1], ["a": 2], ["a": 3]])
            // The robot died after the first statement of the transaction: that is rolled back. The table stays.
            let other = try await folder.perform("DatabaseConnectNode", inputs)["connection"] ?? .null
            let database = DatabaseFolder(kind: kind, folder: folder, connection: other)
            try await database.execute("DELETE FROM t")
            let resumed = try await self.entries(of: chain, journal: MemoryJournal(whole.2.filter { $0.step <= 3 }))
            #expect(!resumed.0.success)
            #expect(resumed.1?.node == "two")
            #expect(
                resumed.1?.message
                    == "The transaction's statements were rolled back when its robot was lost or its attempt ended: "
                    + "retry the job from the start")
            #expect(resumed.1?.kind == .business)
            #expect(try await database.rows("SELECT a FROM t") == [])
            // And not at the commit either.
            let late = try await self.entries(of: chain, journal: MemoryJournal(whole.2.filter { $0.step <= 4 }))
            #expect(late.1?.node == "commit")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a transaction that was committed is over, and the run goes on`(kind: TestDatabase) async throws {
        try await kind.with { folder, inputs async throws in
            let chain = try self.chain(kind, inputs, in: folder)
            let whole = try await self.entries(of: chain)
            let resumed = try await self.entries(of: chain, journal: MemoryJournal(whole.2.filter { $0.step <= 5 }))
            #expect(resumed.0.success)
            #expect(resumed.0.nodeOutputs?["read"]?["results"] == [["a": 1], ["a": 2], ["a": 3], ["a": 3]])
        }
    }

    @Test func `a database in memory is gone with its robot`() async throws {
        try await withRunFolder { folder async throws in
            let chain = try self.chain(.sqlite, [:], in: folder)
            let whole = try await self.entries(of: chain)
            #expect(whole.0.success)
            let resumed = try await self.entries(of: chain, journal: MemoryJournal(whole.2.filter { $0.step <= 5 }))
            #expect(resumed.1?.node == "three")
            #expect(resumed.1?.message.hasPrefix("The database was in the memory of a robot that was lost") == true)
        }
    }

    @Test func `a connection that was closed stays closed after a recovery`() async throws {
        try await withRunFolder { folder async throws in
            let connection: Object = ["connection": "{{connect.connection}}"]
            let chain = try NodeChain(
                [
                    .init("connect", "DatabaseConnectNode", ["database": "x.db"]),
                    .init("close", "CloseDatabaseNode", connection),
                    .init("late", "ExecuteNonQueryNode", connection.merging(["query": "CREATE TABLE t (a)"])),
                ], in: folder.path)
            let whole = try await self.entries(of: chain)
            let resumed = try await self.entries(of: chain, journal: MemoryJournal(whole.2.filter { $0.step <= 1 }))
            #expect(resumed.1?.message.hasPrefix("The database connection is not open") == true)
        }
    }

    @Test func `nothing secret is journaled`() async throws {
        try await TestDatabase.postgresql.with { folder, inputs async throws in
            let text = "\(inputs["connection_string"]?.string ?? "") password=s3cret"
            let chain = try self.chain(
                .postgresql, inputs.merging(["connection_string": .string(text)]), in: folder)
            let whole = try await self.entries(of: chain)
            #expect(whole.0.success)
            #expect(!"\(whole.2)".contains("s3cret"))
        }
    }
}
