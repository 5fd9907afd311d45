import CasareDomain
import CasareEngine

/// Nodes as people name them: by ID, or by what the workflow calls them.
enum NodeChoice {
    /// The one node that is meant.
    ///
    /// - Parameter option: What asks for it, as messages name it.
    /// - Throws: `.usage` when there is none, or more than one is called so.
    static func one(
        _ text: String, of program: Program, for option: String
    ) throws(CommandFailure) -> NodeReference {
        let found = self.all(text, among: program.ownNodes)
        guard let first = found.first else {
            throw CommandFailure(
                .usage, "\(option): workflow '\(program.name)' " + self.absence(of: text, among: program.ownNodes))
        }
        guard found.count == 1 else {
            let ids = found.map(\.node).joined(separator: ", ")
            throw CommandFailure(
                .usage, "\(option): \(found.count) nodes are called '\(text)'; name one of them by its ID: \(ids)")
        }
        return first
    }

    /// Those with this ID; where there are none, those that are called so.
    static func all(_ text: String, among nodes: [NodeReference]) -> [NodeReference] {
        let byID = nodes.filter { $0.node == text }
        return byID.isEmpty ? nodes.filter { $0.name == text } : byID
    }

    /// The end of a sentence about a workflow.
    static func absence(of text: String, among nodes: [NodeReference]) -> String {
        let known = nodes.map(\.node) + nodes.compactMap(\.name)
        let hint = Spelling.nearest(to: text, among: known).map { "; did you mean '\($0)'?" } ?? ""
        return "has no node '\(text)'\(hint)"
    }
}
