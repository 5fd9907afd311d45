import CasareDomain
import CasareEngine

/// A visit of a node for programs. Values are whole: a program can shorten them itself.
struct TraceRecord: Sendable {
    let visit: NodeVisit
    /// `nil`: it has not ended, as where a time limit ended the run.
    var end: NodeVisitEnd?

    init(_ visit: NodeVisit) {
        var visit = visit
        // Held for every node of a run, the variables would be too many.
        visit.scope = nil
        self.visit = visit
    }

    /// The published JSON shape.
    var json: Value {
        [
            "number": .int(self.visit.number + 1),
            "node": .string(self.visit.node),
            "name": Self.text(self.visit.name),
            "type": .string(self.visit.nodeType),
            "workflow": .string(self.visit.workflow),
            "path": .list(self.visit.enclosing.map(Self.json)),
            "attempt": .int(self.visit.attempt),
            "disabled": .bool(self.visit.isBypassed),
            "inputs": .object(self.visit.inputs),
            "outputs": self.end.map { .object($0.outputs) } ?? .null,
            "port": Self.text(self.end?.port),
            "duration_ms": self.end.map { .double(Self.milliseconds($0.duration)) } ?? .null,
            "error": Self.text(self.end?.error),
            "error_type": Self.text(self.end?.errorType),
        ]
    }

    private static func json(_ structure: EnclosingStructure) -> Value {
        var json: Object = ["kind": .string(structure.kind.rawValue), "node": .string(structure.node)]
        if let count = structure.count { json["count"] = .int(count) }
        if let total = structure.total { json["total"] = .int(total) }
        if let item = structure.item { json["item"] = item }
        switch structure.kind {
        case .call: json["workflow"] = self.text(structure.detail)
        case .branch: json["port"] = self.text(structure.detail)
        case .loop, .item, .tryBody, .catchBody, .finallyBody, .retry, .protected, .onError: break
        }
        return .object(json)
    }

    private static func text(_ text: String?) -> Value { text.map(Value.string) ?? .null }

    /// To the microsecond.
    private static func milliseconds(_ duration: Duration) -> Double {
        (duration / .microseconds(1)).rounded() / 1000
    }
}
