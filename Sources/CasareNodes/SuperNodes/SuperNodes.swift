import CasareDomain
package import CasareEngine

/// The nodes that do one of many operations on lists, dicts or text (node catalogue §1.8).
package enum SuperNodes {
    package static let types: [NodeType] = [Self.list, Self.dict, Self.text]

    static func type(_ name: String, among types: [NodeType]) -> NodeType {
        guard let type = types.first(where: { $0.name == name }) else { preconditionFailure("No node type \(name)") }
        return type
    }

    /// Outputs that several actions share, each once.
    static func outputs(_ names: KeyValuePairs<String, NodeType.ValueType>) -> [NodeType.Output] {
        names.map { NodeType.Output($0.key, $0.value) }
    }
}
