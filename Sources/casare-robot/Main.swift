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
            It is configured by its environment, and works over SQL (DATABASE_URL) or over an orchestrator (CASARE_URL and \
            a token):

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
            let agent = try RobotAgent(
                settings, catalogue: StandardNodes.catalogue, watchers: StandardWatchers.all, logger: logger)
            // It ends by itself when somebody asks it to.
            try await ServiceGroup(
                configuration: .init(
                    services: [.init(service: agent, successTerminationBehavior: .gracefullyShutdownGroup)],
                    gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            ).run()
        } catch {
            throw ExitCode(StartFailure.report(error, of: "casare-robot"))
        }
    }
}
