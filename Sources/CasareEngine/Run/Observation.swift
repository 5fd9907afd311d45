package import CasareDomain

/// Somebody who watches a run node by node: a workbench. Without one a run spends nothing on it.
package struct RunObserver: Sendable {
    package enum Decision: Sendable {
        case proceed
        /// The run ends before this node, as if it had been asked to stop.
        case stop
    }

    /// Told before a node is executed, and after.
    package var nodeStarted: @Sendable (NodeVisit) -> Void
    package var nodeFinished: @Sendable (NodeVisitEnd) -> Void
    /// Waited for before each node; the time that it takes does not count for the job. Replayed nodes are passed by.
    package var beforeNode: (@Sendable (NodeVisit) async throws -> Decision)?

    package init(
        nodeStarted: @escaping @Sendable (NodeVisit) -> Void = { _ in },
        nodeFinished: @escaping @Sendable (NodeVisitEnd) -> Void = { _ in },
        beforeNode: (@Sendable (NodeVisit) async throws -> Decision)? = nil
    ) {
        self.nodeStarted = nodeStarted
        self.nodeFinished = nodeFinished
        self.beforeNode = beforeNode
    }
}

/// A node whose turn has come. Every pass of a loop and every attempt of a retry is a visit of its own; what runs inside
/// a structure has the structure in its `enclosing`. Values of sensitive variables are masked.
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
    /// The variables that the node sees; only where the observer wants to be waited for.
    package let variables: Object
    /// The open loops, tries, branches and calls around the node, the outermost first.
    package let enclosing: [EnclosingStructure]
    /// What follows is known from the journal: it happened in an earlier attempt.
    package internal(set) var isReplayed = false
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
    /// From the visit's start; of a structure, until it was entered.
    package internal(set) var duration = Duration.zero
    package internal(set) var isReplayed = false
}
