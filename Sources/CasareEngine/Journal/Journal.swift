package import CasareDomain
package import FoundationEssentials

/// One journaled step: what was about to happen and, unless its robot died in the middle, how it went.
package struct JournalEntry: Hashable, Sendable {
    /// Position among the run's journaled steps, from 0.
    package var step: Int
    package var node: String
    package var nodeType: String
    package var effect: NodeType.Effect
    /// `nil`: the intent was committed and nothing is known of what followed.
    package var result: StepResult?
    package var startedAt: Date
    package var finishedAt: Date?

    package init(
        step: Int, node: String, nodeType: String, effect: NodeType.Effect, result: StepResult?, startedAt: Date,
        finishedAt: Date?
    ) {
        self.step = step
        self.node = node
        self.nodeType = nodeType
        self.effect = effect
        self.result = result
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// How a journaled step ended.
package enum StepResult: Hashable, Sendable {
    case succeeded(NodeResult)
    case failed(NodeFailure)
}

extension StepResult {
    /// The stored JSON form.
    package var json: Value {
        switch self {
        case .succeeded(let result):
            var json: Object = ["outputs": .object(result.outputs)]
            if let port = result.port { json["port"] = .string(port) }
            return .object(json)
        case .failed(let failure):
            return [
                "error": .string(failure.message), "type": .string(failure.type),
                "business": .bool(failure.isBusiness), "outputs": .object(failure.outputs),
            ]
        }
    }

    /// Reads the stored JSON form; anything unknown in it is ignored.
    package init(json: Value) {
        let outputs = json["outputs"]?.object ?? [:]
        if let message = json["error"]?.string {
            self = .failed(
                NodeFailure(
                    json["type"]?.string ?? "NodeError", message, outputs: outputs,
                    isBusiness: json["business"]?.bool ?? false))
        } else {
            self = .succeeded(NodeResult(outputs, port: json["port"]?.string))
        }
    }
}

/// Where a run keeps what cannot be recomputed.
///
/// Both methods throw when the lease has passed on; the run must then stop at once and write nothing more.
package protocol Journal: Sendable {
    /// Everything recorded for this run by earlier attempts, by step.
    func entries() async throws -> [JournalEntry]

    /// Makes entries durable in one commit. An entry with the step of an intent completes it.
    func record(_ entries: [JournalEntry]) async throws
}
