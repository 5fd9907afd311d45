package import FoundationEssentials
package import Tracing

/// What a node that reads or changes the world is given to do it with.
package struct NodeEnvironment: Sendable {
    /// Relative paths are resolved against it: the run's own directory.
    package let workingDirectory: String
    package let policy: NodePolicy
    /// `job-id/step`: the same on every repetition of this step, to be sent along as an idempotency key.
    package let idempotencyKey: String
    package let nodeID: String
    /// What the run holds open between its nodes.
    package let session: RunSession
    /// The node was performed before its robot was lost, and is performed again for what it had in the session only;
    /// its recorded result stands.
    package let isReopening: Bool
    /// The step may happen twice, says its `on_recovery`: that it is not known whether it happened is a failure like
    /// any other.
    package let repeatsInDoubt: Bool
    /// When an earlier attempt began the same step, for a node whose type `isTimer`; by another robot's clock, perhaps.
    package let begunAt: Date?
    package let now: @Sendable () -> Date
    /// Tells whoever follows the run of something that is no reason to fail.
    package let warn: @Sendable (String) -> Void
    /// Makes the spans of what the node has others do. What such a span says goes through `masked`.
    package let tracer: any Tracer
    /// Hides the run's secrets in a text that others may read.
    package let masked: @Sendable (String) -> String

    package init(
        workingDirectory: String, policy: NodePolicy, idempotencyKey: String, nodeID: String,
        session: RunSession = RunSession(), isReopening: Bool = false, repeatsInDoubt: Bool = false,
        begunAt: Date? = nil, now: @escaping @Sendable () -> Date,
        warn: @escaping @Sendable (String) -> Void = { _ in }, tracer: any Tracer = NoOpTracer(),
        masked: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.workingDirectory = workingDirectory
        self.policy = policy
        self.idempotencyKey = idempotencyKey
        self.nodeID = nodeID
        self.session = session
        self.isReopening = isReopening
        self.repeatsInDoubt = repeatsInDoubt
        self.begunAt = begunAt
        self.now = now
        self.warn = warn
        self.tracer = tracer
        self.masked = masked
    }
}

/// What workflows may do on this robot (node catalogue §0.4–§0.6).
package struct NodePolicy: Sendable, Hashable {
    /// Whether the built-in path rules bind: the deny-list and the ban on `..`. `allowedRoots` and `deniedPaths` do
    /// wherever they are given, because they protect the robot and not the workflow.
    package var checksPaths: Bool
    /// Whether the rules on commands bind.
    package var checksCommands: Bool
    /// Whether a node's `allow_dangerous_paths`, `allow_dangerous` and `allow_internal_urls` count.
    package var allowsDangerousOverrides: Bool
    /// Files may be read and written below these only; empty: everywhere outside the deny-list.
    package var allowedRoots: [String]
    /// Denied beside the built-in list: the service's own configuration, data and credential directories.
    package var deniedPaths: [String]
    /// Whether nodes may run the code that a workflow carries (Python, shell and JavaScript scripts).
    package var allowsScripts: Bool
    /// Memory that each process of such a script may have of its own.
    package var scriptMemoryBytesMax: Int
    /// Whether requests may go to addresses that only this machine and its network can reach.
    package var allowsInternalURLs: Bool
    /// Servers that are told which trace a request belongs to, and its baggage. None unless they are named.
    package var traceHosts: HostPatterns

    package static let scriptMemoryBytesMaxDefault = 2 << 30

    package init(
        checksPaths: Bool = true, checksCommands: Bool = true,
        allowsDangerousOverrides: Bool = false, allowedRoots: [String] = [], deniedPaths: [String] = [],
        allowsScripts: Bool = true, scriptMemoryBytesMax: Int = NodePolicy.scriptMemoryBytesMaxDefault,
        allowsInternalURLs: Bool = false, traceHosts: HostPatterns = .none
    ) {
        self.checksPaths = checksPaths
        self.checksCommands = checksCommands
        self.allowsDangerousOverrides = allowsDangerousOverrides
        self.allowedRoots = allowedRoots
        self.deniedPaths = deniedPaths
        self.allowsScripts = allowsScripts
        self.scriptMemoryBytesMax = scriptMemoryBytesMax
        self.allowsInternalURLs = allowsInternalURLs
        self.traceHosts = traceHosts
    }

    /// Of a robot that nothing else was said to.
    package static let standard = NodePolicy()
    /// For whoever runs a workflow by hand: it may do what they may do themselves.
    package static let unbound = NodePolicy(checksPaths: false, checksCommands: false, allowsInternalURLs: true)
}
