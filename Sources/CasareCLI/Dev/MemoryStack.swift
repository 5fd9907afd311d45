import CasareNodes
import CasareOTLP
import CasareOrchestrator
import CasareRobot
import CasareStore
import FoundationEssentials
import Logging
import ServiceLifecycle
import UnixSignals

/// The API and a robot in one process, on a queue in memory: for machines without PostgreSQL.
struct MemoryStack: Sendable {
    let settings: DevSettings
    let telemetry: ServiceTelemetry
    private var logger: Logger { self.telemetry.logger }

    /// Runs until ^C or SIGTERM. Nothing is kept then.
    ///
    /// - Parameter knownToken: A token of an earlier run, which stays the one of this.
    func run(knownToken: String?, ready: @escaping DevStack.Ready) async throws {
        let queue = SharedMemoryQueue()
        let text = knownToken.flatMap { TokenText($0) } ?? .random()
        let server = MemoryOrchestrator(
            host: DevSettings.host, port: self.settings.port, queue: queue,
            token: SoleToken(text, name: DevSettings.contextName),
            catalogue: StandardNodes.catalogue, logger: self.logger, registry: self.telemetry.sender.registry,
            tracer: self.telemetry.sender.tracer)
        var services: [any Service] = [self.telemetry.sender, server]
        if self.settings.runsRobot {
            let robot = RobotAgent(
                broker: MemoryBroker(queue), catalogue: StandardNodes.catalogue,
                configuration: try self.settings.robot, telemetry: self.telemetry.ofRobot(try self.settings.robot),
                logger: self.logger)
            services.append(RobotBehindServer(port: { try await server.boundPort }, robot: robot))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: [.sigint, .sigterm], logger: self.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                // A server that cannot listen ends the group too, and that error says why.
                guard let port = try? await server.boundPort,
                    let url = ServerURL("http://\(DevSettings.host):\(port)")
                else { return }
                do {
                    try ready(url, text.reveal(), nil)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
            }
            try await tasks.waitForAll()
        }
    }
}
