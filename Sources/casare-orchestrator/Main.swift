import ArgumentParser
import CasareNodes
import CasareOrchestrator
import CasareWire
import FoundationEssentials
import Logging

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "casare-orchestrator",
        abstract: "Keeps workflows and jobs in PostgreSQL and serves the API, until it is stopped.",
        discussion: """
            It is configured by its environment:

              DATABASE_URL                   postgres://user:password@host/database (required)
              CASARE_HOST                    the address to listen on (default 127.0.0.1)
              CASARE_PORT                    the port; 0 takes any free one (default 8000)
              CASARE_DATABASE_CONNECTIONS    connections in all, 2–200 (default 10)
              LOG_LEVEL                      trace, debug, info, notice, warning, error (default info)

            The database must be migrated: casarectl db migrate. Any number of orchestrators may share one.
            SIGTERM and SIGINT stop it gracefully.
            """,
        version: CasareVersion.current)

    func run() async throws {
        do {
            try await OrchestratorProgram.run(
                environment: ProcessInfo.processInfo.environment, catalogue: StandardNodes.catalogue
            ) { level in
                var logger = Logger(label: "casare.orchestrator") { StreamLogHandler.standardError(label: $0) }
                logger.logLevel = level
                return logger
            }
        } catch {
            let line = "casare-orchestrator: \(error)\n"
            _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
            throw ExitCode.failure
        }
    }
}
