import ArgumentParser
import CasareDomain
import CasareNodes
import CasareOTLP
import CasareRobot
import CasareSettings
import CasareTelemetry
import CasareWire
import Configuration
import ServiceLifecycle
import UnixSignals

@main
enum Program {
    static func main() { MainTask.run { await Main.main() } }
}

struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "casare-robot",
        abstract: "Leases jobs and runs them, until it is stopped.",
        discussion: """
            It is configured by its environment, and works over SQL (DATABASE_URL) or over an orchestrator (CASARE_URL \
            and a token or a certificate):

            \(SettingsText.help(RobotSettings.Settings.all))
            \(TelemetryVariables.help)
            SIGTERM and SIGINT stop it gracefully: jobs end after the step they are in, or in a wait, and are handed \
            back.
            """,
        version: CasareVersion.current)

    func run() async throws {
        do {
            let config = ConfigReader(provider: EnvironmentVariablesProvider())
            let settings = try RobotSettings(config: config)
            let description = settings.robot.description
            let telemetry = try ServiceTelemetry(
                config: config, program: .robot, label: "casare.robot", instance: .robot(description.id))
            let (logger, sender) = (telemetry.logger, telemetry.sender)
            RegistryMetricsFactory.bootstrap(sender.registry)
            // Of a robot that was killed here while it ran a script.
            PrivateFolder.removeAbandoned()
            // Before the agent, which has an HTTP client that must be closed.
            let renewal = try CertificateRenewal(settings, logger: logger)
            let agent = try RobotAgent(
                settings, catalogue: StandardNodes.catalogue, watchers: StandardWatchers.all,
                telemetry: RobotTelemetry(
                    of: description, tracer: sender.tracer, registry: sender.registry, sink: telemetry.sink),
                observer: telemetry.statements, logger: logger)
            var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: sender)]
            if let metrics = settings.metrics {
                services.append(
                    .init(
                        service: MetricsServer(
                            host: metrics.host, port: metrics.port, registry: sender.registry,
                            resource: telemetry.resource, logger: logger)))
            }
            // It ends by itself when somebody asks it to.
            services.append(.init(service: agent, successTerminationBehavior: .gracefullyShutdownGroup))
            if let renewal { services.append(.init(service: renewal)) }
            let group = ServiceGroup(
                configuration: .init(
                    services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
            try await TraceRoots.$current.withValue(sender.roots) { try await group.run() }
        } catch {
            throw ExitCode(StartFailure.report(error, of: "casare-robot"))
        }
    }
}
