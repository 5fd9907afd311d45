import CasareDomain
import CasareNodes
import CasareOrchestrator
import CasarePostgres
import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import ServiceLifecycle
import Testing

/// A database with jobs in it, and brokers of one form to it.
struct BrokerFixture: Sendable {
    enum Form: String, Sendable, CaseIterable {
        case sql, api
    }

    let form: Form
    let database: Database
    /// Of the orchestrator, for brokers over the API.
    private let url: String

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    static func with<Result: Sendable>(
        _ form: Form, _ body: @escaping @Sendable (BrokerFixture) async throws -> Result
    ) async throws -> Result {
        try await withTestDatabase { database in
            guard form == .api else {
                return try await body(BrokerFixture(form: form, database: database, url: ""))
            }
            let orchestrator = Orchestrator(
                configuration: OrchestratorConfiguration(database: database.configuration, port: 0),
                database: database, catalogue: StandardNodes.catalogue, logger: Self.logger)
            let group = ServiceGroup(configuration: .init(services: [orchestrator], logger: Self.logger))
            return try await withThrowingTaskGroup(of: Result?.self) { tasks in
                tasks.addTask {
                    try await group.run()
                    return nil
                }
                tasks.addTask {
                    let url = "http://127.0.0.1:\(try await orchestrator.boundPort)"
                    let fixture = BrokerFixture(form: form, database: database, url: url)
                    do {
                        let result = try await body(fixture)
                        await group.triggerGracefulShutdown()
                        return result
                    } catch {
                        await group.triggerGracefulShutdown()
                        throw error
                    }
                }
                var found: Result?
                for try await result in tasks {
                    found = result ?? found
                }
                return try #require(found)
            }
        }
    }

    /// Gives `body` an open broker, and closes it.
    func withBroker<Result: Sendable>(
        _ name: String = "robot", of tenant: Tenant.ID = .default, slots: Int = 100,
        _ body: (any Broker) async throws -> Result
    ) async throws -> Result {
        let broker: any Broker =
            switch self.form {
            case .sql:
                SQLBroker(
                    database: Database(self.database.configuration, connectionsMax: 4), tenant: tenant,
                    logger: Self.logger)
            case .api: try APIBroker(url: self.url, token: try await self.token(name, of: tenant))
            }
        do {
            _ = try await broker.open(Self.description(name, slots: slots))
            let result = try await body(broker)
            await broker.close()
            return result
        } catch {
            await broker.close()
            throw error
        }
    }

    private func token(_ name: String, of tenant: Tenant.ID) async throws -> String {
        try await self.database.asTenant(tenant) { connection in
            try TokenStore.create(name: "\(name) \(UUID())", role: .robot, on: connection).text.reveal()
        }
    }

    static func description(_ name: String, slots: Int = 100) throws -> RobotDescription {
        RobotDescription(
            id: try #require(Robot.ID(rawValue: name)), environment: "default", tags: ["t"], capabilities: [],
            slots: slots)
    }

    static let document = #"{"metadata":{"name":"w"},"nodes":{"b":{"node_type":"CommentNode"}}}"#

    /// Submits jobs of one workflow.
    @discardableResult
    func submit(
        _ count: Int = 1, for tenant: Tenant.ID = .default, document: String = Self.document, variables: Object = [:],
        options: Job.Options = .init()
    ) async throws -> [Job.ID] {
        try await self.database.asTenant(tenant) { connection in
            let pushed = try WorkflowStore.push(name: "w", document: document, by: "test", on: connection)
            let jobs = (0..<count).map { _ in
                NewJob(
                    workflow: pushed.version.workflow, workflowVersion: pushed.version.number, variables: variables,
                    options: options)
            }
            return try JobStore.submit(jobs, by: "test", on: connection).map(\.id)
        }
    }

    /// Adds a second tenant, beside the one that every database begins with.
    func addTenant(_ id: Tenant.ID) async throws {
        try await self.database.asSystem { connection in
            _ = try connection.execute(
                "INSERT INTO tenants (tenant_id, name) VALUES (@id, 'other')", ["id": .int4(id.rawValue)])
        }
    }

    func job(_ id: Job.ID, of tenant: Tenant.ID = .default) async throws -> Job {
        let job = try await self.database.asTenant(tenant) { connection in try JobStore.get(id, on: connection) }
        return try #require(job)
    }
}
