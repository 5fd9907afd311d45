import CasareDomain
import CasareEngine
import CasareRobot
import ServiceLifecycle

extension DevSettings {
    /// Steps under way are given this long on ^C.
    private static let shutdownGrace = Duration.seconds(10)

    /// How the robot in the process is set up.
    var robot: RobotConfiguration {
        get throws(CommandFailure) {
            guard let id = Robot.ID(rawValue: Self.robotName) else {
                preconditionFailure("\(Self.robotName) is no robot's ID")
            }
            // A workflow has no business in the database's files, nor with the tokens of other servers.
            let denied = [self.clusterFolder, try UserFolders.configuration(.process)]
            return RobotConfiguration(
                description: RobotDescription(
                    id: id, environment: "default", tags: [], capabilities: [], slots: self.slots),
                workingDirectory: self.runsFolder,
                // It is for trying things out on one's own machine, beside the servers that one tries them with.
                policy: NodePolicy(deniedPaths: denied, allowsInternalURLs: true),
                shutdownGrace: Self.shutdownGrace)
        }
    }
}

/// Opens the robot's session once the server listens: when its port is taken, that is all there is to say.
struct RobotBehindServer: Service {
    let port: @Sendable () async throws -> Int
    let robot: RobotAgent

    func run() async throws {
        guard (try? await self.port()) != nil else {
            // The server's own error ends the group.
            return try await gracefulShutdown()
        }
        try await self.robot.run()
        // Everything else goes on, so nothing would show that jobs wait from now on.
        if !Task.isShuttingDownGracefully, !Task.isCancelled { StandardStreams.report(DevMessages.robotEnded) }
    }
}
