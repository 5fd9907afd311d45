import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Synchronization

/// Stands where the world was: nodes that would read or change it give what somebody wrote down for them, or end the
/// replay.
final class CapsuleStubs: Sendable {
    /// A step that the run asked for and that nothing answers.
    struct Missing: Hashable, Sendable {
        let step: Int
        let node: String
        let nodeType: String
    }

    private struct State {
        /// The step that is being done.
        var current: Missing?
        var missing: Missing?
        var used: Set<String> = []
    }

    /// Outputs by node.
    private let outputs: [String: Object]
    private let state = Mutex(State())

    init(outputs: [String: Object]) { self.outputs = outputs }

    var missing: Missing? { self.state.withLock(\.missing) }

    /// Nodes that were given outputs and never asked for them, in the order of their names.
    var unused: [String] {
        let used = self.state.withLock(\.used)
        return self.outputs.keys.filter { !used.contains($0) }.sorted()
    }

    func began(_ step: Int, _ node: String, _ nodeType: String) {
        self.state.withLock { $0.current = Missing(step: step, node: node, nodeType: nodeType) }
    }

    /// What the step that was begun last puts out.
    ///
    /// - Throws: `CancellationError` when nobody said: nothing in the workflow can catch that, so the run ends here.
    fileprivate func answer() throws -> Object {
        try self.state.withLock { state in
            guard let step = state.current else { preconditionFailure("A step was done that never began") }
            if let outputs = self.outputs[step.node] {
                state.used.insert(step.node)
                return outputs
            }
            state.missing = state.missing ?? step
            throw CancellationError()
        }
    }

    /// The usual node types, of which none does anything.
    var catalogue: NodeCatalogue {
        NodeCatalogue(
            StandardNodes.catalogue.types.map { type -> NodeType in
                switch type.behaviour {
                case .structure, .pure, .unsupported:
                    return type
                case .perform:
                    var stub = type
                    stub.behaviour = .perform { _, environment in
                        // What was open need not be open for nodes that do nothing.
                        if environment.isReopening { return NodeResult() }
                        return NodeResult(try self.answer())
                    }
                    return stub
                }
            })
    }
}

/// Jobs that a replayed run would have submitted.
extension CapsuleStubs: JobSubmitter {
    func submit(_ submission: JobSubmission, idempotencyKey: String) throws -> String {
        _ = try self.answer()
        return idempotencyKey
    }

    func ending(of job: String) throws -> JobEnding? { JobEnding(failure: nil, variables: try self.answer()) }
}
