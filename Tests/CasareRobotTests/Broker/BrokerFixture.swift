import CasareDomain
import CasareNodes
import CasareOrchestrator
import CasarePostgres
import CasareProviders
import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import ServiceLifecycle
import Testing

/// A queue with jobs in it, and brokers of one form to it.
struct BrokerFixture: Sendable {
    enum Form: String, Sendable, CaseIterable {
        case sql, api, memory

        /// The queue in memory has one tenant.
        static let withTenants: [Form] = [.sql, .api]
    }

    private enum Store: Sendable {
        case database(Database)
        case memory(SharedMemoryQueue)
    }

    struct NoDatabase: Error {}

    let form: Form
    private let store: Store
    /// Of the orchestrator, for brokers over the API.
    let url: String
    /// Of the orchestrator, and of robots on SQL.
    private let providers: SecretProviders

    var database: Database {
        get throws {
            guard case .database(let database) = self.store else { throw NoDatabase() }
            return database
        }
    }

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Of the vault, in the orchestrator and in robots on SQL.
    static let keys: KeyRing = {
        guard let key = SealingKey(text: String(repeating: "ab", count: SealingKey.bytesCount)) else {
            preconditionFailure("The literal is a key")
        }
        return KeyRing(current: key)
    }()

    static func with<Result: Sendable>(
        _ form: Form, tls: ServerTLS? = nil, providers: SecretProviders = .none,
        _ body: @escaping @Sendable (BrokerFixture) async throws -> Result
    ) async throws -> Result {
        guard form != .memory else {
            return try await body(
                BrokerFixture(form: form, store: .memory(SharedMemoryQueue()), url: "", providers: providers))
        }
        return try await withTestDatabase { database in
            guard form == .api else {
                return try await body(
                    BrokerFixture(form: form, store: .database(database), url: "", providers: providers))
            }
            let orchestrator = Orchestrator(
                configuration: OrchestratorConfiguration(
                    database: database.configuration, port: 0, keys: Self.keys, providers: providers, tls: tls),
                database: database, catalogue: StandardNodes.catalogue, logger: Self.logger)
            let group = ServiceGroup(configuration: .init(services: [orchestrator], logger: Self.logger))
            return try await withThrowingTaskGroup(of: Result?.self) { tasks in
                tasks.addTask {
                    try await group.run()
                    return nil
                }
                tasks.addTask {
                    let scheme = tls == nil ? "http" : "https"
                    let url = "\(scheme)://127.0.0.1:\(try await orchestrator.boundPort)"
                    let fixture = BrokerFixture(
                        form: form, store: .database(database), url: url, providers: providers)
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
        let broker = try await self.broker(self.form, name, of: tenant)
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

    /// A broker of a form that this queue can be spoken to in, still to be opened. One on SQL signs in as a user for
    /// robots, who works for the tenant `default` alone; for another one it is as if the robot's user were a service's.
    func broker(
        _ form: Form, _ name: String = "robot", of tenant: Tenant.ID = .default,
        leaseDuration: Duration = LeaseStore.leaseDurationDefault, hasKeys: Bool = true
    ) async throws -> any Broker {
        switch (form, self.store) {
        case (.sql, .database(let database)):
            var configuration = database.configuration
            if tenant == .default { configuration.user = TestRobot.user }
            return SQLBroker(
                database: Database(
                    configuration, connectionsMax: 4, tenant: tenant, for: tenant == .default ? .robot : .service),
                tenant: tenant,
                leaseDuration: leaseDuration, keys: hasKeys ? Self.keys : nil, providers: self.providers,
                logger: Self.logger)
        // Nobody renews here, and a busy machine takes its time.
        case (.memory, .memory(let queue)):
            return MemoryBroker(queue, leaseDuration: max(leaseDuration, .seconds(600)))
        case (.api, _), (.sql, .memory), (.memory, .database):
            return try APIBroker(url: self.url, token: try await self.token(name, of: tenant))
        }
    }

    func token(_ name: String, as role: Role = .robot, of tenant: Tenant.ID = .default) async throws -> String {
        try await self.database.asTenant(tenant) { connection in
            try TokenStore.create(name: "\(name) \(UUID())", role: Role.Name(role), on: connection).text.reveal()
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
        options: Job.Options = .init(), trace: TraceCarrier = .makeRoot()
    ) async throws -> [Job.ID] {
        @Sendable func jobs(of version: Workflow.Version) -> [NewJob] {
            (0..<count).map { _ in
                NewJob(
                    workflow: version.workflow, workflowVersion: version.number, variables: variables,
                    options: options, trace: trace)
            }
        }
        return try await self.use(of: tenant) { connection in
            let version = try WorkflowStore.push(name: "w", document: document, by: "test", on: connection).version
            return try JobStore.submit(jobs(of: version), by: "test", on: connection).map(\.id)
        } memory: { queue, now throws(StoreError) in
            let version = queue.push(name: "w", document: document, by: "test", now: now).version
            return try queue.submit(jobs(of: version), by: "test", now: now).map(\.id)
        }
    }

    /// Puts a secret into the vault.
    func put(_ name: String, _ fields: SecretFields, for tenant: Tenant.ID = .default) async throws {
        let name = try #require(Secret.Name(name))
        let sealed = try await SealedSecret(sealing: fields, of: name, version: 1, in: tenant, with: Self.keys)
        try await self.database.asTenant(tenant) { connection in
            _ = try SecretStore.create(
                NewSecret(name: name, kind: .custom), sealed: sealed, by: "test", reason: nil, on: connection)
        }
    }

    /// Says that a provider has a secret.
    func put(_ name: String, in provider: String, at path: String) async throws {
        let name = try #require(Secret.Name(name))
        try await self.database.asTenant(.default) { connection in
            _ = try SecretStore.create(
                NewSecret(name: name, kind: .custom, provider: (provider, path)), sealed: nil, by: "test",
                reason: nil, on: connection)
        }
    }

    @discardableResult
    func push(_ name: String, _ document: String) async throws -> Workflow.Version {
        try await self.use {
            try WorkflowStore.push(name: name, document: document, by: "test", on: $0).version
        } memory: { queue, now throws(StoreError) in
            queue.push(name: name, document: document, by: "test", now: now).version
        }
    }

    /// Adds a second tenant, beside the one that every database begins with.
    func addTenant(_ id: Tenant.ID) async throws {
        try await self.database.asSystem { connection in
            _ = try connection.execute(
                "INSERT INTO tenants (tenant_id, name) VALUES (@id, 'other')", ["id": .int4(id.rawValue)])
        }
    }

    // MARK: - What came of it

    func job(_ id: Job.ID, of tenant: Tenant.ID = .default) async throws -> Job {
        let job = try await self.use(of: tenant) {
            try JobStore.get(id, on: $0)
        } memory: { queue, _ throws(StoreError) in
            queue.job(id)
        }
        return try #require(job)
    }

    func steps(_ id: Job.ID) async throws -> [JournalRow] {
        try await self.use {
            try JobStore.steps(id, on: $0)
        } memory: { queue, _ throws(StoreError) in
            try queue.steps(id)
        }
    }

    func log(of id: Job.ID) async throws -> [Job.LogLine] {
        try await self.use {
            try JobLogStore.page(of: id, after: 0, limit: 100, on: $0).lines
        } memory: { queue, _ throws(StoreError) in
            try queue.log(of: id, after: 0, limit: 100).lines
        }
    }

    func deadLetter(_ id: Job.ID) async throws -> DeadLetter? {
        try await self.use {
            try DeadLetterStore.get(id, on: $0)
        } memory: { queue, _ throws(StoreError) in
            queue.deadLetter(id)
        }
    }

    func newestVersion(of workflow: Workflow.ID) async throws -> Workflow.Version {
        try await self.use {
            try WorkflowStore.version(nil, of: workflow, on: $0)
        } memory: { queue, _ throws(StoreError) in
            try queue.version(nil, of: workflow)
        }
    }

    func workflows() async throws -> [Workflow] {
        try await self.use {
            try WorkflowStore.list(limit: 10, on: $0)
        } memory: { queue, _ throws(StoreError) in
            queue.workflows(limit: 10)
        }
    }

    // MARK: - What others do

    func cancel(_ id: Job.ID) async throws {
        _ = try await self.use {
            try JobStore.cancel(id, by: "test", reason: nil, on: $0)
        } memory: { queue, now throws(StoreError) in
            try queue.cancel(id, by: "test", reason: nil, now: now)
        }
    }

    func pause(_ id: Job.ID) async throws {
        _ = try await self.use {
            _ = try JobStore.pause(id, by: "test", reason: nil, on: $0)
        } memory: { queue, now throws(StoreError) in
            try queue.pause(id, by: "test", reason: nil, now: now)
        }
    }

    func resume(_ id: Job.ID) async throws {
        _ = try await self.use {
            _ = try JobStore.resume(id, by: "test", on: $0)
        } memory: { queue, now throws(StoreError) in
            try queue.resume(id, by: "test", now: now)
        }
    }

    func fork(_ id: Job.ID, from step: Int) async throws -> Job.ID {
        try await self.use {
            try JobStore.fork(id, from: step, by: "test", on: $0)
        } memory: { queue, now throws(StoreError) in
            try queue.fork(id, from: step, by: "test", now: now)
        }
    }

    func retry(_ id: Job.ID, from point: Job.ResumePoint, variables: Object) async throws -> Job.ID {
        try await self.use {
            try JobStore.retry(id, from: point, by: "test", variables: variables, on: $0)
        } memory: { queue, now throws(StoreError) in
            try queue.retry(id, from: point, by: "test", variables: variables, now: now)
        }
    }

    func changePolicy(of tenant: Tenant.ID, _ change: @escaping @Sendable (inout SafetyPolicy) -> Void) async throws {
        try await self.use(of: tenant) {
            _ = try PolicyStore.change(by: "test", on: $0, change)
        } memory: { queue, now throws(StoreError) in
            queue.changePolicy(by: "test", now: now, change)
        }
    }

    /// What the background loops do.
    func sweep(at now: Date) async throws {
        switch self.store {
        case .database(let database): _ = try await database.asSystem { try LeaseStore.sweep(now: now, on: $0) }
        case .memory(let queue): try queue.access { queue, _ throws(StoreError) in _ = queue.sweep(now: now) }
        }
    }

    func promoteDue() async throws {
        switch self.store {
        case .database(let database): _ = try await database.asSystem { try LeaseStore.promoteDue(on: $0) }
        case .memory(let queue): try queue.access { queue, now throws(StoreError) in _ = queue.promoteDue(now: now) }
        }
    }

    private func use<Result: Sendable>(
        of tenant: Tenant.ID = .default, _ body: @Sendable (isolated PostgresConnection) throws -> Result,
        memory: (inout MemoryQueue, Date) throws(StoreError) -> Result
    ) async throws -> Result {
        switch self.store {
        case .database(let database): try await database.asTenant(tenant, body)
        case .memory(let queue): try queue.access(memory)
        }
    }
}
