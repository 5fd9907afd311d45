import CasareClient
import CasareDomain
package import CasareEngine
package import CasarePostgres
import CasareSettings
import CasareStore
package import Logging
import Tracing

extension RobotAgent {
    /// Connections of a SQL robot beside the one of its session: reports wait for each other beyond that.
    private static let connectionsMax = 4

    /// A robot as its environment describes it.
    ///
    /// - Throws: `SettingError` for an orchestrator's URL that is none.
    package init(
        _ settings: RobotSettings, catalogue: NodeCatalogue, watchers: Watchers? = nil,
        telemetry: RobotTelemetry? = nil, observer: (any StatementObserver)? = nil, logger: Logger
    ) throws {
        let broker: any Broker
        var logger = logger
        switch settings.connection {
        case .database(var configuration):
            logger[metadataKey: "tenant"] = .string(Tenant.defaultName)
            configuration.applicationName = "casare-robot \(settings.robot.description.id)"
            broker = SQLBroker(
                database: Database(
                    configuration, connectionsMax: Self.connectionsMax, tenant: .default, for: .robot,
                    observer: observer),
                leaseDuration: settings.leaseDuration, keys: settings.keys, providers: settings.providers,
                metrics: telemetry?.metrics, logger: logger)
        case .api(let url, let token, let tls):
            if tls.isVerificationOff {
                logger.warning(
                    "The orchestrator's certificate is not verified: whoever is on the way can read and change everything",
                    metadata: ["setting": .string(RobotSettings.Settings.verificationOff.declaration.variable)])
            }
            do {
                broker = try APIBroker(
                    url: url, token: token, tls: tls, metrics: telemetry?.metrics,
                    tracer: telemetry?.tracer ?? NoOpTracer())
            } catch {
                throw SettingError(RobotSettings.Settings.url.declaration.variable, "cannot be used: \(error)")
            }
        }
        self.init(
            broker: Self.withFaults(broker, settings), catalogue: catalogue, watchers: watchers,
            configuration: settings.robot, telemetry: telemetry, logger: logger)
    }

    private static func withFaults(_ broker: any Broker, _ settings: RobotSettings) -> any Broker {
        #if DEBUG || CASARE_FAULTS
            guard settings.faults.faults.isEmpty else { return FaultyBroker(broker, settings.faults) }
        #endif
        return broker
    }
}
