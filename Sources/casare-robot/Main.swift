import ArgumentParser
import CasareNodes
import CasareRobot
import CasareSettings
import CasareWire
import Configuration
import Logging
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
            SIGTERM and SIGINT stop it gracefully: jobs end after the step they are in, or in a wait, and are handed \
            back.
            """,
        version: CasareVersion.current)

    func run() async throws {
        do {
            let settings = try RobotSettings(config: ConfigReader(provider: EnvironmentVariablesProvider()))
            var logger = Logger(label: "casare.robot", factory: StreamLogHandler.standardError(label:))
            logger.logLevel = settings.logLevel
            // Of a robot that was killed here while it ran a script.
            PrivateFolder.removeAbandoned()
            // Before the agent, which has an HTTP client that must be closed.
            let renewal = try CertificateRenewal(settings, logger: logger)
            let agent = try RobotAgent(
                settings, catalogue: StandardNodes.catalogue, watchers: StandardWatchers.all, logger: logger)
            // It ends by itself when somebody asks it to.
            var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
                .init(service: agent, successTerminationBehavior: .gracefullyShutdownGroup)
            ]
            if let renewal { services.append(.init(service: renewal)) }
            try await ServiceGroup(
                configuration: .init(
                    services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            ).run()
        } catch {
            throw ExitCode(StartFailure.report(error, of: "casare-robot"))
        }
    }
}
