import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareTestSupport
import Testing

/// A database that keeps a request waiting.
struct DatabaseTimeoutTests {
    private typealias Fixture = OrchestratorFixture

    /// Runs `body` with an orchestrator whose statements may take `statementMax`, while nobody else gets at a table.
    private static func with(
        lockOn table: String, statementMax: Duration,
        _ body: @escaping @Sendable (Fixture, _ unlock: @Sendable () async throws -> Void) async throws -> Void
    ) async throws {
        try await withTestDatabase { template in
            let token = try await template.asTenant(.default) { connection in
                try TokenStore.create(name: "t", role: .admin, on: connection).text.reveal()
            }
            let database = Database(template.configuration, connectionsMax: 2, statementMax: statementMax)
            let holder = try await PostgresConnection.connect(template.configuration)
            try await Fixture.with(database, [.admin: token]) { server in
                try await holder.script("BEGIN; LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE")
                try await body(server) { try await holder.script("COMMIT") }
            }
            await holder.close()
            await database.close()
        }
    }

    @Test(arguments: [("workflows", "/api/v1/workflows"), ("tokens", "/api/v1/auth/me"), ("jobs", "/api/v1/jobs")])
    func `a statement that takes too long is stopped and answered with 503`(table: String, path: String) async throws {
        try await Self.with(lockOn: table, statementMax: .milliseconds(200)) { server, unlock in
            let reply = try await server.call(.GET, path)
            #expect(reply.status == 503 && reply.code == "DATABASE_TIMEOUT", "\(reply.json)")
            #expect(reply.headers["retry-after"].flatMap(Int.init) != nil)
            #expect(!reply.message.contains(table) && !reply.message.contains("SELECT"), "\(reply.message)")
            try await unlock()
            // On a busy machine it may take too long once more, and may be tried again as the answer says.
            var status = 503
            for _ in 1...20 where status == 503 { status = try await server.call(.GET, path).status }
            #expect(status == 200)
        }
    }

    @Test func `a change that takes too long changes nothing`() async throws {
        try await Self.with(lockOn: "workflow_versions", statementMax: .milliseconds(200)) { server, unlock in
            let body: Value = ["document": Fixture.document("late")]
            let reply = try await server.call(.POST, "/api/v1/workflows", body)
            #expect(reply.status == 503 && reply.code == "DATABASE_TIMEOUT", "\(reply.json)")
            try await unlock()
            #expect(try await server.call(.GET, "/api/v1/workflows").json["workflows"] == [])
            #expect(try await server.call(.POST, "/api/v1/workflows", body).status == 201)
        }
    }

    /// Databases that are copies of one template have the same OIDs, and locks are those of the whole server.
    private static let waiting = Query(
        """
        SELECT pid FROM pg_locks
        WHERE relation = 'workflows'::regclass AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """)

    /// Waits until a statement waits for the lock on the table `workflows`, gives `body` a connection of the owner, and
    /// waits until no statement does so any more.
    private static func whileWaiting(
        on server: Fixture, _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        let observer = try await PostgresConnection.connect(server.database.configuration)
        func waits() async throws -> Bool { try await !observer.execute(Self.waiting).isEmpty }
        try await eventually("a statement waits for the lock") { try await waits() ? true : nil }
        try await body(observer)
        try await eventually("the statement is stopped") { try await waits() ? nil : true }
        await observer.close()
    }

    @Test func `a query whose client goes away is stopped`() async throws {
        try await Self.with(lockOn: "workflows", statementMax: .seconds(3600)) { server, unlock in
            let asking = Task { try await server.call(.GET, "/api/v1/workflows") }
            try await Self.whileWaiting(on: server) { _ in asking.cancel() }
            try await unlock()
            #expect(try await server.call(.GET, "/api/v1/workflows").status == 200)
        }
    }

    @Test func `a statement that an administrator stops is answered the same`() async throws {
        try await Self.with(lockOn: "workflows", statementMax: .seconds(3600)) { server, _ in
            async let reply = server.call(.GET, "/api/v1/workflows")
            try await Self.whileWaiting(on: server) { observer in
                for row in try await observer.execute(Self.waiting) {
                    try await observer.execute("SELECT pg_cancel_backend(@pid)", ["pid": .int(try row.int("pid"))])
                }
            }
            #expect(try await reply.status == 503)
            #expect(try await reply.code == "DATABASE_TIMEOUT")
        }
        #expect(!SQLState.queryCanceled.isTransient)
    }
}
