import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@Suite struct CancellationTests {
    /// Returns once the session is running its statement, as the server sees it.
    private func waitUntilActive(_ processID: Int32, seenBy observer: PostgresConnection) async throws {
        while true {
            let state = try await observer.execute(
                "SELECT state FROM pg_stat_activity WHERE pid = @pid AND wait_event = 'PgSleep'",
                ["pid": .int4(processID)])
            if try state.first?.string("state") == "active" { return }
            await Task.yield()
        }
    }

    @Test func `cancelling the task stops the statement and keeps the connection`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let observer = try await PostgresConnection.connect(configuration)
            let processID = await connection.backendProcessID
            for _ in 0..<5 {
                let task = Task { try await connection.execute("SELECT pg_sleep(60)") }
                try await self.waitUntilActive(processID, seenBy: observer)
                let cancelledAt = ContinuousClock.now
                task.cancel()
                await #expect(throws: PostgresError.cancelled) { try await task.value }
                #expect(ContinuousClock.now - cancelledAt < .seconds(5))
                // The next statement is not hit by what stopped the last one.
                #expect(try await connection.execute("SELECT 1 AS one").only().int("one") == 1)
            }
            #expect(await connection.backendProcessID == processID)
            await connection.close()
            await observer.close()
        }
    }

    @Test func `a cancellation that comes late does not hit the next statement`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            for milliseconds in 15..<45 {
                // It ends by itself at about the time at which the cancellation is noticed.
                let seconds = PostgresValue.double(Double(milliseconds) / 1000)
                let task = Task { try await connection.execute("SELECT pg_sleep(@seconds)", ["seconds": seconds]) }
                await Task.yield()
                task.cancel()
                do {
                    _ = try await task.value
                } catch {
                    #expect(error as? PostgresError == .cancelled)
                }
                #expect(try await connection.execute("SELECT 1 AS one").only().int("one") == 1)
            }
            await connection.close()
        }
    }

    @Test func `cancelling the task rolls its transaction back`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 1)
            let observer = try await PostgresConnection.connect(configuration)
            try await observer.script("CREATE TABLE t (id int)")
            let processID = try await pool.withConnection { $0.backendProcessID }
            let task = Task {
                try await pool.transaction { connection in
                    try connection.execute("INSERT INTO t VALUES (1)")
                    try connection.execute("SELECT pg_sleep(60)")
                }
            }
            try await self.waitUntilActive(processID, seenBy: observer)
            task.cancel()
            await #expect(throws: PostgresError.cancelled) { try await task.value }
            #expect(try await pool.execute("SELECT count(*) AS n FROM t").only().int("n") == 0)
            #expect(try await pool.withConnection { $0.backendProcessID } == processID)
            await pool.close()
            await observer.close()
        }
    }

    @Test func `no statement starts in a cancelled task`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int)")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await connection.execute("INSERT INTO t VALUES (1)")
            }
            await #expect(throws: PostgresError.cancelled) { try await task.value }
            #expect(try await connection.execute("SELECT count(*) AS n FROM t").only().int("n") == 0)
            await connection.close()
        }
    }

    @Test func `the connection's limit stops a statement`() async throws {
        try await withEmptyDatabase { configuration in
            var configuration = configuration
            configuration.statementTimeout = .milliseconds(50)
            let connection = try await PostgresConnection.connect(configuration)
            await #expect(throws: PostgresError.timedOut(operation: "SELECT pg_sleep(60)", after: .milliseconds(50))) {
                try await connection.execute("SELECT pg_sleep(60)")
            }
            #expect(try await connection.execute("SELECT 1 AS one").only().int("one") == 1)
            await connection.close()
        }
    }

    @Test func `a call's own limit replaces the connection's`() async throws {
        try await withEmptyDatabase { configuration in
            var configuration = configuration
            configuration.statementTimeout = .milliseconds(50)
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.execute("SELECT pg_sleep(0.2)", timeout: .seconds(30))
            let limit = Query("SELECT current_setting('statement_timeout') AS t")
            #expect(try await connection.execute(limit).only().string("t") == "50ms")
            await #expect(throws: PostgresError.timedOut(operation: "SELECT pg_sleep(60)", after: .milliseconds(20))) {
                try await connection.transaction { connection in
                    try connection.execute("SELECT pg_sleep(60)", timeout: .milliseconds(20))
                }
            }
            #expect(try await connection.execute(limit).only().string("t") == "50ms")
            await connection.close()
        }
    }

    @Test func `a statement that somebody else cancels is a server's error`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let observer = try await PostgresConnection.connect(configuration)
            let processID = await connection.backendProcessID
            let task = Task { try await connection.execute("SELECT pg_sleep(60)") }
            try await self.waitUntilActive(processID, seenBy: observer)
            try await observer.execute("SELECT pg_cancel_backend(@pid)", ["pid": .int4(processID)])
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.sqlState == .queryCanceled)
            await connection.close()
            await observer.close()
        }
    }
}
