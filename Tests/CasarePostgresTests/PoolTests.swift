import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@Suite struct PoolTests {
    /// Keeps one connection of the pool until `release` lets go of the advisory lock it waits for.
    private struct Holder {
        let blocker: PostgresConnection
        let task: Task<Void, any Error>

        static func hold(_ pool: PostgresPool) async throws -> Holder {
            let blocker = try await PostgresConnection.connect(pool.configuration)
            try await blocker.execute("SELECT pg_advisory_lock(1)")
            let task = Task {
                try await pool.withConnection { connection in
                    _ = try connection.execute("SELECT pg_advisory_lock_shared(1)")
                }
            }
            while pool.statistics.lent == 0 { await Task.yield() }
            return Holder(blocker: blocker, task: task)
        }

        func release() async throws {
            try await self.blocker.execute("SELECT pg_advisory_unlock(1)")
            try await self.task.value
            await self.blocker.close()
        }
    }

    @Test func `a pool opens no more connections than it may`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 3)
            let processIDs = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        try await pool.withConnection { connection in
                            try connection.execute("SELECT pg_sleep(0.005)")
                            return connection.backendProcessID
                        }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(processIDs.count <= 3)
            #expect(pool.statistics.idle == processIDs.count)
            await pool.close()
        }
    }

    @Test func `a borrower that waits too long is told the pool's size and the time`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 1)
            let holder = try await Holder.hold(pool)
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection(deadline: .now + .milliseconds(50)) { _ in }
            }
            guard case .poolExhausted(let connectionsMax, let waited) = error else {
                Issue.record("It threw \(String(describing: error))")
                return
            }
            #expect(connectionsMax == 1)
            #expect(waited >= .milliseconds(50))
            #expect(error?.description.contains("1 connections") == true)
            try await holder.release()
            try await pool.withConnection { _ in }
            await pool.close()
        }
    }

    @Test func `borrowers are served in the order in which they came`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 1)
            let holder = try await Holder.hold(pool)
            let (served, serving) = AsyncStream.makeStream(of: Int.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    group.addTask { try await pool.withConnection { _ in _ = serving.yield(number) } }
                    while pool.statistics.waiting <= number { await Task.yield() }
                }
                try await holder.release()
                try await group.waitForAll()
            }
            serving.finish()
            #expect(await served.reduce(into: []) { $0.append($1) } == Array(0..<10))
            await pool.close()
        }
    }

    @Test func `a cancelled borrower leaves the queue`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 1)
            let holder = try await Holder.hold(pool)
            let task = Task { try await pool.withConnection { _ in } }
            while pool.statistics.waiting == 0 { await Task.yield() }
            task.cancel()
            await #expect(throws: PostgresError.cancelled) { try await task.value }
            #expect(pool.statistics.waiting == 0)
            try await holder.release()
            try await pool.withConnection { _ in }
            await pool.close()
        }
    }

    @Test func `a connection that died while idle is replaced unseen`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 2)
            let observer = try await PostgresConnection.connect(configuration)
            let first = try await pool.withConnection { $0.backendProcessID }
            try await observer.execute("SELECT pg_terminate_backend(@pid, 5000)", ["pid": .int4(first)])
            let second = try await pool.withConnection { connection in
                try connection.execute("SELECT 1")
                return connection.backendProcessID
            }
            #expect(first != second)
            #expect(pool.statistics.idle == 1)
            await pool.close()
            await observer.close()
        }
    }

    @Test func `a connection that dies in use fails its closure only`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 1)
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { try $0.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
            #expect(error?.isRetryable == true)
            #expect(pool.statistics.lent == 0)
            try await pool.execute("SELECT 1")
            await pool.close()
        }
    }

    @Test func `a transaction left open is rolled back before the next borrower`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 1)
            try await pool.withConnection { try $0.script("CREATE TABLE t (id int)") }
            try await pool.withConnection { connection in
                try connection.execute("BEGIN")
                try connection.execute("INSERT INTO t VALUES (1)")
            }
            #expect(try await pool.execute("SELECT count(*) AS n FROM t").only().int("n") == 0)
            await pool.close()
        }
    }

    @Test func `closing waits for those who work and refuses those who wait`() async throws {
        try await withEmptyDatabase { configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 1)
            let holder = try await Holder.hold(pool)
            let waiter = Task { try await pool.withConnection { _ in } }
            while pool.statistics.waiting == 0 { await Task.yield() }
            let closing = Task { await pool.close() }
            await #expect(throws: PostgresError.poolClosed) { try await waiter.value }
            #expect(pool.statistics.lent == 1)
            try await holder.release()
            await closing.value
            #expect(pool.statistics.lent == 0)
            await #expect(throws: PostgresError.poolClosed) { try await pool.withConnection { _ in } }
            await pool.close()
        }
    }

    @Test func `a server that cannot be reached is an error for each borrower`() async throws {
        let configuration = PostgresConfiguration(
            socketFolder: "/nonexistent", user: "nobody", database: "none")
        let pool = PostgresPool(configuration: configuration, connectionsMax: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    let error = await #expect(throws: PostgresError.self) {
                        // However long a busy machine takes to find out.
                        try await pool.withConnection(deadline: .now + .seconds(300)) { _ in }
                    }
                    guard case .connection = error else {
                        Issue.record("It threw \(String(describing: error))")
                        return
                    }
                }
            }
            try await group.waitForAll()
        }
        await pool.close()
    }
}
