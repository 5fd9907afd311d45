import CasareDomain
package import FoundationEssentials

/// The world as a run sees it.
package struct RunEnvironment: Sendable {
    package var workingDirectory: String
    /// Asked before each node that is performed: the working directory must be there from then on. A run that performs
    /// nothing never asks.
    package var openWorkingDirectory: @Sendable () throws(NodeFailure) -> Void
    package var policy: NodePolicy
    package var now: @Sendable () -> Date
    package var sleep: @Sendable (Duration) async throws -> Void
    /// Asked between steps, and twice a second in waits: whether the run should stop where another robot can go on.
    package var isStopRequested: @Sendable () -> Bool
    /// Node executions that a run may have (workflow format §7).
    package var executionsMax: Int
    /// Where nodes submit jobs; `nil`: they run what they call themselves.
    package var submitter: (any JobSubmitter)?
    /// Answers, for every reference that is asked for, with the values or the reason why not. Asked at most once by a
    /// run, and by none whose workflow names no secret. `nil`: there is nowhere to ask, and no secret can be had.
    package var secrets: (@Sendable (SecretRequest) async throws -> [String: SecretAnswer])?
    /// Told of progress as it happens; what is replayed from the journal is not told again.
    package var onEvent: (@Sendable (RunEvent) -> Void)?
    /// Told where the run is, often enough to show it: before each step and each wait, and every few thousand pure
    /// nodes.
    package var onProgress: (@Sendable (RunPosition) -> Void)?
    /// Told that a step begins, and within which time the run itself will end it; or with `nil` that it has ended.
    package var onStep: (@Sendable (Duration?) -> Void)?
    /// Watches node by node; it costs much more than `onEvent`.
    package var observer: RunObserver?

    package init(
        workingDirectory: String, openWorkingDirectory: @escaping @Sendable () throws(NodeFailure) -> Void = {},
        policy: NodePolicy = .standard,
        now: @escaping @Sendable () -> Date = { Date() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        isStopRequested: @escaping @Sendable () -> Bool = { false }, executionsMax: Int = 1_000_000,
        submitter: (any JobSubmitter)? = nil,
        secrets: (@Sendable (SecretRequest) async throws -> [String: SecretAnswer])? = nil,
        onEvent: (@Sendable (RunEvent) -> Void)? = nil, onProgress: (@Sendable (RunPosition) -> Void)? = nil,
        onStep: (@Sendable (Duration?) -> Void)? = nil, observer: RunObserver? = nil
    ) {
        self.workingDirectory = workingDirectory
        self.openWorkingDirectory = openWorkingDirectory
        self.policy = policy
        self.now = now
        self.sleep = sleep
        self.isStopRequested = isStopRequested
        self.executionsMax = executionsMax
        self.submitter = submitter
        self.secrets = secrets
        self.onEvent = onEvent
        self.onProgress = onProgress
        self.onStep = onStep
        self.observer = observer
    }
}

/// How far a run has come.
package struct RunPosition: Sendable {
    /// Executions of nodes, passes of loops included.
    package let executed: Int
    /// The node that is about to be executed, and what people call it; `nil`: one of many, or a wait.
    package let node: String?
    package let name: String?
    /// The structures around it, the outermost first; without what their passes are about.
    package let enclosing: [EnclosingStructure]
}

/// Something that happened in a run. Pure nodes are too many and too quick to be told of one by one.
package enum RunEvent: Sendable {
    case stepStarted(step: Int, node: String, nodeType: String)
    case stepFinished(step: Int, node: String, error: String?)
    /// Written by a node, or a remark of the engine's that is of use to somebody who looks on.
    case log(level: PureContext.LogLevel, node: String, message: String)
    /// The run goes on, but perhaps not as it was meant to: a template without a value, a loop cut at its limit. The
    /// engine says it once for each node.
    case warning(node: String, message: String)
}
