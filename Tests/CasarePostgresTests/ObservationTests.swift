import CasarePostgres
import CasareTestSupport
import Synchronization
import Testing

/// What an observer is told of.
@Suite struct ObservationTests {
    /// Writes down all that it is told.
    private final class Notes: StatementObserver {
        struct State {
            var statements: [FinishedStatement] = []
            var pools: [String] = []
            var waits: [Duration] = []
            var timeouts = 0
        }

        private let state = Mutex(State())

        func ended(_ statement: FinishedStatement) { self.state.withLock { $0.statements.append(statement) } }
        func began(_ pool: PostgresPool) { self.state.withLock { $0.pools.append(pool.name) } }
        func lent(from pool: PostgresPool, after waited: Duration) { self.state.withLock { $0.waits.append(waited) } }
        func timedOut(waitingFor pool: PostgresPool) { self.state.withLock { $0.timeouts += 1 } }

        var pools: [String] { self.state.withLock(\.pools) }
        var waits: [Duration] { self.state.withLock(\.waits) }
        var timeouts: Int { self.state.withLock(\.timeouts) }

        /// What came since the last time.
        func takeStatements() -> [FinishedStatement] {
            self.state.withLock { state in
                defer { state.statements = [] }
                return state.statements
            }
        }

        func takeTexts() -> [String] { self.takeStatements().map(\.plan.summary.text) }
    }

    private static func with(
        _ body: (PostgresConnection, Notes, PostgresConfiguration) async throws -> Void
    ) async throws {
        try await withEmptyDatabase { configuration in
            let notes = Notes()
            var configuration = configuration
            configuration.observer = notes
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE jobs (id int PRIMARY KEY)")
            let first = notes.takeTexts()
            #expect(first == ["SCRIPT"], "The beginning of a session is none")
            try await body(connection, notes, configuration)
            await connection.close()
        }
    }

    private static let insert = Query("INSERT INTO jobs (id) VALUES (@id)")

    @Test func `a statement is told of once, with its rows and where it ran`() async throws {
        try await Self.with { connection, notes, configuration in
            let query: Query = "INSERT INTO jobs SELECT generate_series(1, 3)"
            try await connection.execute(query)
            let told = notes.takeStatements()
            #expect(told.count == 1)
            let statement = try #require(told.first)
            #expect(statement.plan === query.plan && statement.plan.summary.text == "INSERT jobs")
            #expect(statement.rows == 3 && statement.batchSize == 1)
            #expect(statement.errorType == nil && statement.sqlState == nil)
            #expect(statement.duration > .zero)
            #expect(statement.place.address == configuration.host)
            #expect(statement.place.database == configuration.database)
            // Known by now: it is not prepared again, and told of once again.
            let known: Query = "SELECT id FROM jobs"
            for _ in 1...2 { try await connection.execute(known) }
            let twice = notes.takeStatements()
            #expect(twice.map(\.rows) == [3, 3])
            #expect(twice.allSatisfy { $0.place === statement.place })
        }
    }

