import CasareDomain
import CasareEngine
import Synchronization

/// A run of a part of a workflow, as its result tells of it.
struct PartialRun: Hashable, Sendable {
    enum Mode: String, Hashable, Sendable {
        /// Up to and including the node.
        case until
        /// The node alone.
        case node
    }

    let mode: Mode
    let node: String
    /// What the node put out last; `nil`: the run did not come to it.
    var outputs: Object?

    /// The published JSON shape.
    var json: Value {
        [
            "mode": .string(self.mode.rawValue), "node": .string(self.node), "reached": .bool(self.outputs != nil),
            "outputs": self.outputs.map(Value.object) ?? .null,
        ]
    }

    var text: String {
        switch (self.mode, self.outputs) {
        case (.node, _): "only \(self.node) was run"
        case (.until, .some): "run up to and including \(self.node), nothing after it"
        case (.until, nil): "to be run up to \(self.node), but did not come to it"
        }
    }
}

/// Looks for the node of a partial run among those that are executed.
final class PartialRunWatch: Sendable {
    private struct State {
        var partial: PartialRun
        /// Visits of the node that have not ended.
        var open: Set<Int> = []
    }

    private let state: Mutex<State>

    init(_ partial: PartialRun) {
        self.state = Mutex(State(partial: partial))
    }

    var partial: PartialRun { self.state.withLock(\.partial) }

    func started(_ visit: NodeVisit) {
        self.state.withLock { state in
            // One of the same ID may be in a workflow that is called.
            let isCalled = visit.enclosing.contains { $0.kind == .call }
            if visit.node == state.partial.node && !isCalled { state.open.insert(visit.number) }
        }
    }

    func finished(_ end: NodeVisitEnd) {
        self.state.withLock { state in
            if state.open.remove(end.number) != nil { state.partial.outputs = end.outputs }
        }
    }
}
