import CasareDomain
import CasareEngine

/// A trace for people, line by line as the run goes on. Does no I/O.
///
/// A line is the visit's number, an indentation that shows what is inside what, a mark, the node's ID, and the rest:
///
///     3   > fetch HttpRequestNode "Get it" url="https://…"     it begins, with its inputs
///     3   < fetch -> exec_out 12 ms status_code=200             it has ended, with its outputs
///     3   ! fetch -> error 12 ms HttpError: …                   it has failed
///     4   - old LogNode                                        it is disabled and passed by
///         : each pass 2 of 3 "b"                               what follows is inside this
///         * warning fetch: {{x}} has no value                  it wrote to the log, or the engine warns
struct TraceText {
    private var around: [EnclosingStructure] = []
    /// How deep the visits lie that have not ended.
    private var depths: [Int: Int] = [:]
    private var depth = 0

    mutating func started(_ visit: NodeVisit) -> [String] {
        var lines: [String] = []
        let known = zip(self.around, visit.enclosing).prefix { $0 == $1 }.count
        for (depth, structure) in visit.enclosing.enumerated().dropFirst(known) {
            lines.append(Self.line(nil, depth, ":", structure.text))
        }
        self.around = visit.enclosing
        self.depth = visit.enclosing.count
        let attempt = visit.attempt > 1 ? " attempt \(visit.attempt)" : ""
        let head = Self.head(visit) + attempt
        if visit.isBypassed {
            lines.append(Self.line(visit.number, self.depth, "-", head))
        } else {
            self.depths[visit.number] = self.depth
            let inputs = ShortValue.fields(visit.inputs)
            lines.append(Self.line(visit.number, self.depth, ">", inputs.isEmpty ? head : "\(head) \(inputs)"))
        }
        return lines
    }

    mutating func finished(_ end: NodeVisitEnd) -> [String] {
        // Of a disabled node everything has been said.
        guard let depth = self.depths.removeValue(forKey: end.number) else { return [] }
        return [Self.line(end.number, depth, end.error == nil ? "<" : "!", Self.ending(of: end))]
    }

    func logged(_ level: PureContext.LogLevel, _ node: String, _ message: String) -> [String] {
        [Self.line(nil, self.depth, "*", "\(level.rawValue) \(TerminalText.line("\(node): \(message)"))")]
    }

    /// `fetch HttpRequestNode "Get it"`
    static func head(_ visit: NodeVisit) -> String {
        let name = visit.name.map { " \(ShortValue.text(.string($0)))" } ?? ""
        return "\(TerminalText.line(visit.node)) \(visit.nodeType)\(name)"
    }

    /// `fetch -> exec_out 12 ms status_code=200`
    static func ending(of end: NodeVisitEnd) -> String {
        var parts = [TerminalText.line(end.node)]
        if let port = end.port { parts.append("-> \(TerminalText.line(port))") }
        parts.append(self.text(of: end.duration))
        if let error = end.error {
            parts.append(TerminalText.line("\(end.errorType ?? "NodeError"): \(error)"))
        }
        if !end.outputs.isEmpty { parts.append(ShortValue.fields(end.outputs)) }
        return parts.joined(separator: " ")
    }

    /// `0.1 ms`, `12 ms`, `1.2 s`: most nodes take less than a millisecond, and from 10 ms on tenths say nothing.
    static func text(of duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        if milliseconds >= 9.95 { return TimeSpan.text(seconds: milliseconds / 1000) }
        let tenths = Int((milliseconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) ms"
    }

    private static func line(_ number: Int?, _ depth: Int, _ mark: String, _ text: String) -> String {
        let number = number.map { String($0 + 1) } ?? ""
        let padding = String(repeating: " ", count: max(0, 4 - number.count))
        return "\(padding)\(number) \(String(repeating: "  ", count: depth))\(mark) \(text)"
    }
}

extension EnclosingStructure {
    /// `loop each, pass 2 of 3: "b"`, `call calculate, workflow "Sums"`
    var text: String {
        let node = TerminalText.line(self.node)
        switch self.kind {
        case .loop: return "loop \(node), pass \(self.counted)"
        case .item: return "items \(node), item \(self.counted)"
        case .retry: return "retry \(node), attempt \(self.counted)"
        case .branch: return "fork \(node), branch \(self.counted)" + (self.detail.map { " (\($0))" } ?? "")
        case .call: return "call \(node)" + (self.detail.map { ", workflow \(ShortValue.text(.string($0)))" } ?? "")
        case .tryBody: return "try \(node)"
        case .catchBody: return "catch of \(node)"
        case .finallyBody: return "finally of \(node)"
        case .protected: return "protected by \(node)"
        case .onError: return "on_error of \(node)"
        }
    }

    /// `2 of 3: "b"`
    private var counted: String {
        (self.count.map(String.init) ?? "?") + (self.total.map { " of \($0)" } ?? "")
            + (self.item.map { ": \(ShortValue.text($0))" } ?? "")
    }
}
