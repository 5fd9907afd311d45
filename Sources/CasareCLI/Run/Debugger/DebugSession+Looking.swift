import CasareDomain
import CasareEngine

/// What there is to see at a pause.
extension DebugSession {
    /// Of one thing that is shown whole.
    private static let charactersMax = 20_000

    static func variables(_ name: String?, _ visit: NodeVisit) throws(DebugMistake) -> [String] {
        if let name {
            if let value = visit.scope?.variable(name) { return self.whole(value) }
            let hint = Spelling.nearest(to: name, among: visit.variables.keys).map { "; did you mean '\($0)'?" }
            throw DebugMistake("there is no variable '\(name)'\(hint ?? "; print computes paths such as order.total")")
        }
        // Names with an underscore in front are the engine's and the nodes' own.
        let own = visit.variables.filter { !$0.key.hasPrefix("_") }
        if own.isEmpty { return ["there are no variables"] }
        return own.map { "  \(TerminalText.line($0.key)) = \(ShortValue.text($0.value))" }
    }

    func outputs(_ node: String?, _ visit: NodeVisit) throws(DebugMistake) -> [String] {
        guard let scope = visit.scope else { return [] }
        let known = scope.nodesWithOutputs
        guard let node else {
            if known.isEmpty { return ["no node has put anything out"] }
            return known.map { "  \(TerminalText.line($0)): \(ShortValue.fields(scope.outputs(of: $0) ?? [:]))" }
        }
        if let outputs = scope.outputs(of: node) {
            return Self.whole(outputs, orElse: "\(TerminalText.line(node)) has put nothing out")
        }
        if !NodeChoice.all(node, among: self.nodes).isEmpty {
            throw DebugMistake("'\(node)' has not been executed")
        }
        throw DebugMistake("the workflow \(NodeChoice.absence(of: node, among: self.nodes))")
    }

    /// The innermost first, as call stacks are.
    static func stack(_ visit: NodeVisit) -> [String] {
        let outermost = visit.enclosing.first?.workflow ?? visit.workflow
        let places =
            ["\(TraceText.head(visit)) of workflow \(ShortValue.text(.string(visit.workflow)))"]
            + visit.enclosing.reversed().map(\.text) + ["workflow \(ShortValue.text(.string(outermost)))"]
        return places.enumerated().map { "  #\($0.offset) \($0.element)" }
    }

    static func whole(_ object: Object, orElse nothing: String) -> [String] {
        if object.isEmpty { return [nothing] }
        return object.flatMap { name, value in
            let lines = self.whole(value)
            // What takes several lines stands below its name.
            return lines.count == 1
                ? ["  \(TerminalText.line(name)) = \(lines[0].drop { $0 == " " })"]
                : ["  \(TerminalText.line(name)) ="] + lines
        }
    }

    static func whole(_ value: Value) -> [String] {
        // Lines as they are; in JSON they would be one.
        if let text = value.string, text.contains(where: \.isNewline), text.utf8.count <= self.charactersMax {
            return TerminalText.lines(text).map { "  \($0)" }
        }
        let short = ShortValue.text(value, charactersMax: self.charactersMax)
        guard value.list != nil || value.object != nil, short.utf8.count <= self.charactersMax else {
            return ["  \(short)"]
        }
        return TerminalText.lines(value.jsonText(.pretty(indent: 2))).map { "  \($0)" }
    }
}
