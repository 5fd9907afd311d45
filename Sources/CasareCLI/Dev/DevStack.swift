import CasareDomain
import CasareNodes
import CasareOTLP
import CasareOrchestrator
import CasarePostgres
import CasareProviders
import CasareRobot
import CasareStore
import Configuration
import FoundationEssentials
import Logging
import ServiceLifecycle
import UnixSignals

/// All parts of Casare in one process, on a Postgres of its own.
struct DevStack: Sendable {
    private static let databaseName = "casare"
    /// Connections of the orchestrator; the robot has its own.
    private static let orchestratorConnectionsMax = 10
    private static let robotConnectionsMax = 4

    let settings: DevSettings
    /// What services are told by their environment.
    let config: ConfigReader
    let telemetry: ServiceTelemetry
    private var logger: Logger { self.telemetry.logger }

    /// Called once the server takes requests.
    typealias Ready = @Sendable (ServerURL, _ token: String, _ databaseURL: String?) throws -> Void

    /// Runs until ^C or SIGTERM, then stops the parts in the reverse order of their start.
    ///
    /// - Parameter knownToken: A token of an earlier run, used again while it is valid.
    func run(knownToken: String?, ready: @escaping Ready) async throws {
        // Before PostgreSQL is started: a setting that is wrong is said at once.
        let configuration = try self.settings.orchestrator(self.config)
        do {
            try await self.run(configuration, knownToken: knownToken, ready: ready)
        } catch {
            await configuration.providers.close()
            throw error
        }
        await configuration.providers.close()
    }

    private func run(
        _ orchestrator: OrchestratorConfiguration, knownToken: String?, ready: @escaping Ready
    ) async throws {
        let cluster = try await KeptCluster.start(.init(folder: self.settings.clusterFolder))
        do {
            let configuration = try await Self.migratedDatabase(on: cluster)
            let database = Database(
                configuration, connectionsMax: Self.orchestratorConnectionsMax, observer: self.telemetry.statements)
            do {
                let token = try await Self.token(knownToken, in: database)
                try await self.serve(
                    orchestrator, database, on: cluster, token: token,
                    databaseURL: await cluster.url(database: Self.databaseName), ready: ready)
                await database.close()
            } catch {
                await database.close()
                throw error
            }
            await cluster.stop()
        } catch {
            await cluster.stop()
            throw error
        }
    }

    private enum Part {
        case services, announcement, cluster
    }

    private func serve(
        _ given: OrchestratorConfiguration, _ database: Database, on cluster: KeptCluster, token: String,
        databaseURL: String, ready: @escaping Ready
    ) async throws {
        let catalogue = StandardNodes.catalogue
        var configuration = given
        configuration.database = database.configuration
        let orchestrator = Orchestrator(
            configuration: configuration, database: database, catalogue: catalogue, logger: self.logger,
            registry: self.telemetry.sender.registry, tracer: self.telemetry.sender.tracer)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: self.telemetry.sender), .init(service: orchestrator),
        ]
        if self.settings.runsRobot {
            let robotDatabase = Database(database.configuration, connectionsMax: Self.robotConnectionsMax, for: .robot)
            let telemetry = self.telemetry.ofRobot(try self.settings.robot)
            var robotConfiguration = try self.settings.robot
            // The process has an orchestrator as well.
            robotConfiguration.keptLog = KeptLog(level: .info, isOfWholeProcess: false)
            let robot = RobotAgent(
                broker: SQLBroker(
                    database: robotDatabase, keys: configuration.keys,
                    providers: try self.settings.providers(self.config), metrics: telemetry.metrics,
                    logger: self.logger),
                catalogue: catalogue, watchers: StandardWatchers.all, configuration: robotConfiguration,
                telemetry: telemetry, logger: self.logger)
            // Whoever drains or stops the robot keeps the rest.
            services.append(
                .init(
                    service: RobotBehindServer(port: { try await orchestrator.boundPort }, robot: robot),
                    successTerminationBehavior: .ignore))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: [.sigint, .sigterm], logger: self.logger))
        try await withThrowingTaskGroup(of: Part.self) { tasks in
            tasks.addTask {
                try await group.run()
                return .services
            }
            tasks.addTask {
                // A server that cannot listen ends the group too, and that error says why.
                guard let port = try? await orchestrator.boundPort,
                    let url = ServerURL("http://\(DevSettings.host):\(port)")
                else { return .announcement }
                do {
                    try ready(url, token, databaseURL)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                return .announcement
            }
            tasks.addTask {
                try await cluster.keep()
                return .cluster
            }
            for try await part in tasks where part == .services { tasks.cancelAll() }
        }
    }

    // MARK: Database

    private enum Queries {
        static let exists = Query("SELECT 1 FROM pg_database WHERE datname = @name")
    }

    /// Creates the database on the first run, and brings its schema up to date.
    private static func migratedDatabase(on cluster: KeptCluster) async throws -> PostgresConfiguration {
        try await Self.withConnection(await cluster.configuration()) { connection in
            if try connection.execute(Queries.exists, ["name": .text(Self.databaseName)]).isEmpty {
                try connection.script("CREATE DATABASE \(Self.databaseName)")
            }
        }
        let configuration = await cluster.configuration(database: Self.databaseName)
        try await Self.withConnection(configuration) { connection in
            _ = try Migrator().migrate(on: connection)
        }
        return configuration
    }

    private static func withConnection<Result: Sendable>(
        _ configuration: PostgresConfiguration, _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        let connection = try await PostgresConnection.connect(configuration)
        do {
            let result = try await connection.run(body)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The known token while the server knows it, and otherwise a new one of an administrator.
    private static func token(_ known: String?, in database: Database) async throws -> String {
        if let known, let text = TokenText(known),
            let found = try await database.asSystem({ try TokenStore.find(text, on: $0) }),
            found.role == Role.admin.rawValue
        {
            return known
        }
        let name = "\(DevSettings.contextName)-\(UUID().uuidString.prefix(8).lowercased())"
        return try await database.asTenant(.default) { connection in
            let created = try TokenStore.create(name: name, role: .admin, on: connection)
            try AuditLog.append(
                .fromShell("casarectl dev", action: "token.create", subject: name), on: connection)
            return created.text.reveal()
        }
    }
}

extension ServiceTelemetry {
    /// Of a robot in the process: it counts and traces together with the server.
    func ofRobot(_ robot: RobotConfiguration) -> RobotTelemetry {
        RobotTelemetry(
            of: robot.description, tracer: self.sender.tracer, registry: self.sender.registry, sink: self.sink)
    }
}