    @Test func `a statement that failed is told of with why`() async throws {
        try await Self.with { connection, notes, _ in
            await #expect(throws: PostgresError.self) { try await connection.execute("SELECT nothing FROM jobs") }
            await #expect(throws: PostgresError.self) { try await connection.execute(Self.insert) }
            await #expect(throws: PostgresError.self) {
                try await connection.execute("SELECT pg_sleep(60)", timeout: .milliseconds(1))
            }
            let told = notes.takeStatements()
            #expect(
                told.map(\.plan.summary.text) == ["SELECT jobs", "INSERT jobs", "SET", "SELECT", "SET"])
            #expect(told.map(\.errorType) == ["42703", "misuse", nil, "timeout", nil])
            #expect(told.map(\.sqlState) == [.undefinedColumn, nil, nil, nil, nil])
            #expect(told.allSatisfy { $0.rows == 0 })
        }
    }

    @Test func `in a cancelled task nothing is sent, and nothing told but what ends a transaction`() async throws {
        try await Self.with { connection, notes, _ in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await connection.execute("SELECT 1 FROM jobs")
            }
            await #expect(throws: PostgresError.cancelled) { try await task.value }
            #expect(notes.takeTexts().isEmpty)
            let transaction = Task {
                try await connection.transaction { connection in
                    try connection.execute("SELECT 1 FROM jobs")
                    withUnsafeCurrentTask { $0?.cancel() }
                    try connection.execute("SELECT 2 FROM jobs")
                }
            }
            await #expect(throws: PostgresError.cancelled) { try await transaction.value }
            #expect(notes.takeTexts() == ["BEGIN", "SELECT jobs", "ROLLBACK"])
        }
    }

    @Test func `statements that are sent together are one, of so many`() async throws {
        try await Self.with { connection, notes, _ in
            let count: Query = "SELECT count(*) FROM jobs"
            try await connection.pipeline([(Self.insert, ["id": 1]), (Self.insert, ["id": 2]), (count, [:])])
            try await connection.pipeline([(Self.insert, ["id": 3]), (count, [:])])
            try await connection.pipeline([(count, [:])])
            let told = notes.takeStatements()
            #expect(
                told.map(\.plan.summary.text) == [
                    "BATCH INSERT jobs SELECT jobs", "BATCH INSERT jobs SELECT jobs", "SELECT jobs",
                ])
            #expect(told.map(\.batchSize) == [3, 2, 1])
            #expect(told.map(\.rows) == [3, 2, 1])
            // However many of one kind there are in a row, it is the same plan.
            #expect(told[0].plan === told[1].plan && told[2].plan === count.plan)
        }
    }

    @Test func `a transaction is told of with what opens and what ends it`() async throws {
        try await Self.with { connection, notes, _ in
            try await connection.transaction(opening: [("SELECT 1 FROM jobs", [:])]) { connection in
                try connection.execute(Self.insert, ["id": 1])
                _ = try? connection.savepoint { connection in _ = try connection.execute(Self.insert, ["id": 1]) }
                try connection.savepoint { connection in _ = try connection.execute(Self.insert, ["id": 2]) }
            }
            let told = notes.takeStatements()
            #expect(
                told.map(\.plan.summary.text) == [
                    "BEGIN", "INSERT jobs", "SAVEPOINT", "INSERT jobs", "ROLLBACK", "SAVEPOINT", "INSERT jobs",
                    "RELEASE",
                    "COMMIT",
                ])
            #expect(told.first?.batchSize == 2)
            #expect(told.compactMap(\.errorType) == ["23505"])
        }
    }

    @Test func `a copy is one statement, also when it is given up`() async throws {
        struct Stop: Error {}
        try await Self.with { connection, notes, _ in
            let copy: Query = "COPY jobs FROM STDIN"
            try await connection.copyIn(copy, rows: [[.int(1)], [.int(2)]])
            await #expect(throws: Stop.self) { try await connection.copyIn(copy) { _ in throw Stop() } }
            let told = notes.takeStatements()
            #expect(told.map(\.plan.summary.text) == ["COPY jobs", "COPY jobs"])
            #expect(told.map(\.rows) == [2, 0])
            #expect(told.map(\.errorType) == [nil, "aborted"])
        }
    }

    @Test func `a script tells nothing of its text`() async throws {
        try await Self.with { connection, notes, _ in
            try await connection.script("INSERT INTO jobs VALUES (4711)")
            let told = notes.takeStatements()
            #expect(told.map(\.plan.summary.text) == ["SCRIPT"] && told.map(\.plan.text) == [""])
        }
    }

    @Test func `pools are told of, and how long work waited for their connections`() async throws {
        try await Self.with { _, notes, configuration in
            let pool = PostgresPool(configuration: configuration, connectionsMax: 1, name: "test")
            #expect(notes.pools == ["test"])
            struct Stop: Error {}
            try await pool.withConnection { _ in }
            await #expect(throws: Stop.self) { try await pool.withConnection { _ in throw Stop() } }
            #expect(notes.waits.count == 2 && notes.timeouts == 0)
            let blocker = try await PostgresConnection.connect(configuration)
            try await blocker.execute("SELECT pg_advisory_lock(1)")
            let holder = Task {
                try await pool.withConnection { connection in
                    _ = try connection.execute("SELECT pg_advisory_lock_shared(1)")
                }
            }
            while pool.statistics.lent == 0 { await Task.yield() }
            await #expect(throws: PostgresError.self) {
                try await pool.withConnection(deadline: .now + .milliseconds(50)) { _ in }
            }
            #expect(notes.waits.count == 2 && notes.timeouts == 1)
            try await blocker.execute("SELECT pg_advisory_unlock(1)")
            try await holder.value
            #expect(notes.waits.count == 3)
            await blocker.close()
            await pool.close()
        }
    }
}
