package import CasareEngine
package import Logging
import CasareStore
import ServiceLifecycle
import UnixSignals

/// What the executable does: read the environment, build the parts, run them until a signal.
package enum OrchestratorProgram {
    /// Returns after SIGTERM or SIGINT, when everything that was begun is finished.
    ///
    /// - Throws: `ConfigurationError` or `OrchestratorError`: one line for people.
    package static func run(
        environment: [String: String], catalogue: NodeCatalogue, makeLogger: (Logger.Level) -> Logger
    ) async throws {
        let configuration = try OrchestratorConfiguration(environment: environment)
        let logger = makeLogger(configuration.logLevel)
        let database = Database(configuration.database, connectionsMax: configuration.databaseConnectionsMax)
        let orchestrator = Orchestrator(
            configuration: configuration, database: database, catalogue: catalogue, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [orchestrator], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }
}
