import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials

enum Operations {
    static let workflow = "no-op"
    static let document =
        #"{"metadata":{"name":"no-op"},"nodes":{"done":{"node_type":"CommentNode"}},"connections":[]}"#
    private static let all: [String: @Sendable (Request) async throws -> OperationResult] = [
        "install": Operations.install, "prefill": Operations.prefill, "sessions": Operations.sessions,
        "enqueue": Enqueue.run,
        "drain": Drain.run, "flow": Flow.run, "latency": Latency.run, "workflow": Workflows.run,
        "crash_run": Workflows.crashRun, "crash_resume": Workflows.crashResume, "inmem": InMemory.run,
    ]

    static func run(_ request: Request) async throws -> OperationResult {
        if request.op == "describe" {
            return OperationResult(name: "Casare", version: CasareVersion.current, ops: self.all.keys.sorted())
        }
        guard let operation = self.all[request.op] else {
            return OperationResult(skip: "there is no operation \(request.op)")
        }
        return try await operation(request)
    }

    /// Migrates the empty database, and adds the one workflow that jobs are of.
    @Sendable private static func install(_ request: Request) async throws -> OperationResult {
        let connection = try await PostgresConnection.connect(try request.configuration())
        try await connection.run { connection in try Migrator().migrate(on: connection) }
        await connection.close()
        let database = try request.database()
        let token = try await database.asTenant(.default) { connection in
            _ = try WorkflowStore.push(name: self.workflow, document: self.document, by: "bench", on: connection)
            return try TokenStore.create(name: "bench", role: .admin, on: connection).text.reveal()
        }
        await database.close()
        return OperationResult(token: token)
    }

    @Sendable private static func prefill(_ request: Request) async throws -> OperationResult {
        let clock = ContinuousClock.now
        let jobs = try request.jobs()
        let submitter = try await Submitter(request)
        var left = jobs
        while left > 0 {
            let count = min(left, 1000)
            try await submitter.submit(count)
            left -= count
        }
        await submitter.close()
        return OperationResult(jobs: jobs, seconds: (.now - clock).inSeconds)
    }

    /// Opens sessions for others to lease under: pgbench, with the product's statements.
    @Sendable private static func sessions(_ request: Request) async throws -> OperationResult {
        let database = try request.database()
        let sessions = try await database.asTenant(.default) { connection in
            try (0..<request.consumers).map { _ in try Consumer.openSession(.api, slots: 1000, on: connection) }
        }
        await database.close()
        return OperationResult(sessions: sessions.map(\.rawValue))
    }
}
