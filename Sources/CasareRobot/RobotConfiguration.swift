package import CasareEngine

/// How a robot behaves.
package struct RobotConfiguration: Sendable {
    package var description: RobotDescription
    /// Runs have their directories below it.
    package var workingDirectory: String
    /// What holds where a job's tenant says nothing else.
    package var policy: NodePolicy
    /// Whether tenants may only tighten `policy`.
    package var refusesLoosening: Bool
    /// How long a graceful stop waits for steps that are under way.
    package var shutdownGrace: Duration
    /// How long a job that is cut off may take to end: its step, which is cancelled, and the processes that it started.
    /// Then it never will, and is waited for no longer.
    package var cutOffGrace: Duration
    /// What of its log is kept where it works; `nil`: nothing.
    package var keptLog: KeptLog?

    package init(
        description: RobotDescription, workingDirectory: String, policy: NodePolicy = .standard,
        refusesLoosening: Bool = false, shutdownGrace: Duration = .seconds(60), cutOffGrace: Duration = .seconds(60),
        keptLog: KeptLog? = nil
    ) {
        self.description = description
        self.workingDirectory = workingDirectory
        self.policy = policy
        self.refusesLoosening = refusesLoosening
        self.shutdownGrace = shutdownGrace
        self.cutOffGrace = cutOffGrace
        self.keptLog = keptLog
    }
}
