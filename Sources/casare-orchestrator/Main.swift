import ArgumentParser
import CasareDomain
import CasareNodes
import CasareOTLP
import CasareOrchestrator
import CasareSettings
import CasareTelemetry
import CasareWire
import Configuration

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
            \(TelemetryVariables.help)
            The database must be migrated: casarectl db migrate. Any number of orchestrators may share one.
            SIGTERM and SIGINT stop it gracefully.
            """,
        version: CasareVersion.current)

    func run() async throws {
        do {
            let config = ConfigReader(provider: EnvironmentVariablesProvider())
            let telemetry = try ServiceTelemetry(
                config: config, program: .orchestrator, label: "casare.orchestrator")
            RegistryMetricsFactory.bootstrap(telemetry.sender.registry)
            try await TraceRoots.$current.withValue(telemetry.sender.roots) {
                try await OrchestratorProgram.run(
                    config: config, catalogue: StandardNodes.catalogue, registry: telemetry.sender.registry,
                    tracer: telemetry.sender.tracer, observer: telemetry.statements, sender: telemetry.sender,
                    logger: telemetry.logger)
            }
        } catch {
            throw ExitCode(StartFailure.report(error, of: "casare-orchestrator"))
        }
    }
}
