import CasareDomain
package import FoundationEssentials

/// The world as a run sees it.
package struct RunEnvironment: Sendable {
    package var workingDirectory: String
    package var policy: NodePolicy
    package var now: @Sendable () -> Date
    package var sleep: @Sendable (Duration) async throws -> Void
    /// Asked between steps: whether the run should stop where another robot can go on.
    package var isStopRequested: @Sendable () -> Bool
    /// Node executions that a run may have (workflow format §7).
    package var executionsMax: Int
    /// Told of progress as it happens; what is replayed from the journal is not told again.
    package var onEvent: (@Sendable (RunEvent) -> Void)?

    package init(
        workingDirectory: String, policy: NodePolicy = .standard,
        now: @escaping @Sendable () -> Date = { Date() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        isStopRequested: @escaping @Sendable () -> Bool = { false }, executionsMax: Int = 1_000_000,
        onEvent: (@Sendable (RunEvent) -> Void)? = nil
    ) {
        self.workingDirectory = workingDirectory
        self.policy = policy
        self.now = now
        self.sleep = sleep
        self.isStopRequested = isStopRequested
        self.executionsMax = executionsMax
        self.onEvent = onEvent
    }
}

/// Something that happened in a run. Pure nodes are too many and too quick to be told of one by one.
package enum RunEvent: Sendable {
    case stepStarted(step: Int, node: String, nodeType: String)
    case stepFinished(step: Int, node: String, error: String?)
    case log(level: PureContext.LogLevel, node: String, message: String)
}
