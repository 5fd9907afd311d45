import ArgumentParser
import CasareNodes
import CasareOrchestrator
import CasareSettings
import CasareWire
import Configuration
import Logging

@main
enum Program {
    static func main() { MainTask.run { await Main.main() } }
}

struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "casare-orchestrator",
        abstract: "Keeps workflows and jobs in PostgreSQL and serves the API, until it is stopped.",
        discussion: """
            It is configured by its environment:

            \(SettingsText.help(OrchestratorConfiguration.Settings.all))
            The database must be migrated: casarectl db migrate. Any number of orchestrators may share one.
            SIGTERM and SIGINT stop it gracefully.
            """,
        version: CasareVersion.current)

    func run() async throws {
        do {
            try await OrchestratorProgram.run(
                config: ConfigReader(provider: EnvironmentVariablesProvider()), catalogue: StandardNodes.catalogue
            ) { level in
                var logger = Logger(label: "casare.orchestrator") { StreamLogHandler.standardError(label: $0) }
                logger.logLevel = level
                return logger
            }
        } catch {
            throw ExitCode(StartFailure.report(error, of: "casare-orchestrator"))
        }
    }
}
