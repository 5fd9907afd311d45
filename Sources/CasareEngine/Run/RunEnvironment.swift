import CasareDomain
package import FoundationEssentials
package import Tracing

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
    /// Does the work of a step within its time, and gives back what that gave or throws what it threw, which
    /// `PerformedStep.failure(_:)` understands. It may see to it that something is current meanwhile, such as the step's
    /// span. Called for what is done now: neither for steps that are known from the journal nor for sessions that are
    /// opened again.
    package var around: Around?
    /// Makes the spans of what nodes have servers do.
    package var tracer: any Tracer

    package typealias Around =
        @Sendable (_ step: PerformedStep, _ work: @escaping @Sendable () async throws -> NodeResult) async throws
        -> NodeResult

    package init(
        workingDirectory: String, openWorkingDirectory: @escaping @Sendable () throws(NodeFailure) -> Void = {},
        policy: NodePolicy = .standard,
        now: @escaping @Sendable () -> Date = { Date() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        isStopRequested: @escaping @Sendable () -> Bool = { false }, executionsMax: Int = 1_000_000,
        submitter: (any JobSubmitter)? = nil,
        secrets: (@Sendable (SecretRequest) async throws -> [String: SecretAnswer])? = nil,
        onEvent: (@Sendable (RunEvent) -> Void)? = nil, onProgress: (@Sendable (RunPosition) -> Void)? = nil,
        onStep: (@Sendable (Duration?) -> Void)? = nil, observer: RunObserver? = nil, around: Around? = nil,
        tracer: any Tracer = NoOpTracer()
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
        self.around = around
        self.tracer = tracer
    }
}

/// A step that is about to be done.
package struct PerformedStep: Hashable, Sendable {
    /// Its number in the journal.
    package let step: Int
    package let node: String
    package let nodeType: String
    /// What people call the node.
    package let name: String?
    /// The workflow that the node is in: a called one has a name of its own.
    package let workflow: String
    package let effect: NodeType.Effect
    /// Which try this is of a node that is executed again after a failure; from 1.
    package let attempt: Int
    /// The number of the node's visit; `nil` when the observer is told of none.
    package let visit: Int?
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
