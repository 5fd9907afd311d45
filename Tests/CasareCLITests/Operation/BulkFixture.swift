import CasareClient
import CasareDomain
import CasareEngine
import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Logging
import ServiceLifecycle
import Testing

@testable import CasareCLI

/// A server with a database of its own, and casarectl as people of several roles run it, without a terminal.
struct BulkFixture: Sendable {
    static let workflow = "invoices"

    private static let catalogue = NodeCatalogue([
        NodeType("StartNode", family: "Basic", "Begins.", .structure(.start)),
        NodeType("EndNode", family: "Basic", "Ends.", .structure(.end)),
    ])

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    let url: String
    let tokens: [Role: String]
    /// Of an operator of another tenant.
    let stranger: String
    let folder: String
    let database: Database

    /// Runs `body` with a server that has a workflow and no robot; stops it gracefully and waits for that.
    static func with<R: Sendable>(_ body: @escaping @Sendable (BulkFixture) async throws -> R) async throws -> R {
        try await withTestDatabase { database in
            var tokens: [Role: String] = [:]
            for role in [Role.viewer, .operator, .admin] {
                tokens[role] = try await database.asTenant(.default) { connection in
                    try TokenStore.create(name: "the \(role.rawValue)", role: Role.Name(role), on: connection).text
                        .reveal()
                }
            }
            try await database.asSystem { connection in
                _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
            }
            let stranger = try await database.asTenant(Tenant.ID(rawValue: 77)) { connection in
                try TokenStore.create(name: "a stranger", role: .operator, on: connection).text.reveal()
            }
            return try await withTemporaryDirectory { folder in
                try await Self.serving(database) { [tokens] url in
                    let fixture = BulkFixture(
                        url: url, tokens: tokens, stranger: stranger, folder: folder, database: database)
                    _ = try await fixture.client { client in
                        try await client.pushWorkflow(PushWorkflowRequest(document: Self.document))
                    }
                    return try await body(fixture)
                }
            }
        }
    }

    private static let document: Value = [
        "metadata": ["name": .string(Self.workflow)],
        "nodes": [
            "s": ["node_id": "s", "node_type": "StartNode", "config": [:]],
            "e": ["node_id": "e", "node_type": "EndNode", "config": [:]],
        ],
        "connections": [["source_node": "s", "source_port": "exec_out", "target_node": "e", "target_port": "exec_in"]],
    ]

    static func serving<R: Sendable>(
        _ database: Database, authentication: AuthenticationSettings = AuthenticationSettings(),
        tls: ServerTLS? = nil, _ body: @escaping @Sendable (_ url: String) async throws -> R
    ) async throws -> R {
        let orchestrator = Orchestrator(
            configuration: OrchestratorConfiguration(
                database: database.configuration, port: 0, sealingKey: SealingKey(text: SealingKey.randomText()),
                authentication: authentication, tls: tls),
            database: database,
            catalogue: Self.catalogue, logger: Self.logger)
        let group = ServiceGroup(configuration: .init(services: [orchestrator], logger: Self.logger))
        return try await withThrowingTaskGroup(of: R?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                let url = "\(tls == nil ? "http" : "https")://127.0.0.1:\(try await orchestrator.boundPort)"
                do {
                    let result = try await body(url)
                    await group.triggerGracefulShutdown()
                    return result
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
            }
            var found: R?
            for try await result in tasks {
                if let result { found = result }
            }
            return try #require(found)
        }
    }

    // MARK: People

    func client<R: Sendable>(_ body: (CasareClient) async throws -> R) async throws -> R {
        try await withCasareClient(
            CasareClient.Configuration(url: self.url, token: self.tokens[.operator] ?? ""), body)
    }

    /// Runs casarectl with the words of a line.
    ///
    /// - Parameter role: of the person; `nil`: an operator of another tenant.
    func casarectl(_ line: String, as role: Role? = .operator, input: String = "") async throws -> TestProgram.Ended {
        try await self.program(as: role).run(
            line.split(separator: " ").map(String.init), input: input, in: self.folder)
    }

    func program(as role: Role? = .operator) throws -> TestProgram {
        let token = role.map { self.tokens[$0] ?? "" } ?? self.stranger
        return try TestProgram(
            .casarectl, variables: ["HOME": self.folder, "CASARE_URL": self.url, "CASARE_TOKEN": token])
    }

    /// Jobs that wait, because there is no robot.
    func submit(_ count: Int) async throws -> [Job.ID] {
        try await self.client { client in
            var ids: [Job.ID] = []
            for _ in 1...count {
                ids.append(try await client.submit(SubmitJobRequest(workflow: Self.workflow)).job.id)
            }
            return ids
        }
    }

    /// Dead letters of jobs that nobody began before their deadlines.
    func deadLetters(_ count: Int) async throws -> [Job.ID] {
        try await self.client { client in
            var ids: [Job.ID] = []
            for _ in 1...count {
                let request = SubmitJobRequest(workflow: Self.workflow, expiresInSeconds: 0.001)
                ids.append(try await client.submit(request).job.id)
            }
            for id in ids {
                try await eventually("job \(id) has expired") {
                    try await client.job(id).status == .failed ? true : nil
                }
            }
            return ids
        }
    }

    func statuses(of jobs: [Job.ID]) async throws -> [Job.Status] {
        try await self.client { client in
            var statuses: [Job.Status] = []
            for id in jobs { statuses.append(try await client.job(id).status) }
            return statuses
        }
    }
}
