package import CasareEngine
package import CasarePostgres
import CasareProviders
import CasareStore
package import CasareTelemetry
package import Configuration
package import Logging
package import ServiceLifecycle
package import Tracing
import UnixSignals

/// What the executable does: read the settings, build the parts, run them until a signal.
package enum OrchestratorProgram {
    /// Returns after SIGTERM or SIGINT, when everything that was begun is finished.
    ///
    /// - Parameters:
    ///   - registry: counts.
    ///   - tracer: makes the spans of requests.
    ///   - observer: is told of statements.
    ///   - sender: what sends all of it; it ends last.
    /// - Throws: `SettingError` or `OrchestratorError`: one line for people.
    package static func run(
        config: ConfigReader, catalogue: NodeCatalogue, registry: MetricRegistry, tracer: any Tracer,
        observer: any StatementObserver, sender: any Service, logger: Logger
    ) async throws {
        let configuration = try OrchestratorConfiguration(config: config)
        let database = Database(
            configuration.database, connectionsMax: configuration.databaseConnectionsMax, observer: observer)
        let orchestrator = Orchestrator(
            configuration: configuration, database: database, catalogue: catalogue, logger: logger,
            registry: registry, tracer: tracer)
        let group = ServiceGroup(
            configuration: .init(
                services: [sender, orchestrator], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
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
