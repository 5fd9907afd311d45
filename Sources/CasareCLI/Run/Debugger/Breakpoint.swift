import CasareDomain
import CasareEngine

/// Where a run pauses: before a node, if a condition holds.
struct Breakpoint: Sendable {
    struct Condition: Sendable {
        let text: String
        let expression: Expression
    }

    let nodes: [NodeReference]
    let condition: Condition?

    /// Reads `NODE` or `NODE if EXPRESSION`. What a node is called may hold the word too, so that the longest name that
    /// there is counts.
    ///
    /// - Parameter nodes: Those of the workflow and of every one that it may call. A name that several have is a
    ///   breakpoint at each.
    init(_ text: String, among nodes: [NodeReference]) throws(DebugMistake) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let places = words.indices.filter { words[$0] == "if" && $0 > 0 }
        for place in [words.endIndex] + places.reversed() {
            let found = NodeChoice.all(words[..<place].joined(separator: " "), among: nodes)
            if found.isEmpty { continue }
            self.nodes = found
            self.condition =
                place == words.endIndex
                ? nil : try Self.condition(words[(place + 1)...].joined(separator: " "), of: text)
            return
        }
        let name = words[..<(places.first ?? words.endIndex)].joined(separator: " ")
        throw DebugMistake("the workflow \(NodeChoice.absence(of: name, among: nodes))")
    }

    init(at visit: NodeVisit) {
        self.nodes = [NodeReference(workflow: visit.workflow, node: visit.node, name: visit.name)]
        self.condition = nil
    }

    private static func condition(_ text: String, of whole: String) throws(DebugMistake) -> Condition {
        do throws(ExpressionError) {
            return Condition(text: text, expression: try Expression(parsing: text))
        } catch {
            throw DebugMistake("'\(whole)': the condition is no expression: \(error)")
        }
    }

    func isAt(_ visit: NodeVisit) -> Bool {
        self.nodes.contains { $0.node == visit.node && $0.workflow == visit.workflow }
    }

    /// `fetch if total > 3`
    var text: String {
        var names: [String] = []
        for node in self.nodes where !names.contains(node.node) { names.append(node.node) }
        return TerminalText.line(names.joined(separator: ", ") + (self.condition.map { " if \($0.text)" } ?? ""))
    }
}
