import ArgumentParser
import CasareNodes
import CasareRobot
import CasareWire
import Configuration
import Logging
import ServiceLifecycle
import UnixSignals

@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "casare-robot",
        abstract: "Leases jobs and runs them, until it is stopped.",
        discussion: """
            It is configured by its environment:

              DATABASE_URL                work over SQL on this database, or
              CASARE_URL, CASARE_TOKEN    work over an orchestrator (or CASARE_TOKEN_FILE)
              CASARE_ROBOT_ID             who it is (default robot-HOSTNAME)
              CASARE_ROBOT_SLOTS          jobs at once, 1–1000 (default 4)
              CASARE_ROBOT_TAGS, CASARE_ROBOT_CAPABILITIES, CASARE_ENVIRONMENT
              CASARE_WORKING_DIRECTORY    where runs have their directories
              CASARE_LEASE_SECONDS        life of the session without a heartbeat (default 30)
              CASARE_SHUTDOWN_GRACE       seconds that a stop waits for steps under way (default 60)
              CASARE_ALLOW_DANGEROUS      let nodes override the path, command and URL rules (default false)
              CASARE_ALLOW_INTERNAL_URLS  let nodes send requests to this machine and its network (default false)
              LOG_LEVEL                   trace, debug, info, notice, warning, error (default info)

            SIGTERM and SIGINT stop it gracefully: jobs end after the step they are in and are handed back.
            """,
        version: CasareVersion.current)

    func run() async throws {
        let config = ConfigReader(provider: EnvironmentVariablesProvider())
        var logger = Logger(label: "casare.robot", factory: StreamLogHandler.standardError(label:))
        if let text = config.string(forKey: "log.level") {
            guard let level = Logger.Level(rawValue: text.lowercased()) else {
                throw ValidationError(
                    "LOG_LEVEL: \"\(text)\" is not a level; write trace, debug, info, notice, warning or error")
            }
            logger.logLevel = level
        }
        let agent: RobotAgent
        do {
            agent = try RobotAgent(
                try RobotSettings(config: config), catalogue: StandardNodes.catalogue, logger: logger)
        } catch {
            throw ValidationError("\(error)")
        }
        try await ServiceGroup(
            services: [agent], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }
}
