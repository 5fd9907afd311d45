package import CasareDomain

/// A node of a workflow or of one that it may call, for people who name one.
package struct NodeReference: Hashable, Sendable {
    package let workflow: String
    package let node: String
    /// What people call it.
    package let name: String?

    package init(workflow: String, node: String, name: String?) {
        self.workflow = workflow
        self.node = node
        self.name = name
    }
}

extension Program {
    /// The nodes of the workflow itself, in document order.
    package var ownNodes: [NodeReference] {
        self.nodes.map { NodeReference(workflow: self.name, node: $0.id, name: $0.source.name) }
    }

    /// The nodes of every workflow that it may call.
    package var calledNodes: [NodeReference] {
        self.subflows.sorted { $0.key < $1.key }.flatMap(\.value.program.ownNodes)
    }

    /// The same program in which a node has these inputs, whatever its config and its connections say.
    ///
    /// - Throws: `UnknownInput` for a name that the node does not take; the node must be there.
    package func giving(_ inputs: Object, to node: String) throws(UnknownInput) -> Program {
        guard let position = self.positions[node] else { preconditionFailure("No node \(node)") }
        let compiled = self.nodes[position]
        var values: Object = [:]
        for (name, value) in inputs {
            guard compiled.takes(name) else {
                let known = compiled.type.parameters.map(\.name)
                throw UnknownInput(
                    input: name, node: node, nodeType: compiled.type.name,
                    nearest: Spelling.nearest(to: name, among: known), known: known)
            }
            // Under every name that something else could give the value by.
            let parameter = compiled.type.parameters.first { $0.isCalled(name) }
            for key in [name] + compiled.deliveredParameters where parameter?.isCalled(key) ?? (key == name) {
                values[key] = value
            }
            if let parameter { values[parameter.name] = value }
        }
        return self.setting([position: values], literals: [position: Set(values.keys)])
    }
}

/// An input that a node does not have.
package struct UnknownInput: Error, Hashable, Sendable, CustomStringConvertible {
    package let input: String
    package let node: String
    package let nodeType: String
    /// The input that was probably meant.
    package let nearest: String?
    package let known: [String]

    package var description: String {
        let hint =
            self.nearest.map { "; did you mean '\($0)'?" }
            ?? (self.known.isEmpty ? "; it has none" : "; it has \(self.known.joined(separator: ", "))")
        return "Node '\(self.node)' (\(self.nodeType)) has no input '\(self.input)'\(hint)"
    }
}

extension CompiledNode {
    fileprivate func takes(_ input: String) -> Bool {
        self.type.parameters.contains { $0.isCalled(input) } || self.deliveredParameters.contains(input)
            || self.type.parameterPrefixes.contains(where: input.hasPrefix)
    }
}

extension NodeType.Parameter {
    fileprivate func isCalled(_ name: String) -> Bool { self.name == name || self.aliases.contains { $0.name == name } }
}
