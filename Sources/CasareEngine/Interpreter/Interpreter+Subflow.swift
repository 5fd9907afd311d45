import CasareDomain

/// Calls of subflows: a child scope that begins as a copy of the caller's (workflow format §9).
extension Interpreter {
    mutating func callSubflow(_ node: CompiledNode, _ position: Int) throws(NodeFailure) {
        let inputs = try self.inputs(of: node)
        guard self.scope.depth < Program.callDepthMax else {
            throw NodeFailure("NodeError", "Maximum call depth (\(Program.callDepthMax)) exceeded at \(node.id)")
        }
        let path = inputs.string("subflow_path")
        let name = path.isBlank ? inputs.string("subflow_id") : path
        guard let subflow = self.main.program.subflows[name] else {
            throw NodeFailure("FileNotFoundError", "Subflow not loaded")
        }
        let variables = Variables(
            self.scope.variables.all.merging(Object(subflow.variables.map { ($0.name, $0.value) })),
            readOnly: Set(subflow.variables.filter(\.isReadOnly).map(\.name)),
            outputAliases: subflow.outputAliases)
        for port in subflow.interface?.inputs ?? [] {
            var value = inputs[port.name]
            if value.isNull { value = port.defaultValue }
            if value.isNull { value = self.scope.variables.variable(port.name) ?? .null }
            if value.isNull {
                guard !port.isRequired else {
                    throw NodeFailure("ValidationError", "Missing required input: \(port.name)")
                }
                continue
            }
            variables.assign(port.name, value)
        }
        self.pushFresh(
            .subflow(caller: position),
            scope: Scope(program: subflow, variables: variables, depth: self.scope.depth + 1),
            queue: subflow.roots)
    }

    /// The child has run out of nodes: its outputs become the calling node's.
    mutating func subflowEnded(_ caller: Int) {
        let child = self.scope
        var outputs: Object = [:]
        for port in child.program.interface?.outputs ?? [] {
            let inner = port.internalNode.flatMap { node in
                port.internalPort.flatMap { child.variables.output($0, of: node) }
            }
            outputs[port.name] = inner ?? child.variables.variable(port.name)
        }
        self.pop()
        self.succeeded(caller, NodeResult(outputs))
    }
}
