package import CasareEngine
import CasareProviders
import CasareStore
package import Configuration
package import Logging
import ServiceLifecycle
import UnixSignals

/// What the executable does: read the settings, build the parts, run them until a signal.
package enum OrchestratorProgram {
    /// Returns after SIGTERM or SIGINT, when everything that was begun is finished.
    ///
    /// - Throws: `SettingError` or `OrchestratorError`: one line for people.
    package static func run(
        config: ConfigReader, catalogue: NodeCatalogue, makeLogger: (Logger.Level) -> Logger
    ) async throws {
        let configuration = try OrchestratorConfiguration(config: config)
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
            await configuration.providers.close()
            await database.close()
            throw error
        }
        await configuration.providers.close()
        await database.close()
    }
}
