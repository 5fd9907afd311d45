import CasarePostgres
import CasareTestSupport
import Testing

struct LossTests {
    @Test func `a connection that the server ends is noticed without a statement`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let process = await connection.backendProcessID
            async let lost: Void = connection.untilLost()
            let other = try await PostgresConnection.connect(configuration)
            try await other.execute("SELECT pg_terminate_backend(@process)", ["process": .int4(process)])
            await lost
            await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 1") }
            await other.close()
            await connection.close()
        }
    }

    @Test func `statements and notices are no loss, and a cancelled task stops waiting`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let waiting = Task {
                await connection.untilLost()
                return Task.isCancelled
            }
            try await connection.script("DO $$ BEGIN RAISE WARNING 'a notice'; END $$")
            for _ in 0..<100 { try await connection.execute("SELECT 1") }
            waiting.cancel()
            #expect(await waiting.value)
            #expect(try await connection.execute("SELECT 1 AS one").only().int("one") == 1)
            await connection.close()
        }
    }

    @Test func `closing the connection ends the wait`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            async let lost: Void = connection.untilLost()
            await connection.close()
            await lost
            await connection.untilLost()
        }
    }

    @Test func `a server that is down is told from one that is out of reach`() async throws {
        let nobody = try await #require(throws: PostgresError.self) {
            // Port 1 of this machine: nothing listens there.
            _ = try await PostgresConnection.connect(
                PostgresConfiguration(url: "host=127.0.0.1 port=1 user=u dbname=d"))
        }
        #expect(nobody.serverState == .absent)
        let noSocket = try await #require(throws: PostgresError.self) {
            _ = try await PostgresConnection.connect(
                PostgresConfiguration(socketFolder: "/nonexistent", user: "u", database: "d"))
        }
        #expect(noSocket.serverState == .absent)
        #expect(PostgresError.connection("could not translate host name \"db\" to address").serverState == .unknown)
        #expect(
            PostgresError.connection(
                "connection to server at \"a\" failed: Connection refused "
                    + "connection to server at \"b\" failed: timeout expired"
            ).serverState == .unknown)
        let refused = "connection to server at \"a\" failed: Connection refused"
        for (texts, state) in [
            (["starting up"], .starting), (["shutting down"], .stopping), (["in recovery mode"], .recovering),
            (["not yet accepting connections"], .recovering), (["starting up", "shutting down"], .recovering),
        ] as [([String], PostgresError.ServerState)] {
            let answers = texts.map {
                "connection to server on socket \"/s\" failed: FATAL:  the database system is \($0)"
            }
            #expect(PostgresError.connection(answers.joined(separator: "\n")).serverState == state)
            #expect(PostgresError.connection(([refused] + answers).joined(separator: "\n")).serverState == state)
        }
    }
}
