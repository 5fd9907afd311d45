import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials

/// Submits no-op jobs as the product does: through its store and its bell, or through an orchestrator.
struct Submitter: Sendable {
    private enum Way: Sendable {
        case sql(PostgresConnection, Workflow.ID)
        case api(CasareClient)
    }

    private let way: Way
    private let payload: Object

    init(_ request: Request) async throws {
        self.payload = try request.payloadObject()
        switch request.way {
        case .sql:
            let database = try request.database()
            let connection = try await database.connect(as: .default)
            let workflow = try await connection.run { connection in
                try WorkflowStore.get(named: Operations.workflow, on: connection)
            }
            guard let workflow else { throw BenchError("the database has no workflow; call install first") }
            self.way = .sql(connection, workflow.id)
        case .api:
            let (url, token) = try request.url()
            self.way = .api(try CasareClient(.init(url: url, token: token, program: "casare-queue-bench")))
        }
    }

    /// One call, one commit.
    func submit(_ count: Int, _ variables: Object? = nil, bell: ReadyBell? = nil) async throws {
        let variables = variables ?? self.payload
        switch self.way {
        case .sql(let connection, let workflow):
            try await connection.run { connection in
                try Self.submit(count, variables, of: workflow, on: connection)
            }
            bell?.ring(.default)
        case .api(let client):
            let job = SubmitJobRequest(workflow: Operations.workflow, variables: variables)
            if count == 1 {
                _ = try await client.submit(job)
            } else {
                _ = try await client.submit([SubmitJobRequest](repeating: job, count: count))
            }
        }
    }

    /// Submits again and again.
    ///
    /// - Returns: how many jobs.
    func submit(_ batch: Int, until deadline: ContinuousClock.Instant, bell: ReadyBell) async throws -> Int {
        switch self.way {
        case .sql(let connection, let workflow):
            // One hop to the connection's thread for all of it.
            return try await connection.run { [payload] connection in
                var submitted = 0
                while ContinuousClock.now < deadline {
                    try Self.submit(batch, payload, of: workflow, on: connection)
                    bell.ring(.default)
                    submitted += batch
                }
                return submitted
            }
        case .api:
            var submitted = 0
            while ContinuousClock.now < deadline {
                try await self.submit(batch)
                submitted += batch
            }
            return submitted
        }
    }

    func close() async {
        switch self.way {
        case .sql(let connection, _): await connection.close()
        case .api(let client): await client.shutdown()
        }
    }

    private static func submit(
        _ count: Int, _ variables: Object, of workflow: Workflow.ID, on connection: isolated PostgresConnection
    ) throws {
        let jobs = (0..<count).map { _ in NewJob(workflow: workflow, workflowVersion: 1, variables: variables) }
        _ = try JobStore.submit(jobs, by: "bench", on: connection)
    }
}
