package import CasareEngine

/// How a robot behaves.
package struct RobotConfiguration: Sendable {
    package var description: RobotDescription
    /// Runs have their directories below it.
    package var workingDirectory: String
    package var policy: NodePolicy
    /// How long a graceful stop waits for steps that are under way.
    package var shutdownGrace: Duration

    package init(
        description: RobotDescription, workingDirectory: String, policy: NodePolicy = .standard,
        shutdownGrace: Duration = .seconds(60)
    ) {
        self.description = description
        self.workingDirectory = workingDirectory
        self.policy = policy
        self.shutdownGrace = shutdownGrace
    }
}
