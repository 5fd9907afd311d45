/// The node types that documents may name, found by any of their names.
package struct NodeCatalogue: Sendable {
    package let types: [NodeType]
    private let positions: [String: Int]

    /// - Parameter types: Each name and alias may occur once.
    package init(_ types: [NodeType]) {
        self.types = types
        var positions: [String: Int] = [:]
        for (position, type) in types.enumerated() {
            for name in [type.name] + type.aliases {
                precondition(positions.updateValue(position, forKey: name) == nil, "Two node types are called \(name)")
            }
        }
        self.positions = positions
    }

    /// The type of a name as documents write it: also with a `Visual` prefix, without the `Node` suffix, or with the
    /// dotted module path of an editor dump before it (workflow format §1.2).
    package func type(named name: String) -> NodeType? {
        if let position = self.positions[name] { return self.types[position] }
        let last = name.split(separator: ".").last.map(String.init) ?? name
        let bare = last.hasPrefix("Visual") ? String(last.dropFirst("Visual".count)) : last
        for candidate in [last, bare, bare + "Node"] {
            if let position = self.positions[candidate] { return self.types[position] }
        }
        return nil
    }
}
