package import CasareDomain

/// Somebody who watches a run node by node: a workbench. Without one a run spends nothing on it.
package struct RunObserver: Sendable {
    package enum Decision: Sendable {
        case proceed
        /// The run ends before this node, as if it had been asked to stop.
        case stop
        /// These variables are set where the node will look for them, and the observer is asked about the node again.
        ///
        /// Only for a run without a journal, because a replay would not know of them, and not at a visit that
        /// `isPass`: what follows it may look elsewhere.
        case set(Object)
    }

    /// Whether visits say what nodes are given and give, which costs much more; with `beforeNode` they do. Without it a
    /// run has the same result and the same log as one that nobody watches.
    package var seesValues = true
    /// Asked after each `nodeStarted`. As soon as it says so, no visit begins any more, those that are open still end,
    /// and the run goes on as if nobody watched it.
    package var hasSeenEnough: (@Sendable () -> Bool)?
    /// Told before a node is executed, and after.
    package var nodeStarted: @Sendable (NodeVisit) -> Void
    package var nodeFinished: @Sendable (NodeVisitEnd) -> Void
    /// Told at the end of a run, or when it is left, how many executions of nodes there were, passes of loops and what is
    /// known from the journal included: also of those that it had seen enough of.
    package var runEnded: (@Sendable (_ executions: Int) -> Void)?
    /// Waited for before each node; the time that it takes does not count for the job. Replayed nodes are passed by.
    package var beforeNode: (@Sendable (NodeVisit) async throws -> Decision)?

    package init(
        seesValues: Bool = true, hasSeenEnough: (@Sendable () -> Bool)? = nil,
        nodeStarted: @escaping @Sendable (NodeVisit) -> Void = { _ in },
        nodeFinished: @escaping @Sendable (NodeVisitEnd) -> Void = { _ in },
        runEnded: (@Sendable (_ executions: Int) -> Void)? = nil,
        beforeNode: (@Sendable (NodeVisit) async throws -> Decision)? = nil
    ) {
        self.seesValues = seesValues
        self.hasSeenEnough = hasSeenEnough
        self.nodeStarted = nodeStarted
        self.nodeFinished = nodeFinished
        self.runEnded = runEnded
        self.beforeNode = beforeNode
    }
}

/// A node whose turn has come. Every pass of a loop and every attempt of a retry is a visit of its own; what runs
/// inside a structure has the structure in its `enclosing`. Values of sensitive variables are masked, and what
/// `SecretNames` knows.
package struct NodeVisit: Sendable {
    /// Counts the visits of a run, from 0.
    package let number: Int
    package let node: String
    package let nodeType: String
    /// What people call the node.
    package let name: String?
    /// The workflow that the node is in: a called one has a name of its own.
    package let workflow: String
    /// The parameters as the node gets them; none where one of them does not fit, which the visit's end says.
    package let inputs: Object
    /// It is disabled and will be passed by.
    package let isBypassed: Bool
    /// Which try this is of a node that is executed again after a failure, by the `retry_count` setting or an
    /// ErrorRecovery node; from 1.
    package let attempt: Int
    /// What the node sees; only where the observer wants to be waited for.
    package var scope: ScopeView?
    /// The open loops, tries, branches and calls around the node, the outermost first.
    package let enclosing: [EnclosingStructure]
    /// What follows is known from the journal: it happened in an earlier attempt.
    package internal(set) var isReplayed = false
    /// Nothing is about to be executed: a loop goes round again, an error has come to a Catch, a disabled node is
    /// passed by.
    package internal(set) var isPass = false
    /// How an execution of it is journaled.
    package internal(set) var effect: NodeType.Effect?

    /// The variables that the node sees; none where nobody wants to be waited for.
    package var variables: Object { self.scope?.variables ?? [:] }
}

/// A structure that is being carried out.
package struct EnclosingStructure: Hashable, Sendable {
    package enum Kind: String, Sendable, Codable {
        case loop, tryBody = "try", catchBody = "catch", finallyBody = "finally", retry, protected, onError = "on_error"
        case branch, item, call
    }

    package let kind: Kind
    package let node: String
    package let workflow: String
    /// The pass, attempt, branch or item, counted from 1.
    package let count: Int?
    /// How many passes, branches or items there will be, where that is known.
    package var total: Int?
    /// What the pass or item is about.
    package var item: Value?
    /// The branch's port, or the name of the workflow that is called.
    package var detail: String?
}

/// How a visit ended.
package struct NodeVisitEnd: Sendable {
    package let number: Int
    package let node: String
    package let nodeType: String
    package let outputs: Object
    /// The failure, whether anything handles it or not.
    package let error: String?
    package let errorType: String?
    /// The exec output that was chosen; `nil` where none was, as by an error that nothing is connected for.
    package let port: String?
    /// From the visit's start; of a structure, until it was entered.
    package internal(set) var duration = Duration.zero
    package internal(set) var isReplayed = false
}
